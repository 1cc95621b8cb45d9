import { isMachine } from '../../flow/check-machine';

/**
 * A value of a flow as text: equal texts mean that it does the same, as far as its own source shows it. Functions are
 * their source, so that what they close over or import is not seen; a machine is its configuration.
 */
export function fingerprint(value: unknown): string {
  return print(value, new Map());
}

/** `seen` counts the objects, each of which is printed once. */
function print(value: unknown, seen: Map<unknown, number>): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) {
    return String(value);
  }
  const before = seen.get(value);
  if (before !== undefined) return `#${before}`;
  seen.set(value, seen.size);
  if (isMachine(value)) return print(value.config, seen);
  if (Array.isArray(value)) return `[${value.map((each) => print(each, seen)).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${print(member, seen)}`);
  const source = typeof value === 'function' ? String(value).replace(/\s+/g, ' ') : '';
  return `${source}{${members.join(',')}}`;
}
