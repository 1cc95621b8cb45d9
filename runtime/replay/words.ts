import type { FlowLogEntry } from '../flow/flow-log';

/** What the machine was given, as one says it: `gather: 1`, `dial: busy`, `the caller hung up`. */
export function inWords({ event, src }: Extract<FlowLogEntry, { readonly type: 'event' }>): string {
  const { type, output, error } = event;
  if (type.startsWith('xstate.after.')) {
    const [, , delay = ''] = type.split('.');
    return /^\d+$/.test(delay) ? `${Number(delay) / 1_000} s are over` : `${delay} is over`;
  }
  const actor = src ?? actorOf(type);
  if (type.startsWith('xstate.error.')) return `${actor} failed: ${textOf(error, 'message')}`;
  if (type.startsWith('xstate.done.')) return `${actor}: ${outcome(output)}`;
  if (type === 'call.ended') {
    const by = String(event['by']);
    return by === 'caller' ? 'the caller hung up' : `the call was ended by the ${by}`;
  }
  if (type === 'speech.partial') return `the caller says "${String(event['text'])}" so far`;
  if (type === 'dtmf') return `the key ${String(event['digit'])} was pressed`;
  return type;
}

function actorOf(type: string): string {
  return type.split('.').slice(3).join('.');
}

function outcome(output: unknown): string {
  if (typeof output !== 'object' || output === null) {
    return output === undefined ? 'done' : (JSON.stringify(output) ?? 'done');
  }
  const { type, digits, digit, text } = output as Readonly<Record<string, unknown>>;
  if (typeof type !== 'string') return shorten(JSON.stringify(output));
  if (type === 'digits') return String(digits);
  if (type === 'speech' && typeof text === 'string') return `"${shorten(text)}"`;
  const pressed = digits ?? digit;
  return typeof pressed === 'string' ? `${type} ${pressed}` : type;
}

function textOf(value: unknown, member: string): string {
  return typeof value === 'object' && value !== null && member in value
    ? String(Reflect.get(value, member))
    : String(value);
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
