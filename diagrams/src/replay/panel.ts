// The right-hand panel: one step in words.
import type { Entry, Fault, Recording } from './evidence';
import { type Part, partsOf } from './parts';
import { type Pictures, signatureOf } from './pictures';
import { changesIn, recall, type Step } from './story';
import { localised, localTime, say, sayAny, shown } from './words';

const PARTS = 8; // of one variable that are shown at once

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
    private readonly labels: Map<string, string>,
    private readonly pictures: Pictures,
  ) {}

  /** Show the step at `index`; replaces what was there. */
  show(steps: Step[], index: number): void {
    const step = steps[index]!;
    this.root.replaceChildren(...[
      this.head(steps, step),
      this.faults(step),
      this.facts(steps, index),
      this.comment(step),
      this.signature(step),
      this.form(step.headline.personal?.form ?? step.headline.personal?.values ?? recall(steps, index, 'form')),
      this.changes(step),
      this.records(step),
    ].filter((part): part is HTMLElement => part !== null));
  }

  /** A person as she was when she acted, if that is recorded; otherwise as the directory knows her now. */
  private person(key: string | null, then?: unknown): HTMLElement {
    if (!key || key === 'system') return build('span', {}, say('system'));
    const known = isPerson(then) ? then : this.people[key];
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
    const by = step.entries.find((each) => each.actor) ?? entry;
    const behalf = entry.onBehalfOf ? build('span', { class: 'text-secondary' }, ' ', say('onBehalfOf', { name: this.people[entry.onBehalfOf]?.name ?? entry.onBehalfOf })) : null;
    return build('header', {},
      build('p', { class: 'text-secondary mb-1' }, say('stepOf', { n: step.number, all: steps.length })),
      build('h2', { class: 'h2 mb-1' }, this.person(by.actor, by.personal?.by), ' ', this.action(entry), behalf),
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
    const through = typeof entry.data.channel === 'string' ? sayAny(`channel:${entry.data.channel}`, entry.data.channel) : entry.data.channel;
    const channel = [through, entry.data.address ?? entry.data.ip].filter(Boolean).map(localised).join(' · ');
    if (channel) add(say('channel'), channel);
    const why = recall(steps, index, 'why');
    if (why !== undefined) add(say('why'), localised(why));
    if (typeof entry.data.to === 'string') add(say('to'), this.person(entry.data.to));
    return list;
  }

  private comment(step: Step): HTMLElement | null {
    const find = (key: string): unknown => step.entries.map((entry) => entry.personal?.[key]).find((text) => typeof text === 'string' && text);
    const comment = find('comment');
    const failed = find('message');
    const reason = find('reason') ?? (failed ? localised({ zh: find('messageZh') ?? failed, en: failed }) : find('error'));
    if (comment || reason) return this.section(say(comment ? 'comment' : 'reason'), build('blockquote', { class: 'replay-comment' }, String(comment ?? reason)));
    const why = step.entries.some((entry) => entry.erased) ? 'erased' : step.entries.some((entry) => entry.withheld) ? 'withheld' : null;
    return why && this.section(say('comment'), build('p', { class: 'text-secondary mb-0' }, say(why)));
  }

  private signature(step: Step): HTMLElement | null {
    const entry = step.entries.find((each) => signatureOf(each));
    if (!entry) return null;
    const then = isPerson(entry.personal?.by) ? entry.personal.by : this.people[entry.actor ?? ''];
    return this.section(say('signature'), this.pictures.shown(signatureOf(entry)!, then?.name ?? entry.actor ?? ''));
  }

  private changes(step: Step): HTMLElement | null {
    const changes = changesIn(step);
    if (!changes.length) return null;
    const bodies = changes.flatMap((change) => this.change(this.labels.get(change.name) ?? change.name, partsOf(change.before, change.after)));
    return this.section(say('variables'), build('div', {}, ...bodies));
  }

  /** One variable: a row of its own, or its name above the parts that differ. */
  private change(name: string, parts: Part[]): HTMLElement[] {
    const row = (label: string, part: Part): HTMLElement => build('tr', {},
      build('th', { scope: 'row' }, label),
      build('td', {}, build('del', {}, shown(part.before)), ' → ', build('ins', {}, shown(part.after))));
    const table = (...rows: HTMLElement[]): HTMLElement => build('table', { class: 'replay-table' }, build('tbody', {}, ...rows));
    if (parts.length === 1 && !parts[0]!.path) return [table(row(name, parts[0]!))];
    const rows = parts.map((part) => row(part.path.replaceAll('.', '.\u200b') || name, part)); // a long path breaks at its points
    const rest = rows.splice(PARTS);
    return [
      build('p', { class: 'replay-variable' }, name),
      table(...rows),
      ...(rest.length ? [build('details', {}, build('summary', {}, say('moreParts', { n: rest.length })), table(...rest))] : []),
    ];
  }

  private form(form: unknown): HTMLElement | null {
    if (typeof form !== 'object' || form === null) return null;
    const fields = Array.isArray(form)
      ? (form as Record<string, unknown>[]).map((field) => [localised(field.label ?? field.name), shown(field.value)])
      : Object.entries(form).map(([name, value]) => [this.labels.get(name) ?? name, shown(value)]);
    if (!fields.length) return null;
    const rows = fields.map(([label, value]) => build('tr', {}, build('th', { scope: 'row' }, label!), build('td', {}, value!)));
    return this.section(say('form'), build('table', { class: 'replay-table' }, build('tbody', {}, ...rows)));
  }

  private records(step: Step): HTMLElement {
    const lines = step.entries.map((entry) => build('li', { class: entry.faults.length ? 'is-faulty' : '' },
      build('span', { class: 'replay-check', 'aria-hidden': 'true' }, entry.faults.length ? '✗' : '✓'),
      build('details', {},
        build('summary', {}, `${sayAny(entry.type)}${entry.element ? ` · ${this.nameOf(entry.element)}` : ''}${this.detail(entry)}`),
        build('pre', { tabindex: '0', 'aria-label': say('recordAsIs') }, asIs(entry))),
      build('code', { title: entry.hash }, `#${entry.number} ${entry.hash.slice(0, 8)}`)));
    return this.section(say('records'), build('ol', { class: 'replay-records' }, ...lines));
  }

  private detail(entry: Entry): string {
    const { operation, decision, rules, outcome, connection, due, path, names } = entry.data;
    if (operation) return ` · ${localised(operation)}`;
    if (Array.isArray(rules)) return ` · ${localised(decision)} (${rules.map(shown).join(', ')})`;
    if (Array.isArray(path)) return ` · ${(path as string[]).filter((place) => !this.nameOf(place).includes(' → ')).map(this.nameOf).join('，')}`;
    if (Array.isArray(names)) return ` · ${names.map((name) => this.labels.get(String(name)) ?? String(name)).join('，')}`;
    if (typeof outcome === 'string') return ` · ${sayAny(`outcome:${outcome}`, outcome)}`;
    if (connection) return ` · ${localised(connection)}`;
    return typeof due === 'string' ? ` · ${localTime(due)}` : '';
  }

  private section(title: string, content: HTMLElement): HTMLElement {
    return build('section', {}, build('h3', { class: 'replay-heading' }, title), content);
  }
}

const isPerson = (value: unknown): value is { name: string; department: string | null } => typeof value === 'object' && value !== null && 'name' in value;

/** What the bytes and the part beside them hold, in full. */
function asIs(entry: Entry): string {
  return [entry.data, entry.personal].filter((part) => part !== null).map((part) => JSON.stringify(part, null, 2)).join('\n');
}

/** What is wrong, in words. */
export function faultInWords(fault: Fault): string {
  return say(`fault:${fault.code}`, { field: fault.field, expected: fault.expected, found: fault.found });
}
