// form[data-draft-url]: what is being written is kept on the server, at most every few seconds, so that it is there after the page was closed.
// Fields of the page are values by their name; a form that the viewer draws tells its own with shenpi:filled. Nothing is sent before somebody types.
import { csrfToken } from './requests';

const QUIET = 2500;

export function keepDrafts(): void {
  document.querySelectorAll<HTMLFormElement>('form[data-draft-url]').forEach(keep);
}

function keep(form: HTMLFormElement): void {
  const state = form.querySelector<HTMLElement>('[data-draft-state]');
  let filled: Record<string, unknown> | null = null;
  let timer: number | undefined;
  let over = false;

  const body = (): string => {
    const values = filled ?? plain(form);
    const comment = form.querySelector<HTMLTextAreaElement>('textarea[name=comment]')?.value ?? '';
    return JSON.stringify({ values, comment });
  };
  const save = async (): Promise<void> => {
    window.clearTimeout(timer);
    timer = undefined;
    if (over) return;
    try {
      const answer = await fetch(form.dataset.draftUrl!, {
        method: 'PUT',
        keepalive: true,
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrfToken() },
        body: body(),
      });
      over = answer.status === 404 || answer.status === 409; // decided, or with somebody else: the page says so when it is used
      if (state) state.textContent = answer.ok ? `${state.dataset.saved ?? ''} ${new Date().toTimeString().slice(0, 5)}` : state.dataset.failed ?? '';
    } catch {
      if (state) state.textContent = state.dataset.failed ?? '';
    }
  };
  const soon = (): void => { timer ??= window.setTimeout(() => void save(), QUIET); };

  form.addEventListener('input', (event) => {
    if (!(event.target instanceof HTMLInputElement && event.target.type === 'file')) soon();
  });
  document.addEventListener('shenpi:filled', (event) => {
    filled = (event as CustomEvent<Record<string, unknown>>).detail;
    soon();
  });
  form.addEventListener('submit', () => {
    window.clearTimeout(timer);
    timer = undefined;
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' && timer !== undefined) void save();
  });
}

/** The fields that a drawing asks for, as texts. */
function plain(form: HTMLFormElement): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith('field.') && typeof value === 'string') found[name.slice('field.'.length)] = value;
  }
  return found;
}
