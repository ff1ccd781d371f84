// The recorded bytes: read, and proved in this browser. Whatever the replay shows comes from here, never from the column copies.
import { fromBase64, fromHex, sha256, toHex } from './sha256';

/** One row as the server sends it: column copies beside the exact bytes that were hashed. */
export interface Row {
  number: number;
  step: number;
  type: string;
  at: string;
  actor: string | null;
  /** Stands in the bytes always; a column copy of it is checked when the server sends one. */
  onBehalfOf?: string | null;
  element: string | null;
  body: string;
  hash: string;
  personal: string | null;
  /** The personal part is there and not this reader's to know. */
  withheld?: boolean;
  salt: string | null;
}

export interface Recording {
  bpmn: string;
  instance: { id: string; businessKey: string; title: string; status: string; outcome: string | null };
  people: Record<string, { name: string; department: string | null }>;
  events: Row[];
}

export type Data = Record<string, unknown>;

export type FaultCode = 'unreadable' | 'hash' | 'number' | 'order' | 'instance' | 'column' | 'personal';

export interface Fault {
  code: FaultCode;
  /** Which column, for `column`. */
  field?: string;
  found?: string;
  expected?: string;
}

/** One event as its bytes tell it. */
export interface Entry {
  number: number;
  step: number;
  type: string;
  at: string;
  actor: string | null;
  onBehalfOf: string | null;
  element: string | null;
  data: Data;
  /** What stands beside the bytes: comment, changes, form. Null when there was none or it was erased. */
  personal: Data | null;
  /** The bytes name a personal part that was erased by a recorded act. */
  erased: boolean;
  /** The bytes name a personal part that is not this reader's to know. */
  withheld: boolean;
  hash: string;
  faults: Fault[];
}

export interface Verdict {
  entries: Entry[];
  hashesTrue: number;
  personalTrue: number;
  personalAll: number;
  erased: number;
  withheld: number;
}

const isRecord = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const same = (left: Uint8Array, right: Uint8Array): boolean => toHex(left) === toHex(right);

/** Read every event from its bytes and check all that one browser can check. Resolves always; faults stand at their entries. */
export async function verify(recording: Recording): Promise<Verdict> {
  const entries = await Promise.all(recording.events.map((row, index) => readAndCheck(row, recording.events[index - 1])));
  checkSequence(entries, recording.instance.id, recording.events);
  const withPersonal = recording.events.filter((row) => row.personal !== null);
  const personalFalse = entries.filter((entry) => entry.faults.some((fault) => fault.code === 'personal')).length;
  return {
    entries,
    hashesTrue: entries.filter((entry) => !entry.faults.some((fault) => fault.code === 'hash' || fault.code === 'unreadable')).length,
    personalAll: withPersonal.length,
    personalTrue: Math.max(0, withPersonal.length - personalFalse),
    erased: entries.filter((entry) => entry.erased).length,
    withheld: entries.filter((entry) => entry.withheld).length,
  };
}

async function readAndCheck(row: Row, before: Row | undefined): Promise<Entry> {
  const entry: Entry = {
    number: row.number, step: row.step, type: 'unreadable', at: '', actor: null, onBehalfOf: null, element: null,
    data: {}, personal: null, erased: false, withheld: false, hash: row.hash, faults: [],
  };
  let bytes: Uint8Array;
  let body: Data;
  try {
    bytes = fromBase64(row.body);
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!isRecord(parsed) || parsed.v !== 1) throw new Error('not an event of version 1');
    body = parsed;
  } catch {
    entry.faults.push({ code: 'unreadable' });
    return entry;
  }
  const previous = before ? fromHex(before.hash) : new Uint8Array(32);
  const digest = await sha256(previous, bytes);
  if (!same(digest, fromHex(row.hash))) entry.faults.push({ code: 'hash', expected: toHex(digest), found: row.hash });
  Object.assign(entry, {
    number: typeof body.number === 'number' ? body.number : row.number,
    step: typeof body.step === 'number' ? body.step : row.step,
    type: String(body.type),
    at: String(body.at),
    actor: textOrNull(body.actor),
    onBehalfOf: textOrNull(body.onBehalfOf),
    element: textOrNull(body.element),
    data: isRecord(body.data) ? { ...body.data, instance: body.instance } : { instance: body.instance },
  });
  entry.faults.push(...copiesThatDiffer(row, body));
  await readPersonal(row, body, entry);
  return entry;
}

function copiesThatDiffer(row: Row, body: Data): Fault[] {
  const fields = ['number', 'step', 'type', 'actor', 'onBehalfOf', 'element'] as const;
  const faults: Fault[] = fields
    .filter((field) => row[field] !== undefined && row[field] !== (body[field] ?? null))
    .map((field) => ({ code: 'column', field, expected: String(body[field] ?? '—'), found: String(row[field] ?? '—') }));
  if (instant(row.at) !== instant(String(body.at))) faults.push({ code: 'column', field: 'at', expected: String(body.at), found: row.at });
  return faults;
}

/** A time to the microsecond, in one spelling; the text itself if it is no time. */
function instant(text: string): string {
  const milliseconds = Date.parse(text);
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return Number.isNaN(milliseconds) ? text : `${Math.floor(milliseconds / 1000)}.${fraction.padEnd(6, '0')}`;
}

async function readPersonal(row: Row, body: Data, entry: Entry): Promise<void> {
  const expected = textOrNull(body.personal);
  if (row.personal === null) {
    entry.withheld = expected !== null && row.withheld === true;
    entry.erased = expected !== null && !entry.withheld;
    return;
  }
  try {
    const bytes = fromBase64(row.personal);
    const digest = await sha256(fromBase64(row.salt ?? ''), bytes);
    if (toHex(digest) !== expected) entry.faults.push({ code: 'personal', expected: expected ?? '—', found: toHex(digest) });
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    entry.personal = isRecord(parsed) ? parsed : null;
  } catch {
    entry.faults.push({ code: 'personal' });
  }
}

function checkSequence(entries: Entry[], instance: string, rows: Row[]): void {
  entries.forEach((entry, index) => {
    const before = entries[index - 1];
    const expected = before ? before.number + 1 : 1;
    if (entry.number !== expected) entry.faults.push({ code: 'number', expected: String(expected), found: String(entry.number) });
    if (before && entry.step < before.step) entry.faults.push({ code: 'order', expected: String(before.step), found: String(entry.step) });
    if (rows[index] && entry.type !== 'unreadable' && entry.data.instance !== instance) {
      entry.faults.push({ code: 'instance', expected: instance, found: String(entry.data.instance) });
    }
  });
}
