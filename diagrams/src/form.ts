// Forms of form-js on a page: bpmn.io's viewer draws [data-form-url] in place of the plain fields that stand in the page for browsers without script.
// What was filled in goes up with the ordinary form of the page named by data-form-owner, as one JSON text; chosen files go up as its files.
import '@bpmn-io/form-js-viewer/dist/assets/form-js.css';
import './form.css';
import { Form } from '@bpmn-io/form-js-viewer';
import { chinese } from './form/words';

type Data = Record<string, unknown>;
interface Component { type: string; key?: string; path?: string; readonly?: boolean | string; disabled?: boolean; components?: Component[] }
interface Given { schema: { components: Component[] } | null; data: Data; readonly: boolean }
interface Registry { getFiles(id: string): File[] }
interface Language { isExpression(text: unknown): boolean; evaluate(text: string, data: Data): unknown }

/** What a decision asks of the form: everything, or nothing of who rejects or returns. */
const unasked = new Set(['reject', 'return']);

async function draw(mount: HTMLElement): Promise<void> {
  const owner = document.getElementById(mount.dataset.formOwner ?? '');
  const url = mount.dataset.formUrl;
  if (!(owner instanceof HTMLFormElement) || !url) return;
  const answer = await fetch(url, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  const { schema, data } = (await answer.json()) as Given;
  if (!schema) return;
  const typed = mount.dataset.formValues ? (JSON.parse(mount.dataset.formValues) as Data) : {};
  const words = document.documentElement.lang.startsWith('zh') ? [{ translate: ['value', chinese] }] : [];
  const form = new Form({ container: mount, additionalModules: words });
  await form.importSchema(schema, { ...data, ...withoutFiles(schema.components, typed) });
  name(mount);
  new MutationObserver(() => name(mount)).observe(mount, { childList: true, subtree: true });
  owner.querySelectorAll<HTMLFieldSetElement>('[data-form-fallback]').forEach((fields) => {
    const kept = [...fields.querySelectorAll<HTMLInputElement>('input[name^="kept."]')].map((input) => input.parentElement!);
    fields.replaceWith(...kept); // files that are kept already stay, with their names
  });
  const filled = owner.querySelector<HTMLInputElement>('[data-form-filled]')!;
  filled.disabled = false;
  hold(mount);
  let touched = false; // the viewer also speaks of changes of its own, when it is drawn
  for (const act of ['input', 'change', 'click'] as const) mount.addEventListener(act, () => { touched = true; });
  form.on('changed', ({ errors }: { errors: Data }) => {
    if (touched) tell(mount, written(form, schema.components));
    if (!Object.keys(errors).length) mount.querySelector('.form-complaint')?.remove();
  });
  owner.addEventListener('submit', (event) => {
    const outcome = event.submitter instanceof HTMLButtonElement ? event.submitter.value : '';
    const { errors } = form.submit();
    if (Object.keys(errors).length && !unasked.has(outcome)) {
      event.preventDefault();
      complain(mount);
      return;
    }
    filled.value = JSON.stringify(written(form, schema.components));
    sendFiles(form, schema.components, owner);
  }, { capture: true });
}

/** What is pressed stays under the finger: to leave a field may take its complaint away or bring one, and what stands below would move before it is let go. */
function hold(mount: HTMLElement): void {
  document.addEventListener('pointerdown', () => {
    if (!mount.contains(document.activeElement)) return;
    const heights = [mount, ...mount.querySelectorAll<HTMLElement>('.fjs-form-field')].map((place) => [place, place.offsetHeight] as const);
    for (const [place, height] of heights) place.style.height = `${height}px`;
    const release = (): void => { for (const [place] of heights) place.style.height = ''; };
    const over = new AbortController();
    for (const end of ['pointerup', 'pointercancel'] as const) {
      document.addEventListener(end, () => { over.abort(); setTimeout(release); }, { signal: over.signal }); // after the click
    }
  }, { capture: true });
}

/** Everything that may be written, without files: those have a value that means nothing outside of this page. */
function written(form: Form, components: Component[]): Data {
  const language = form.get('expressionLanguage') as Language;
  const { data } = form._getState() as { data: Data };
  const locked = (one: Component): boolean =>
    one.disabled === true || one.readonly === true || (typeof one.readonly === 'string' && language.evaluate(one.readonly, data) === true);
  const pick = (level: Component[], values: Data): Data => {
    const found: Data = {};
    for (const one of level) {
      const key = one.type === 'dynamiclist' ? one.path ?? one.key : one.key;
      if (one.type === 'group') Object.assign(found, pick(one.components ?? [], values));
      else if (!key || !(key in values) || locked(one) || one.type === 'expression' || one.type === 'filepicker') continue;
      else if (one.type === 'dynamiclist') found[key] = rows(values[key]).map((row) => pick(one.components ?? [], row));
      else found[key] = values[key];
    }
    return found;
  };
  return pick(components, data);
}

const rows = (value: unknown): Data[] => (Array.isArray(value) ? value.filter((row): row is Data => typeof row === 'object' && row !== null) : []);

/** Put the chosen files into the page's own form, each under the path of its field. */
function sendFiles(form: Form, components: Component[], owner: HTMLFormElement): void {
  owner.querySelectorAll('input[data-form-file]').forEach((input) => input.remove());
  const registry = form.get('fileRegistry') as Registry;
  const { data } = form._getState() as { data: Data };
  const visit = (level: Component[], values: Data, path: string): void => {
    for (const one of level) {
      const key = one.type === 'dynamiclist' ? one.path ?? one.key : one.key;
      if (one.type === 'group') visit(one.components ?? [], values, path);
      else if (one.type === 'dynamiclist' && key) rows(values[key]).forEach((row, number) => visit(one.components ?? [], row, `${path}${key}[${number}].`));
      else if (one.type === 'filepicker' && key && typeof values[key] === 'string') put(registry.getFiles(values[key]), `${path}${key}`);
    }
  };
  const put = (files: File[], path: string): void => {
    if (!files.length) return;
    const input = document.createElement('input');
    const chosen = new DataTransfer();
    files.forEach((file) => chosen.items.add(file));
    Object.assign(input, { type: 'file', name: `file.${path}`, multiple: true, hidden: true, files: chosen.files });
    input.dataset.formFile = '';
    owner.append(input);
  };
  visit(components, data, '');
}

/** Files cannot be put back into a form: those that are kept stand beside it. */
function withoutFiles(components: Component[], values: Data): Data {
  const files = new Set(components.filter((one) => one.type === 'filepicker').map((one) => one.key));
  return Object.fromEntries(Object.entries(values).filter(([key]) => !files.has(key)));
}

/** The draft keeper listens for this. */
function tell(mount: HTMLElement, values: Data): void {
  mount.dispatchEvent(new CustomEvent('shenpi:filled', { bubbles: true, detail: values }));
}

/** Lead to the first field that is wrong; what is wrong stands there. */
function complain(mount: HTMLElement): void {
  document.querySelectorAll<HTMLDetailsElement>('.action-bar details[open]').forEach((sheet) => { sheet.open = false; }); // it would lie over the field
  const wrong = mount.querySelector<HTMLElement>('.fjs-has-errors');
  wrong?.querySelector<HTMLElement>('input, select, textarea, button')?.focus();
  wrong?.scrollIntoView({ block: 'center' });
  let said = mount.querySelector<HTMLElement>('.form-complaint');
  if (!said) {
    said = document.createElement('p');
    said.className = 'form-complaint';
    said.setAttribute('role', 'alert');
    mount.append(said);
  }
  said.textContent = mount.dataset.missing ?? '';
}

/** The viewer has two words in English only, which no translation reaches. */
function name(mount: HTMLElement): void {
  if (!document.documentElement.lang.startsWith('zh')) return;
  const words: Record<string, string> = { Browse: '选择文件', Select: '请选择' };
  mount.querySelectorAll<HTMLElement>('.fjs-filepicker-button, .fjs-select-placeholder').forEach((place) => {
    const word = words[place.textContent ?? ''];
    if (word && place.firstChild) place.firstChild.nodeValue = word; // the text node is the viewer's own, and must stay
  });
  mount.querySelectorAll<HTMLInputElement>('input[placeholder=Search]').forEach((input) => { input.placeholder = '搜索'; });
}

document.querySelectorAll<HTMLElement>('[data-form-url]').forEach((mount) => {
  draw(mount).catch((error: unknown) => {
    mount.replaceChildren(); // the plain fields are still there
    console.error(error);
  });
});
