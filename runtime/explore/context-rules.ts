import type { Exploration, Rest } from './graph';
import { isActor } from './identity';
import { firstOfEach } from './rules';
import type { RawFinding } from './rules';

/** Contexts that a log, a replay or a stored call could not hold. */
export function brokenContexts({ rests, map }: Exploration): RawFinding[] {
  const found = rests.flatMap((rest) => {
    const before = rest.from?.from;
    const context: unknown = rest.snapshot.context;
    if (before !== undefined && before.snapshot.context === context) return [];
    const problem = unserialisable(context);
    if (problem === undefined) return [];
    // Whoever put it there is meant, not all who come after him.
    const earlier = before === undefined ? undefined : unserialisable(before.snapshot.context);
    return earlier?.path === problem.path ? [] : [{ rest, problem }];
  });
  return firstOfEach(found, ({ problem }) => problem.path).map(({ rest, problem }) => {
    const last = rest.from?.transitions.at(-1);
    const by = map.transitions.find(({ id }) => id === last);
    const who =
      rest.from === undefined ? '' : ` It is put there when ${rest.from.happening.words}.`;
    return {
      id: 'context-not-serialisable',
      severity: 'error',
      state: rest.from === undefined ? '' : (by?.from ?? rest.state),
      message: `context${problem.path} is ${problem.what}, which cannot be stored.${who}`,
      remedy:
        'Keep plain data in the context: strings, numbers, booleans, null, lists and objects.',
      ...(rest.from === undefined ? {} : { at: rest.from }),
    };
  });
}

interface Unserialisable {
  readonly path: string;
  readonly what: string;
}

function unserialisable(
  value: unknown,
  path = '',
  above: readonly object[] = [],
): Unserialisable | undefined {
  if (typeof value === 'function') return { path, what: 'a function' };
  if (typeof value === 'symbol') return { path, what: 'a symbol' };
  if (typeof value === 'bigint') return { path, what: 'a BigInt' };
  if (typeof value !== 'object' || value === null || isActor(value)) return undefined;
  if (above.includes(value)) return { path, what: 'a circle' };
  const inside = [...above, value];
  if (!Array.isArray(value)) {
    const what = className(value);
    if (what !== undefined) return { path, what };
  }
  for (const name of Object.keys(value)) {
    const place = Array.isArray(value) ? `[${name}]` : `.${name}`;
    const found = unserialisable(Reflect.get(value, name), `${path}${place}`, inside);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of what is no plain object; by its prototype's prototype, because a flow may come from another realm. */
function className(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  if (Object.getPrototypeOf(prototype) === null) return undefined;
  const name: unknown = Reflect.get(prototype.constructor, 'name');
  return name === 'Map' || name === 'Set' || name === 'Date'
    ? `a ${name}`
    : `an object of the class ${String(name)}`;
}

/** Where a rest's context and an earlier one's differ by numbers alone: by how much. */
export function growth(from: unknown, to: unknown): ReadonlyMap<string, number> | undefined {
  const found = new Map<string, number>();
  return collect(from, to, '', found, 0) && found.size > 0 ? found : undefined;
}

function collect(
  from: unknown,
  to: unknown,
  path: string,
  found: Map<string, number>,
  depth: number,
): boolean {
  if (Object.is(from, to)) return true;
  if (typeof from === 'number' && typeof to === 'number') {
    found.set(path, to - from);
    return true;
  }
  if (typeof from !== 'object' || typeof to !== 'object' || from === null || to === null) {
    return false;
  }
  const names = Object.keys(to);
  // Deeper than any context is, and so a circle.
  if (depth > 20 || names.length !== Object.keys(from).length) return false;
  return names.every((name) =>
    collect(Reflect.get(from, name), Reflect.get(to, name), `${path}/${name}`, found, depth + 1),
  );
}

/** The same context with each of these numbers so much greater. */
export function grown(context: unknown, by: ReadonlyMap<string, number>, times: number): unknown {
  const write = (value: unknown, path: string): unknown => {
    const step = by.get(path);
    if (typeof value === 'number') return step === undefined ? value : value + step * times;
    if (typeof value !== 'object' || value === null || isActor(value)) return value;
    if (Array.isArray(value)) return value.map((item, index) => write(item, `${path}/${index}`));
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, write(item, `${path}/${name}`)]),
    );
  };
  return write(context, '');
}

/** The rests before one that are in the same place, the last first. */
export function visitsBefore(rest: Rest | undefined, state: string, over: boolean): Rest[] {
  const found: Rest[] = [];
  for (let at = rest; at !== undefined; at = at.from?.from) {
    if (at.state === state && at.over === over) found.push(at);
  }
  return found;
}
