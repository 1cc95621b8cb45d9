import { isName } from './characters';

/**
 * The one table of header names: the usual spelling and the compact form. A header's place in it is
 * its id; 0 stands for every header that is not here.
 */
const table: readonly (readonly [name: string, compact?: string])[] = [
  [''],
  ['Via', 'v'],
  ['From', 'f'],
  ['To', 't'],
  ['Call-ID', 'i'],
  ['CSeq'],
  ['Max-Forwards'],
  ['Contact', 'm'],
  ['Content-Length', 'l'],
  ['Content-Type', 'c'],
  ['Route'],
  ['Record-Route'],
  ['Accept'],
  ['Accept-Contact', 'a'],
  ['Accept-Encoding'],
  ['Accept-Language'],
  ['Alert-Info'],
  ['Allow'],
  ['Allow-Events', 'u'],
  ['Answer-Mode'],
  ['Authentication-Info'],
  ['Authorization'],
  ['Call-Info'],
  ['Content-Disposition'],
  ['Content-Encoding', 'e'],
  ['Content-Language'],
  ['Date'],
  ['Diversion'],
  ['Error-Info'],
  ['Event', 'o'],
  ['Expires'],
  ['Flow-Timer'],
  ['Geolocation'],
  ['History-Info'],
  ['Identity', 'y'],
  ['Identity-Info', 'n'],
  ['In-Reply-To'],
  ['Info-Package'],
  ['Join'],
  ['MIME-Version'],
  ['Min-Expires'],
  ['Min-SE'],
  ['Organization'],
  ['P-Access-Network-Info'],
  ['P-Asserted-Identity'],
  ['P-Called-Party-ID'],
  ['P-Charging-Vector'],
  ['P-Preferred-Identity'],
  ['Path'],
  ['Priority'],
  ['Privacy'],
  ['Proxy-Authenticate'],
  ['Proxy-Authorization'],
  ['Proxy-Require'],
  ['RAck'],
  ['RSeq'],
  ['Reason'],
  ['Recv-Info'],
  ['Refer-Sub'],
  ['Refer-To', 'r'],
  ['Referred-By', 'b'],
  ['Reject-Contact', 'j'],
  ['Remote-Party-ID'],
  ['Replaces'],
  ['Reply-To'],
  ['Request-Disposition', 'd'],
  ['Require'],
  ['Retry-After'],
  ['SIP-ETag'],
  ['SIP-If-Match'],
  ['Server'],
  ['Service-Route'],
  ['Session-Expires', 'x'],
  ['Session-ID'],
  ['Subject', 's'],
  ['Subscription-State'],
  ['Supported', 'k'],
  ['Target-Dialog'],
  ['Timestamp'],
  ['Unsupported'],
  ['User-Agent'],
  ['User-to-User'],
  ['WWW-Authenticate'],
  ['Warning'],
];

/** Usual spelling by id; '' for 0. */
export const headerNames: readonly string[] = table.map(([name]) => name);

/** Open addressing over the hash of the lower-case name; the table is far from full. */
const SLOTS = 1024;
const slotNames: string[] = new Array<string>(SLOTS).fill('');
const slotIds = new Uint8Array(SLOTS);
/** Spellings that were seen in our own code: the usual, the lower-case, the compact. */
const spellings = new Map<string, number>();

/** One step of the hash that {@link headerIdAt} wants, over the characters of a name in turn. */
export function hashStep(hash: number, code: number): number {
  return (Math.imul(hash, 31) + (code | 32)) | 0;
}

function hashOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i += 1) hash = hashStep(hash, name.charCodeAt(i));
  return hash;
}

function enter(spelling: string, id: number): void {
  const name = spelling.toLowerCase();
  let slot = hashOf(name) & (SLOTS - 1);
  while (slotNames[slot] !== '') slot = (slot + 1) & (SLOTS - 1);
  slotNames[slot] = name;
  slotIds[slot] = id;
  spellings.set(spelling, id).set(name, id);
}

table.forEach(([name, compact], id) => {
  if (id === 0) return;
  enter(name, id);
  if (compact !== undefined) enter(compact, id);
});

/** The id of the name from `start` to `end` whose hash is known, without case, 0 when unknown. */
export function headerIdAt(text: string, start: number, end: number, hash: number): number {
  let slot = hash & (SLOTS - 1);
  for (;;) {
    const name = slotNames[slot] as string;
    if (name === '') return 0;
    if (isName(text, start, end, name)) return slotIds[slot] as number;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

/** The id of a name in any spelling, 0 when unknown. */
export function headerId(name: string): number {
  return spellings.get(name) ?? headerIdAt(name, 0, name.length, hashOf(name));
}

function known(name: string): number {
  const id = spellings.get(name);
  if (id === undefined) throw new TypeError(`no header ${name} in the table`);
  return id;
}

export const VIA = known('Via');
export const FROM = known('From');
export const TO = known('To');
export const CALL_ID = known('Call-ID');
export const CSEQ = known('CSeq');
export const MAX_FORWARDS = known('Max-Forwards');
export const CONTACT = known('Contact');
export const CONTENT_LENGTH = known('Content-Length');
export const CONTENT_TYPE = known('Content-Type');
export const ROUTE = known('Route');
export const RECORD_ROUTE = known('Record-Route');
export const REQUIRE = known('Require');
export const SUPPORTED = known('Supported');
export const ALLOW = known('Allow');
export const EXPIRES = known('Expires');
export const MIN_EXPIRES = known('Min-Expires');
export const SESSION_EXPIRES = known('Session-Expires');
export const MIN_SE = known('Min-SE');
export const RSEQ = known('RSeq');
export const RACK = known('RAck');
export const REASON = known('Reason');
export const PROXY_REQUIRE = known('Proxy-Require');
export const REFER_TO = known('Refer-To');
export const REFERRED_BY = known('Referred-By');
export const EVENT = known('Event');
export const SUBSCRIPTION_STATE = known('Subscription-State');
export const UNSUPPORTED = known('Unsupported');
export const RETRY_AFTER = known('Retry-After');
export const WARNING = known('Warning');
export const TIMESTAMP = known('Timestamp');
