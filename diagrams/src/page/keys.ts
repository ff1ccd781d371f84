// Single keys move the focus and choose, and nothing else: j and k walk through [data-row], x chooses the row; any other key goes to the element with [data-key="<key>"], ticks it if it is a
// choice, opens it if it is folded, follows it if it is a link, and puts the focus on the field named by data-focus, if any.

import { chooseHere } from './choose';

const typing = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]') !== null;

function walk(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)]!;
  const target = next.matches('a, button, [tabindex]') ? next : next.querySelector<HTMLElement>('.row-link') ?? next.querySelector<HTMLElement>('a, button, input') ?? next;
  target.focus();
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

function go(key: string): boolean {
  const target = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target instanceof HTMLInputElement && (target.type === 'radio' || target.type === 'checkbox')) {
    target.checked = true;
    target.dispatchEvent(new Event('change', { bubbles: true }));
  }
  if (target instanceof HTMLDetailsElement) target.open = true;
  if (target instanceof HTMLAnchorElement) location.assign(target.href);
  const field = target.dataset.focus ? document.getElementById(target.dataset.focus) : target;
  field?.focus();
  field?.scrollIntoView({ block: 'nearest' });
  return true;
}

export function listenForKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || event.defaultPrevented || typing(event.target)) return;
    if (document.querySelector('dialog[open]') || !/^[a-z/]$/.test(event.key)) return;
    const done = go(event.key) || (event.key === 'j' && walk(1)) || (event.key === 'k' && walk(-1)) || (event.key === 'x' && chooseHere());
    if (done) event.preventDefault();
  });
}

/** More rows take the place of the link that asked for them: whoever came by keyboard goes on at the first of them. */
export function keepTheFocus(): void {
  let from = -1;
  const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[data-row]')];
  document.addEventListener('htmx:before:request', () => {
    from = rows().findIndex((row) => row.contains(document.activeElement) && row.closest('.more') !== null);
  });
  document.addEventListener('htmx:finally:request', () => {
    const next = from < 0 ? undefined : rows()[from];
    from = -1;
    if (next && (document.activeElement === document.body || document.activeElement === null)) (next.querySelector<HTMLElement>('.row-link') ?? next).focus();
  });
}
