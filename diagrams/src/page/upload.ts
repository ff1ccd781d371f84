// form[data-upload]: files chosen or dropped on it go up at once, one request each, and each becomes a row of the element named by data-upload-rows.
// The server answers with HTML that replaces the row. Without script the form is sent as it is. Words come from data-sending and data-failed.
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
      added.forEach((element) => window.htmx?.process(element));
      resolve();
    });
    request.open('POST', place.form.action);
    request.setRequestHeader('X-CSRFToken', csrfToken());
    request.setRequestHeader('HX-Request', 'true');
    request.send(body);
  });
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
  document.addEventListener('change', (event) => {
    const input = event.target as HTMLInputElement;
    const form = input.type === 'file' ? formAt(event) : null;
    if (!form || !input.files?.length) return;
    const files = [...input.files];
    input.value = '';
    void sendAll(files, form);
  });
}
