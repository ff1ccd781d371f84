// The entries as a story: grouped into the engine's steps, each with a headline, and folded into what was true after any step.
// `path:taken` lists the elements that were passed and the flows their tokens took, in order; a token stands where a flow led and nothing has passed since.
import type { Data, Entry } from './evidence';

export type MarkKind = 'approve' | 'reject' | 'return' | 'decision' | 'oa' | 'incident';

export interface Step {
  /** The recorded step number. */
  number: number;
  entries: Entry[];
  /** The entry that says best what this step was. */
  headline: Entry;
  mark: MarkKind | null;
  faulty: boolean;
}

export interface Picture {
  taken: Set<string>;
  current: Set<string>;
  incidents: Set<string>;
  /** Where somebody or something acted in the last step. */
  acted: Set<string>;
}

const HEADLINES = [
  'unreadable', 'instance:withdrawn', 'instance:terminated', 'instance:revoked', 'instance:jumped', 'task:completed', 'task:returned', 'task:taken_back', 'task:passed',
  'task:delegated', 'task:resolved', 'task:signer_added', 'task:signer_removed', 'task:escalated', 'task:transferred', 'task:claimed', 'task:unclaimed', 'incident:raised', 'job:failed', 'oa:refused', 'oa:unknown',
  'incident:resolved', 'oa:delivered', 'archive:sealed', 'timer:fired', 'task:reminded', 'instance:started', 'job:completed', 'decision:evaluated', 'operation:completed',
  'instance:completed',
];

/** Return the steps in recorded order. */
export function toSteps(entries: Entry[]): Step[] {
  const groups: Entry[][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last && last[0]!.step === entry.step) last.push(entry);
    else groups.push([entry]);
  }
  return groups.map((group) => ({
    number: group[0]!.step,
    entries: group,
    headline: headlineOf(group),
    mark: markOf(group),
    faulty: group.some((entry) => entry.faults.length > 0),
  }));
}

function headlineOf(group: Entry[]): Entry {
  const rank = (entry: Entry): number => (HEADLINES.indexOf(entry.type) + HEADLINES.length + 1) % (HEADLINES.length + 1);
  return group.reduce((best, entry) => (rank(entry) < rank(best) ? entry : best));
}

function markOf(group: Entry[]): MarkKind | null {
  const types = new Map(group.map((entry) => [entry.type, entry]));
  if (types.has('incident:raised') || types.has('job:failed') || types.has('oa:refused') || types.has('oa:unknown')) return 'incident';
  if (types.has('task:returned')) return 'return';
  const decided = types.get('task:completed') ?? types.get('task:passed');
  if (decided) {
    const outcome = decided.data.outcome;
    return outcome === 'approve' || outcome === 'reject' || outcome === 'return' ? outcome : 'decision';
  }
  return types.has('oa:delivered') ? 'oa' : null;
}

/** Return what the diagram showed after the last of `steps`; `leadsTo` tells the end of a flow, and null for what is no flow. */
export function pictureAfter(steps: Step[], leadsTo: (id: string) => string | null): Picture {
  const picture: Picture = { taken: new Set(), current: new Set(), incidents: new Set(), acted: new Set() };
  let last: string | null = null;
  for (const { type, element, data } of steps.flatMap((step) => step.entries)) {
    for (const place of type === 'path:taken' && Array.isArray(data.path) ? (data.path as string[]) : []) {
      const target = leadsTo(place);
      picture.taken.add(place);
      if (target) picture.current.add(target);
      else picture.current.delete((last = place));
    }
    if (type === 'instance:withdrawn' || type === 'instance:terminated') picture.current.clear();
    if (element && type === 'task:canceled') picture.current.delete(element);
    if (element && type === 'incident:raised') picture.incidents.add(element);
    if (element && type === 'incident:resolved') picture.incidents.delete(element);
  }
  const acted = steps.at(-1)?.headline.element;
  if (acted) picture.acted.add(acted);
  if (!picture.current.size && last) picture.current.add(last);
  return picture;
}

/** Return what was last said under `key` (in data or personal) about the element of this step's headline, up to the headline. */
export function recall(steps: Step[], index: number, key: string): unknown {
  const { headline } = steps[index]!;
  if (!headline.element) return headline.data[key] ?? headline.personal?.[key];
  const entries = steps.slice(0, index + 1).flatMap((step) => step.entries);
  return entries
    .slice(0, entries.indexOf(headline) + 1)
    .filter((entry) => entry.element === headline.element)
    .map((entry) => entry.data[key] ?? entry.personal?.[key])
    .findLast((value) => value !== undefined && value !== null);
}

export interface Change { name: string; before: unknown; after: unknown }

/** Return the variables that this step changed, old and new. */
export function changesIn(step: Step): Change[] {
  return step.entries.flatMap((entry) => {
    const changes = entry.personal?.changes;
    if (!Array.isArray(changes)) return [];
    return (changes as Data[]).map((change) => ({ name: String(change.name), before: change.old, after: change.new }));
  });
}
