import type { SipRequest } from '../sip/message/message';

/** What an INFO reports, or the status that refuses it. */
export type InfoDigit =
  | { readonly type: 'digit'; readonly digit: string; readonly duration: number }
  /** Nothing to do: an empty INFO, or a hook flash. */
  | { readonly type: 'none' }
  | { readonly type: 'refused'; readonly status: 400 | 415 };

/** Milliseconds, where the INFO names none or none that can be meant. */
const usualDuration = 160;
const longestDuration = 10_000;
const longestBody = 256;

/** Phones that count instead of naming: as the events of RFC 4733 §3.2. */
const eventNames: Readonly<Record<string, string>> = {
  '10': '*',
  '11': '#',
  '12': 'A',
  '13': 'B',
  '14': 'C',
  '15': 'D',
};
const hookFlash: ReadonlySet<string> = new Set(['16', '!', 'flash', 'hf']);

/**
 * Reads a key press from SIP INFO, in the two forms that are in use: `application/dtmf-relay`
 * (`Signal=5`, `Duration=160`) and `application/dtmf` (`5`). Neither has a standard, so case, blanks,
 * line ends and a missing duration are all taken as they come.
 */
export function readInfoDigit(request: SipRequest): InfoDigit {
  // RFC 6086 §4.2.2: an INFO may be empty, and is then only confirmed.
  if (request.body.length === 0) return { type: 'none' };
  const type = mediaType(request);
  if (type !== 'application/dtmf-relay' && type !== 'application/dtmf') {
    return { type: 'refused', status: 415 };
  }
  if (request.body.length > longestBody) return { type: 'refused', status: 400 };
  const text = Buffer.from(request.body).toString('latin1');
  const signal = field(text, 'signal');
  // Some phones put the relay form under the short name.
  if (signal === undefined && type === 'application/dtmf-relay') {
    return { type: 'refused', status: 400 };
  }
  return toDigit(signal ?? text.trim(), field(text, 'duration'));
}

/** A key press as the body of an INFO, in the form that most phones and gateways take. */
export function writeInfoDigit(
  digit: string,
  duration: number,
): { readonly type: string; readonly body: string } {
  return {
    type: 'application/dtmf-relay',
    body: `Signal=${digit}\r\nDuration=${Math.round(duration)}\r\n`,
  };
}

function mediaType(request: SipRequest): string | undefined {
  try {
    return request.contentType?.value;
  } catch {
    return undefined;
  }
}

/** The value after `name=` on a line of its own. */
function field(text: string, name: string): string | undefined {
  for (const line of text.split(/[\r\n]+/)) {
    const equals = line.indexOf('=');
    if (equals > 0 && line.slice(0, equals).trim().toLowerCase() === name) {
      return line.slice(equals + 1).trim();
    }
  }
  return undefined;
}

function toDigit(signal: string, duration: string | undefined): InfoDigit {
  const digit = eventNames[signal] ?? signal.toUpperCase();
  if (/^[0-9*#A-D]$/.test(digit)) {
    const time = Number(duration);
    const usable = time > 0 && time <= longestDuration;
    return { type: 'digit', digit, duration: usable ? Math.round(time) : usualDuration };
  }
  return hookFlash.has(signal.toLowerCase()) ? { type: 'none' } : { type: 'refused', status: 400 };
}
