import type { MachineOptions } from '../../media/port';
import type { CallTarget, StatusSubscription } from '../../service/live-control';
import type { PlaceRequest } from '../../service/port';
import { missing, type RequestParameters } from './parameters';
import { twilioProblems } from './problem';

/** Milliseconds that a call rings at most, where its request does not say. */
const ringTime = 60_000;

/** Whom a call goes to, by whom it is, and how: of a new call, or a new participant of a conference. */
export function placement(
  given: RequestParameters,
  trunks: readonly string[],
): Pick<
  PlaceRequest,
  'to' | 'trunk' | 'callerId' | 'headers' | 'credentials' | 'timeout' | 'status'
> {
  const { to, headers } = calledParty(given);
  const number = callerNumber(given);
  const displayName = given.text('CallerDisplayName');
  const trunk = given.text('Byoc');
  if (trunk !== undefined && !trunks.includes(trunk)) {
    throw twilioProblems.badValue(21218, `Byoc: there is no trunk ${trunk}`);
  }
  const username = given.text('SipAuthUsername');
  const password = given.text('SipAuthPassword');
  const status = statusCallback(given);
  return {
    to,
    callerId: { number, ...(displayName === undefined ? {} : { displayName }) },
    timeout: (given.integer('Timeout', [1, 600], 21208) ?? ringTime / 1_000) * 1_000,
    ...(trunk === undefined ? {} : { trunk }),
    ...(headers === undefined ? {} : { headers }),
    ...(username === undefined || password === undefined
      ? {}
      : { credentials: { username, password } }),
    ...(status === undefined ? {} : { status }),
  };
}

/** `client:alice` is the user alice; what a SIP URI carries behind `?` are header fields. */
function calledParty(given: RequestParameters): {
  readonly to: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
} {
  const text = given.text('To')?.trim();
  if (text === undefined) throw missing('To', 21201);
  const [address = '', query = ''] = text.split('?', 2);
  const fields = [...new URLSearchParams(query)].filter(([name]) => /^x-[\w-]+$/i.test(name));
  const headers = fields.length === 0 ? undefined : Object.fromEntries(fields);
  const [, client] = /^client:(.+)$/i.exec(address) ?? [];
  if (client !== undefined) return { to: client, headers };
  if (/^sips?:[^\s@]+@\S+$/i.test(address)) return { to: address, headers };
  const digits = address.replace(/^tel:/i, '').replace(/[\s().-]/g, '');
  if (/^\+?[0-9*#]{2,32}$/.test(digits)) return { to: digits, headers };
  throw twilioProblems.badValue(
    21211,
    `The phone number you are attempting to call, ${text}, is not valid.`,
  );
}

function callerNumber(given: RequestParameters): string {
  const text = (given.text('CallerId') ?? given.text('From'))?.trim();
  if (text === undefined) throw missing('From', 21213);
  const [, client] = /^client:(.+)$/i.exec(text) ?? [];
  if (client !== undefined) return client;
  if (/^sips?:\S+$/i.test(text)) return text;
  const plain = text.replace(/[\s().-]/g, '');
  if (/^\+?[0-9*#]{2,32}$/.test(plain)) return plain;
  // Of a call to a SIP address: the user part of one.
  if (/^[\w.+-]{1,64}$/.test(text)) return text;
  throw twilioProblems.badValue(21212, `The From phone number ${text} is not valid.`);
}

/** Who is told how the call goes. */
export function statusCallback(given: RequestParameters): StatusSubscription | undefined {
  const url = given.url('StatusCallback', 21609);
  const method = given.method('StatusCallbackMethod');
  if (url === undefined) return undefined;
  const events = given.words('StatusCallbackEvent');
  return {
    url,
    ...(method === undefined ? {} : { method }),
    ...(events.length === 0 ? {} : { events }),
  };
}

/**
 * What a call is given to: `Twiml`, or what `Url` answers; undefined when neither is given. With keys to be sent first,
 * they are the beginning of a document.
 */
export function callTarget(given: RequestParameters, digits?: string): CallTarget | undefined {
  given.refuse(['ApplicationSid']);
  const url = given.url('Url');
  const twiml = given.text('Twiml');
  const fallbackUrl = given.url('FallbackUrl');
  const method = given.method('Method') ?? 'POST';
  const fallback =
    fallbackUrl === undefined
      ? {}
      : { fallbackUrl, fallbackMethod: given.method('FallbackMethod') ?? 'POST' };
  const keys = digits === undefined ? '' : `<Play digits="${digits}"/>`;
  const contentType = 'application/xml' as const;
  // Twilio: with both, the URL counts.
  if (url === undefined) {
    if (twiml === undefined) return undefined;
    const content = twiml.replace(/<Response(\s[^<>]*)?>/, (tag) =>
      tag.endsWith('/>') ? tag : tag + keys,
    );
    return { content, contentType, ...fallback };
  }
  if (keys === '') return { document: { url, method, ...fallback } };
  const redirect = `<Redirect method="${method}">${escapeXml(url)}</Redirect>`;
  return { content: `<Response>${keys}${redirect}</Response>`, contentType, ...fallback };
}

/** @throws {TwilioProblem} 400, 21206 */
export function sentDigits(given: RequestParameters): string | undefined {
  const digits = given.text('SendDigits');
  if (digits === undefined || /^[0-9A-D#*wW]{1,32}$/.test(digits)) return digits;
  throw twilioProblems.badValue(21206, 'SendDigits must be up to 32 of 0-9, A-D, #, *, w and W');
}

/** How to find out who has answered; undefined when nobody wants to know. */
export function machineOptions(given: RequestParameters): MachineOptions | undefined {
  const mode = given.text('MachineDetection');
  if (mode === undefined || /^(none|false)$/i.test(mode)) return undefined;
  if (!/^(enable|true|detectmessageend)$/i.test(mode)) {
    throw twilioProblems.badValue(20001, 'MachineDetection must be Enable or DetectMessageEnd');
  }
  const timeout = (given.integer('MachineDetectionTimeout', [3, 59]) ?? 30) * 1_000;
  const untilBeep = mode.toLowerCase() === 'detectmessageend';
  return {
    totalTime: timeout,
    greeting: given.integer('MachineDetectionSpeechThreshold', [1_000, 6_000]) ?? 2_400,
    afterGreetingSilence:
      given.integer('MachineDetectionSpeechEndThreshold', [500, 5_000]) ?? 1_200,
    initialSilence: given.integer('MachineDetectionSilenceTimeout', [2_000, 10_000]) ?? 5_000,
    ...(untilBeep ? { beepTimeout: timeout } : {}),
  };
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
