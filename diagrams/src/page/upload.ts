// form[data-upload]: files chosen or dropped on it go up at once, one request each, and each becomes a row of the element named by data-upload-rows.
// The server answers with HTML that replaces the row. Without script the form is sent as it is. Words come from data-sending and data-failed.
// A form[data-complete] in an answered row asks for what the file did not say: it goes up with the same file, which stays in the page until then.
import { csrfToken } from './requests';

const limit = 2;

interface Place { form: HTMLFormElement; rows: HTMLElement; field: string }

function placeOf(form: HTMLFormElement): Place | null {
  const rows = document.getElementById(form.dataset.uploadRows ?? '');
  const input = form.querySelector<HTMLInputElement>('input[type=file]');
  return rows && input ? { form, rows, field: input.name } : null;
}

function rowFor(file: File, place: Place): { row: HTMLElement; bar: HTMLProgressElement; words: HTMLElement } {
  const row = document.createElement('div');
  row.className = 'upload-row';
  row.setAttribute('role', 'status');
  const name = document.createElement('span');
  name.className = 'upload-name';
  name.textContent = file.name;
  const bar = document.createElement('progress');
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute('aria-label', file.name);
  const words = document.createElement('span');
  words.className = 'text-secondary';
  words.textContent = place.form.dataset.sending ?? '…';
  row.append(name, bar, words);
  place.rows.append(row);
  return { row, bar, words };
}

function send(file: File, place: Place): Promise<void> {
  const { row, bar, words } = rowFor(file, place);
  const body = new FormData(place.form);
  body.delete(place.field);
  body.append(place.field, file);
  const request = new XMLHttpRequest();
  return new Promise((resolve) => {
    const fail = (): void => {
      bar.remove();
      row.classList.add('is-bad');
      words.textContent = place.form.dataset.failed ?? '✗';
      resolve();
    };
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.addEventListener('error', fail);
    request.addEventListener('load', () => {
      if (!request.getResponseHeader('Content-Type')?.startsWith('text/html')) return fail();
      const fragment = document.createRange().createContextualFragment(request.responseText);
      const added = [...fragment.children];
      row.replaceWith(fragment);
      added.forEach((element) => settle(element, file));
      resolve();
    });
    request.open('POST', place.form.action);
    request.setRequestHeader('X-CSRFToken', csrfToken());
    request.setRequestHeader('HX-Request', 'true');
    request.send(body);
  });
}

/** Wakes an answered row up, and puts the file that it is about into the form that asks for more. */
function settle(element: Element, file: File, focus = false): void {
  window.htmx?.process(element);
  const input = element.querySelector<HTMLInputElement>('input[data-same-file]');
  if (!input) return;
  const held = new DataTransfer();
  held.items.add(file);
  input.files = held.files;
  input.closest<HTMLElement>('.complete-file')!.hidden = true;
  if (focus) (element.querySelector<HTMLElement>('[aria-invalid=true]') ?? element.querySelector<HTMLElement>('form input:not([type=hidden])'))?.focus();
}

/** Sends what was typed together with its file; only a new answer replaces the row, so nothing typed is lost when the network fails. */
async function complete(form: HTMLFormElement): Promise<void> {
  const row = form.closest('.upload-card');
  const file = form.querySelector<HTMLInputElement>('input[type=file]')?.files?.[0];
  const button = form.querySelector<HTMLButtonElement>('button[type=submit]');
  if (!row || !file || !button) return;
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: 'POST', body: new FormData(form), headers: { 'X-CSRFToken': csrfToken(), 'HX-Request': 'true' },
    });
    if (!answer.headers.get('Content-Type')?.startsWith('text/html')) throw new Error(String(answer.status));
    const fragment = document.createRange().createContextualFragment(await answer.text());
    const added = [...fragment.children];
    row.replaceWith(fragment);
    added.forEach((element) => settle(element, file, true));
  } catch {
    button.disabled = false;
    const words = form.querySelector('.upload-failed') ?? form.appendChild(document.createElement('p'));
    words.className = 'upload-failed outcome-reject';
    words.setAttribute('role', 'alert');
    words.textContent = document.querySelector<HTMLFormElement>('form[data-upload]')?.dataset.failed ?? '✗';
  }
}

async function sendAll(files: File[], form: HTMLFormElement): Promise<void> {
  const place = placeOf(form);
  if (!place) return;
  const waiting = [...files];
  const runner = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) await send(file, place);
  };
  await Promise.all(Array.from({ length: limit }, runner));
  form.dispatchEvent(new CustomEvent('shenpi:uploaded', { bubbles: true }));
}

declare global {
  interface Window { htmx?: { process(element: Element): void } }
}

const formAt = (event: Event): HTMLFormElement | null => (event.target as Element).closest<HTMLFormElement>('form[data-upload]');

export function listenForDrops(): void {
  document.addEventListener('dragover', (event) => {
    const form = formAt(event);
    if (!form || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    form.classList.add('is-over');
  });
  document.addEventListener('dragleave', (event) => formAt(event)?.classList.remove('is-over'));
  document.addEventListener('drop', (event) => {
    const form = formAt(event);
    if (!form || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    form.classList.remove('is-over');
    void sendAll([...event.dataTransfer.files], form);
  });
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches('form[data-complete]')) return;
    event.preventDefault();
    void complete(form);
  }, true);
  document.addEventListener('change', (event) => {
    const input = event.target as HTMLInputElement;
    const form = input.type === 'file' ? formAt(event) : null;
    if (!form || !input.files?.length) return;
    const files = [...input.files];
    input.value = '';
    void sendAll(files, form);
  });
}
