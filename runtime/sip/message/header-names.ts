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

/** The lower-case codes of every name, one after the other, and where each begins. */
const codes: number[] = [];
const offsets: number[] = [];
const lengths: number[] = [];
const ids: number[] = [];
/** Which names have this length and first letter, by `length * 32 + (letter & 31)`. */
const buckets: number[][] = Array.from({ length: 32 * 32 }, () => []);
/** Spellings that our own code uses: the usual, the lower-case, the compact. */
const spellings = new Map<string, number>();

function enter(spelling: string, id: number): void {
  const name = spelling.toLowerCase();
  buckets[name.length * 32 + (name.charCodeAt(0) & 31)]?.push(ids.length);
  offsets.push(codes.length);
  lengths.push(name.length);
  ids.push(id);
  for (let i = 0; i < name.length; i += 1) codes.push(name.charCodeAt(i));
  spellings.set(spelling, id).set(name, id);
}

table.forEach(([name, compact], id) => {
  if (id === 0) return;
  enter(name, id);
  if (compact !== undefined) enter(compact, id);
});
const packed = Uint8Array.from(codes);

/** The id of the name from `start` to `end`, without case; 0 when the table does not have it. */
export function headerIdAt(text: string, start: number, end: number): number {
  const length = end - start;
  if (length <= 0 || length > 31) return 0;
  const bucket = buckets[length * 32 + (text.charCodeAt(start) & 31)] as number[];
  for (let k = 0; k < bucket.length; k += 1) {
    const entry = bucket[k] as number;
    const offset = offsets[entry] as number;
    let i = 0;
    while (i < length && matches(text.charCodeAt(start + i), packed[offset + i] as number)) i += 1;
    if (i === length) return ids[entry] as number;
  }
  return 0;
}

/** Whether a character is the wanted one, which is lower-case, in either case. */
function matches(code: number, wanted: number): boolean {
  return code === wanted || ((code | 32) === wanted && wanted >= 97);
}

/** The id of a name in any spelling, 0 when unknown. */
export function headerId(name: string): number {
  return spellings.get(name) ?? headerIdAt(name, 0, name.length);
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
