// What changed inside of a value: an auditor reads the fields that differ, not two whole documents.
import { untagged } from './words';

export interface Part { path: string; before: unknown; after: unknown }

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** Every plain value in `value` by its path; one that holds nothing further stands for itself. */
function leaves(value: unknown, path: string, found: Map<string, unknown>): Map<string, unknown> {
  if (!isObject(value)) return found.set(path, value);
  const list = Array.isArray(value);
  for (const [name, item] of Object.entries(value)) {
    const place = list ? `${path}[${Number(name) + 1}]` : path ? `${path}.${name}` : name;
    leaves(item, place, found);
  }
  return found;
}

/** Return the parts in which two recorded values differ, in the order of the new one; plain values are one part without a path. */
export function partsOf(before: unknown, after: unknown): Part[] {
  const old = untagged(before);
  const now = untagged(after);
  if (!isObject(old) && !isObject(now)) return [{ path: '', before: old, after: now }];
  const was = isObject(old) ? leaves(old, '', new Map()) : new Map<string, unknown>();
  const is = isObject(now) ? leaves(now, '', new Map()) : new Map<string, unknown>();
  const parts = [...new Set([...is.keys(), ...was.keys()])]
    .map((path) => ({ path, before: was.get(path), after: is.get(path) }))
    .filter((part) => JSON.stringify(part.before) !== JSON.stringify(part.after));
  // that it became an object, or is none any more, is told with it where it was a value of its own
  if (old !== null && old !== undefined && !isObject(old)) parts.unshift({ path: '', before: old, after: undefined });
  if (now !== null && now !== undefined && !isObject(now)) parts.unshift({ path: '', before: undefined, after: now });
  return parts;
}
