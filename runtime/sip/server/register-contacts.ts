import { decimal } from '../message/characters';
import type { SipRequest } from '../message/message';
import { MessageError } from '../message/message-error';
import { formatParams } from '../message/params';
import type { SipUri, Uri } from '../message/uri';
import type { NameAddr, Params } from '../message/values';
import type { Refusal } from './refusal';

/** One Contact of a REGISTER, read and checked. */
export interface RegisterContact {
  /** As written. */
  readonly text: string;
  /** Undefined for one of another scheme (RFC 3261 §10.2.1): it is kept and listed, and nothing is sent there. */
  readonly uri: SipUri | undefined;
  readonly q: number;
  /** Milliseconds that are asked for, or what there is by default; 0 removes it. */
  readonly expires: number;
  readonly instanceId: string | undefined;
  readonly regId: number | undefined;
  /** The parameters that are none of the above, as text; '' without any. */
  readonly params: string;
}

export type ReadContacts =
  | { readonly type: 'contacts'; readonly contacts: readonly RegisterContact[] }
  | { readonly type: 'refused'; readonly refusal: Refusal };

const UINT32 = 0xffff_ffff;

/** RFC 3261 §10.2, §20.10: what cannot be read counts as this. */
const malformedExpires = 3_600_000;

/** Characters of one contact with its parameters: an honest one has 300 at most. */
const longestContact = 1_024;

/** RFC 5626 §11.1. */
const greatestRegId = 0x7fff_ffff;

const ownParams: ReadonlySet<string> = new Set(['expires', 'q', '+sip.instance', 'reg-id']);

/** Milliseconds of the Expires header; undefined without it. */
export function expiresOf(request: SipRequest): number | undefined {
  const text = request.headers.get('Expires');
  return text === undefined ? undefined : readExpires(text);
}

/** Seconds as text, in milliseconds. RFC 3261 §20.19: more than 2^32 - 1 is that much. */
function readExpires(text: string): number {
  const seconds = decimal(text, 0, text.length, UINT32);
  return seconds < 0 ? malformedExpires : Math.min(seconds, UINT32) * 1_000;
}

/** The contacts of a REGISTER in their order; `defaultExpires` where it asks for no time. */
export function readContacts(request: SipRequest, defaultExpires: number): ReadContacts {
  const common = expiresOf(request) ?? defaultExpires;
  const contacts: RegisterContact[] = [];
  for (const address of request.contacts) {
    const contact = readContact(address, common);
    if (typeof contact === 'string') {
      return { type: 'refused', refusal: { status: 400, reason: contact } };
    }
    contacts.push(contact);
  }
  return { type: 'contacts', contacts };
}

/** A text says what is wrong with it. */
function readContact(address: NameAddr, common: number): RegisterContact | string {
  const { uriText, params } = address;
  const uri = readUri(address);
  // Requests are forwarded to what can be reached by SIP; a telephone number would be a way round the routes.
  if (uri?.scheme === 'tel') return 'Contact Is No SIP URI';
  const q = readQ(params.get('q'));
  if (q === undefined) return 'Bad Contact q';
  const instanceId = params.get('+sip.instance');
  const regId = readRegId(params.get('reg-id'));
  if (regId === 'bad') return 'Bad Contact reg-id';
  const own = params.get('expires');
  const others = otherParams(params);
  const length = uriText.length + others.length + (instanceId?.length ?? 0);
  if (length > longestContact) return 'Contact Too Long';
  return {
    text: uriText,
    uri,
    q,
    expires: own === undefined ? common : readExpires(own),
    instanceId: instanceId === '' ? undefined : instanceId,
    // RFC 5626 §6: without an instance it says nothing.
    regId: instanceId === undefined || instanceId === '' ? undefined : regId,
    params: others,
  };
}

/** RFC 3261 §25.1 `absoluteURI`: of a scheme that we know nothing of. */
const otherUri = /^(?!sips?:|tel:)[a-z][\w+.-]*:[^\s<>"]+$/i;

function readUri(address: NameAddr): Uri | undefined {
  try {
    return address.uri;
  } catch (error) {
    if (error instanceof MessageError && otherUri.test(address.uriText)) return undefined;
    throw error;
  }
}

/** RFC 3261 §25.1 `qvalue`, with any number of decimals; 1 when there is none. */
function readQ(text: string | undefined): number | undefined {
  if (text === undefined) return 1;
  if (!/^[01](?:\.\d*)?$/.test(text)) return undefined;
  const q = Number(text);
  return q <= 1 ? q : undefined;
}

function readRegId(text: string | undefined): number | undefined | 'bad' {
  if (text === undefined) return undefined;
  const regId = decimal(text, 0, text.length, greatestRegId);
  return regId >= 1 && regId <= greatestRegId ? regId : 'bad';
}

function otherParams(params: Params): string {
  let others: Map<string, string> | undefined;
  for (const [name, value] of params) {
    if (!ownParams.has(name)) (others ??= new Map<string, string>()).set(name, value);
  }
  return others === undefined ? '' : formatParams(others);
}
