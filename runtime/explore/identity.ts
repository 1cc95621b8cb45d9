import { createHash } from 'node:crypto';

/**
 * Values as one text: the same for the same content, whatever it is made of, cycles and all. Long ones are hashed.
 */
export function contentKey(value: unknown): string {
  const text = write(value, []);
  return text.length > 200 ? createHash('sha1').update(text).digest('base64') : text;
}

function write(value: unknown, above: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
    case 'symbol':
      return `<${value.toString()}>`;
    case 'object':
      break;
    default:
      return String(value);
  }
  if (value === null) return 'null';
  const depth = above.indexOf(value);
  if (depth !== -1) return `<${above.length - depth} up>`;
  const inside = [...above, value];
  if (isActor(value)) return `<actor ${value.id}>`;
  // What it accepts cannot be read from it; what it is made of is large.
  if ('~standard' in value) return '<schema>';
  if (Array.isArray(value)) return `[${value.map((item) => write(item, inside)).join()}]`;
  const kind = Object.prototype.toString.call(value);
  if (kind === '[object Date]') return `<${String(Number(value))}>`;
  if (kind === '[object Map]' || kind === '[object Set]') {
    return `<${kind} ${write([...(value as Iterable<unknown>)], inside)}>`;
  }
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${write(Reflect.get(value, name), inside)}`);
  return `{${members.join()}}`;
}

/** XState's references to actors: it knows how to store them. */
export function isActor(value: object): value is { readonly id: string } {
  return 'getSnapshot' in value && 'sessionId' in value && 'id' in value;
}
