import type { SipRequest } from '../message/message';
import type { ExtraHeader } from './port';

/** The methods that are always taken, in or out of a dialog (RFC 3261 §20.5). */
const allowedMethods = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'PRACK',
  'UPDATE',
  'INFO',
  'REFER',
  'NOTIFY',
] as const;

/** Methods that are known and not taken: 405. Any other is 501 (RFC 3261 §21.5.2). */
const refusedMethods = ['REGISTER', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH'] as const;

/** Extensions that are really there: RFC 3262, RFC 4028, RFC 3891 and RFC 4488. */
export const extensions = ['100rel', 'timer', 'replaces', 'norefersub'] as const;

const none: readonly string[] = [];
const supported: ReadonlySet<string> = new Set(extensions);

export const accept: ExtraHeader = ['Accept', 'application/sdp'];
/** Of INFO: what DTMF comes in. */
export const acceptInfo: ExtraHeader = ['Accept', 'application/dtmf-relay, application/dtmf'];
/** Of NOTIFY: what a REFER brings. */
export const acceptSipfrag: ExtraHeader = ['Accept', 'message/sipfrag'];
export const acceptEncoding: ExtraHeader = ['Accept-Encoding', 'identity'];
/** Texts of ours are in English; texts of others pass as they are. */
export const acceptLanguage: ExtraHeader = ['Accept-Language', 'en'];
export const supportedHeader: ExtraHeader = ['Supported', extensions.join(', ')];
export const allowEvents: ExtraHeader = ['Allow-Events', 'refer'];

/** What every answer to "what can you do" says besides the methods (RFC 3261 §11.2). */
const constants: readonly ExtraHeader[] = [
  accept,
  acceptEncoding,
  acceptLanguage,
  supportedHeader,
  allowEvents,
];

export type MethodVerdict = 'allowed' | 'not-allowed' | 'unknown';

/** The methods of one user agent. */
export class Methods {
  readonly allow: ExtraHeader;
  /** Headers of a response that says what we can do (RFC 3261 §11.2). */
  readonly capabilities: readonly ExtraHeader[];
  private readonly allowed: ReadonlySet<string>;
  private readonly refused: ReadonlySet<string>;

  /** @param more methods of the second table that somebody takes. */
  constructor(more: readonly (typeof refusedMethods)[number][] = []) {
    const methods = [...allowedMethods, ...more];
    this.allow = ['Allow', methods.join(', ')];
    this.capabilities = [this.allow, ...constants];
    this.allowed = new Set(methods);
    this.refused = new Set(refusedMethods);
  }

  /** Methods are compared with case (RFC 3261 §7.1). */
  verdictOn(method: string): MethodVerdict {
    if (this.allowed.has(method)) return 'allowed';
    return this.refused.has(method) ? 'not-allowed' : 'unknown';
  }
}

/** The option tags of `Require` that we do not have (RFC 3261 §8.2.2.3). */
export function unsupportedTags(request: SipRequest): readonly string[] {
  if (!request.headers.has('Require')) return none;
  return request.require.filter((tag) => !supported.has(tag.toLowerCase()));
}

/** Whether the sender has the extension: it says so in `Supported`, or insists in `Require`. */
export function peerSupports(
  message: { readonly supported: readonly string[]; readonly require: readonly string[] },
  tag: string,
): boolean {
  return hasTag(message.supported, tag) || hasTag(message.require, tag);
}

/** Option tags are tokens, compared without case (RFC 3261 §7.3.1). */
export function hasTag(tags: readonly string[], tag: string): boolean {
  return tags.some((each) => each.toLowerCase() === tag);
}
