// The right-hand panel: one step in words.
import type { Entry, Fault, Recording } from './evidence';
import { changesIn, recall, type Step } from './story';
import { localised, localTime, say, sayAny, shown } from './words';

type Child = Node | string | null;

/** Build an element; text is always text, never markup. */
export function build(tag: string, properties: Record<string, string> = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children.filter((child): child is Node | string => child !== null));
  return element;
}

export class Panel {
  constructor(
    private readonly root: HTMLElement,
    private readonly people: Recording['people'],
    private readonly nameOf: (element: string) => string,
  ) {}

  /** Show the step at `index`; replaces what was there. */
  show(steps: Step[], index: number): void {
    const step = steps[index]!;
    this.root.replaceChildren(...[
      this.head(steps, step),
      this.faults(step),
      this.facts(steps, index),
      this.comment(step),
      this.changes(step),
      this.form(recall(steps, index, 'form')),
      this.records(step),
    ].filter((part): part is HTMLElement => part !== null));
  }

  private person(key: string | null): HTMLElement {
    if (!key) return build('span', {}, say('system'));
    const known = this.people[key];
    if (!known) return build('span', {}, key);
    return build('span', { title: key }, known.name, known.department ? build('small', { class: 'text-secondary' }, ` ${known.department}`) : null);
  }

  private action(entry: Entry): HTMLElement {
    const outcome = entry.type === 'task:completed' ? entry.data.outcome : entry.type === 'instance:completed' ? entry.data.outcome : null;
    const word = typeof outcome === 'string' ? sayAny(`outcome:${outcome}`, outcome) : sayAny(entry.type);
    const kind = typeof outcome === 'string' ? outcome : entry.type.split(':')[1] ?? '';
    return build('span', { class: `replay-action is-${kind}` }, entry.type === 'instance:completed' ? `${sayAny(entry.type)} · ${word}` : word);
  }

  private head(steps: Step[], step: Step): HTMLElement {
    const entry = step.headline;
    const actor = entry.actor ?? step.entries.find((each) => each.actor)?.actor ?? null;
    const behalf = entry.onBehalfOf ? build('span', { class: 'text-secondary' }, ' ', say('onBehalfOf', { name: this.people[entry.onBehalfOf]?.name ?? entry.onBehalfOf })) : null;
    return build('header', {},
      build('p', { class: 'text-secondary mb-1' }, say('stepOf', { n: step.number, all: steps.length })),
      build('h2', { class: 'h2 mb-1' }, this.person(actor), ' ', this.action(entry), behalf),
      entry.element ? build('p', { class: 'mb-0 replay-place' }, this.nameOf(entry.element)) : null);
  }

  private faults(step: Step): HTMLElement | null {
    const lines = step.entries.flatMap((entry) => entry.faults.map((fault) => `${say('record', { n: entry.number })}：${faultInWords(fault)}`));
    if (!lines.length) return null;
    return build('div', { class: 'replay-alert', role: 'alert' }, ...lines.map((line) => build('p', { class: 'mb-0' }, `✗ ${line}`)));
  }

  private facts(steps: Step[], index: number): HTMLElement {
    const { headline: entry } = steps[index]!;
    const list = build('dl', { class: 'replay-facts' });
    const add = (label: string, value: Node | string): void => list.append(build('dt', {}, label), build('dd', {}, value));
    add(say('time'), build('time', { datetime: entry.at, title: entry.at, tabindex: '0' }, localTime(entry.at)));
    const channel = [entry.data.channel, entry.data.address ?? entry.data.ip].filter(Boolean).map(localised).join(' · ');
    if (channel) add(say('channel'), channel);
    const why = recall(steps, index, 'why');
    if (why !== undefined) add(say('why'), localised(why));
    return list;
  }

  private comment(step: Step): HTMLElement | null {
    const said = step.entries.map((entry) => entry.personal?.comment).find((comment) => typeof comment === 'string' && comment);
    const erased = step.entries.some((entry) => entry.erased);
    if (!said && !erased) return null;
    return this.section(say('comment'), said ? build('blockquote', { class: 'replay-comment' }, String(said)) : build('p', { class: 'text-secondary mb-0' }, say('erased')));
  }

  private changes(step: Step): HTMLElement | null {
    const changes = changesIn(step);
    if (!changes.length) return null;
    const rows = changes.map((change) => build('tr', {},
      build('th', { scope: 'row' }, change.name),
      build('td', {}, build('del', {}, shown(change.before)), ' → ', build('ins', {}, shown(change.after)))));
    return this.section(say('variables'), build('table', { class: 'replay-table' }, build('tbody', {}, ...rows)));
  }

  private form(form: unknown): HTMLElement | null {
    if (typeof form !== 'object' || form === null) return null;
    const fields = Array.isArray(form)
      ? (form as Record<string, unknown>[]).map((field) => [localised(field.label ?? field.name), shown(field.value)])
      : Object.entries(form).map(([name, value]) => [name, shown(value)]);
    const rows = fields.map(([label, value]) => build('tr', {}, build('th', { scope: 'row' }, label!), build('td', {}, value!)));
    return this.section(say('form'), build('table', { class: 'replay-table' }, build('tbody', {}, ...rows)));
  }

  private records(step: Step): HTMLElement {
    const lines = step.entries.map((entry) => build('li', { class: entry.faults.length ? 'is-faulty' : '' },
      build('span', { class: 'replay-check', 'aria-hidden': 'true' }, entry.faults.length ? '✗' : '✓'),
      build('span', {}, `${sayAny(entry.type)}${entry.element ? ` · ${this.nameOf(entry.element)}` : ''}${detailOf(entry)}`),
      build('code', { title: entry.hash }, `#${entry.number} ${entry.hash.slice(0, 8)}`)));
    return this.section(say('records'), build('ol', { class: 'replay-records' }, ...lines));
  }

  private section(title: string, content: HTMLElement): HTMLElement {
    return build('section', {}, build('h3', { class: 'replay-heading' }, title), content);
  }
}

function detailOf(entry: Entry): string {
  const { operation, rules, outcome, error, due } = entry.data;
  if (operation) return ` · ${localised(operation)}`;
  if (Array.isArray(rules)) return ` · ${rules.map(shown).join(', ')}`;
  if (typeof outcome === 'string') return ` · ${sayAny(`outcome:${outcome}`, outcome)}`;
  if (error) return ` · ${localised(error)}`;
  return typeof due === 'string' ? ` · ${localTime(due)}` : '';
}

/** What is wrong, in words. */
export function faultInWords(fault: Fault): string {
  return say(`fault:${fault.code}`, { field: fault.field, expected: fault.expected, found: fault.found });
}
