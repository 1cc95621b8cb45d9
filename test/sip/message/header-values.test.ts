import {
  formatChallenge,
  formatCredentials,
  parseAuth,
  parseAuthParams,
} from '../../../runtime/sip/message/auth-params';
import { formatDate, parseDate, parseTimestamp } from '../../../runtime/sip/message/date-header';
import {
  formatDialogReference,
  parseDialogReference,
} from '../../../runtime/sip/message/dialog-reference';
import {
  acceptOf,
  addressesOf,
  elementsOf,
  isAccepted,
} from '../../../runtime/sip/message/header-lists';
import { HeaderTable } from '../../../runtime/sip/message/header-table';
import {
  parseCSeq,
  parseMediaType,
  parseRAck,
  parseReason,
  parseRetryAfter,
  parseSessionExpires,
  parseTokenWithParams,
  parseWarning,
  splitList,
} from '../../../runtime/sip/message/header-values';
import { MessageError } from '../../../runtime/sip/message/message-error';

const params = (entries: Record<string, string>): Map<string, string> =>
  new Map(Object.entries(entries));

test.each([
  ['CSeq', parseCSeq, '0009   INVITE', { sequence: 9, method: 'INVITE' }],
  ['CSeq', parseCSeq, '4294967295 A', { sequence: 4294967295, method: 'A' }],
  ['RAck', parseRAck, '776656 1 INVITE', { rseq: 776656, sequence: 1, method: 'INVITE' }],
  [
    'Content-Type',
    parseMediaType,
    'Multipart / Mixed ; Boundary="a;b"',
    { value: 'multipart/mixed', params: params({ boundary: 'a;b' }) },
  ],
  [
    'Session-Expires',
    parseSessionExpires,
    '1800 ;refresher=UAC',
    { interval: 1800, refresher: 'uac' },
  ],
  ['Session-Expires', parseSessionExpires, '90', { interval: 90, refresher: undefined }],
  [
    'Reason',
    parseReason,
    'Q.850 ;cause=16 ;text="Normal, \\"clearing\\""',
    { protocol: 'Q.850', cause: 16, text: 'Normal, "clearing"' },
  ],
  ['Reason', parseReason, 'SIP;cause=x', { protocol: 'SIP', cause: undefined, text: undefined }],
  [
    'Warning',
    parseWarning,
    '370 devnull "Choose a bigger pipe"',
    { code: 370, agent: 'devnull', text: 'Choose a bigger pipe' },
  ],
  [
    'Retry-After',
    parseRetryAfter,
    '18000 (a (nested) comment);duration=3600',
    { seconds: 18000, duration: 3600 },
  ],
  [
    'Retry-After',
    parseRetryAfter,
    '949302838503028349304023988',
    { seconds: 4294967295, duration: undefined },
  ],
  [
    'Content-Disposition',
    (text: string) => parseTokenWithParams(text, 'Content-Disposition'),
    'session;handling=optional',
    { value: 'session', params: params({ handling: 'optional' }) },
  ],
  [
    'WWW-Authenticate',
    parseAuth,
    'Digest realm="a, \\"b\\"", nonce=xyz==,qop="auth,auth-int" , stale=FALSE',
    {
      scheme: 'Digest',
      params: params({ realm: 'a, "b"', nonce: 'xyz==', qop: 'auth,auth-int', stale: 'FALSE' }),
    },
  ],
  [
    'WWW-Authenticate without a comma (RFC 3665 §2.1 F3)',
    parseAuth,
    'Digest realm="atlanta.example.com" qop="auth"',
    { scheme: 'Digest', params: params({ realm: 'atlanta.example.com', qop: 'auth' }) },
  ],
  [
    'Authentication-Info',
    parseAuthParams,
    'nextnonce="47", qop=auth',
    params({ nextnonce: '47', qop: 'auth' }),
  ],
  ['Timestamp', parseTimestamp, '54.21 1.5', { time: 54.21, delay: 1.5 }],
  ['Timestamp', parseTimestamp, '54', { time: 54, delay: undefined }],
  ['Date', parseDate, 'Sat, 13 Nov 2010 23:29:00 GMT', Date.UTC(2010, 10, 13, 23, 29)],
  [
    'Replaces',
    parseDialogReference,
    '425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only',
    {
      callId: '425928@bobster.example.org',
      toTag: '7743',
      fromTag: '6472',
      earlyOnly: true,
      params: params({ 'to-tag': '7743', 'from-tag': '6472', 'early-only': '' }),
    },
  ],
])('%s is read', (_name, parse: (text: string) => unknown, text, expected) => {
  expect(parse(text)).toEqual(expected);
});

test.each([
  ['CSeq', parseCSeq, '1'],
  ['CSeq', parseCSeq, 'INVITE'],
  ['CSeq', parseCSeq, '1INVITE'],
  ['CSeq', parseCSeq, '1 INVITE x'],
  ['CSeq', parseCSeq, '4294967296 INVITE'],
  ['CSeq', parseCSeq, '-1 INVITE'],
  ['RAck', parseRAck, '1 INVITE'],
  ['Content-Type', parseMediaType, 'application'],
  ['Content-Type', parseMediaType, 'application/'],
  ['Content-Type', parseMediaType, 'application/sdp x'],
  ['Session-Expires', parseSessionExpires, 'soon'],
  ['Warning', parseWarning, '1812 overture "In Progress"'],
  ['Warning', parseWarning, '399 agent'],
  ['Retry-After', parseRetryAfter, '1 (open'],
  ['Authorization', parseAuth, 'Digest'],
  ['Authorization', parseAuth, 'Digest realm'],
  ['Authorization', parseAuth, 'Digest realm="a"x=1'],
  ['Authorization', parseAuth, 'Digest realm='],
  ['Date', parseDate, 'Fri, 01 Jan 2010 16:00:00 EST'],
  ['Date', parseDate, 'Wed, 31 Feb 2010 16:00:00 GMT'],
  ['Timestamp', parseTimestamp, 'now'],
  ['Replaces', parseDialogReference, 'a@b;to-tag=1'],
])('%s %j is malformed', (_name, parse: (text: string) => unknown, text) => {
  expect(() => parse(text)).toThrow(MessageError);
});

test('what is written is read the same', () => {
  const challenge = { scheme: 'Digest', params: params({ realm: 'a "b"', algorithm: 'MD5' }) };
  expect(formatChallenge(challenge)).toBe('Digest realm="a \\"b\\"", algorithm=MD5');
  expect(parseAuth(formatChallenge(challenge))).toEqual(challenge);
  const credentials = { scheme: 'Digest', params: params({ username: 'a', qop: 'auth', nc: '1' }) };
  expect(formatCredentials(credentials)).toBe('Digest username="a", qop=auth, nc=1');
  const reference = { callId: 'a@b', toTag: '1', fromTag: '2', earlyOnly: true };
  expect(parseDialogReference(formatDialogReference(reference))).toMatchObject(reference);
  expect(formatDate(parseDate('Sat, 13 Nov 2010 23:29:00 GMT'))).toBe(
    'Sat, 13 Nov 2010 23:29:00 GMT',
  );
});

test('a list is split at its commas; empty elements do not count', () => {
  expect(splitList(' a , "b,\\"c" ,, <d,e>;f , ')).toEqual(['a', '"b,\\"c"', '<d,e>;f']);
});

test('the lists of a header run over all its fields', () => {
  const headers = new HeaderTable();
  headers.append('P-Asserted-Identity', '"A, B" <sip:a@h>, <tel:+1>');
  headers.append('p-asserted-identity', '<sip:c@h>');
  headers.append('Accept', 'application/sdp;level=1, text/*');
  headers.append('Accept', 'application/dtmf;q=0, */*;q=0.0');
  expect(addressesOf(headers, 'P-Asserted-Identity').map(({ uriText }) => uriText)).toEqual([
    'sip:a@h',
    'tel:+1',
    'sip:c@h',
  ]);
  expect(elementsOf(headers, 'Accept')).toHaveLength(4);
  const accept = acceptOf(headers) ?? [];
  expect(isAccepted(accept, 'application/sdp')).toBe(true);
  expect(isAccepted(accept, 'text/plain')).toBe(true);
  expect(isAccepted(accept, 'application/dtmf')).toBe(false);
  expect(isAccepted(accept, 'image/png')).toBe(false);
  expect(acceptOf(new HeaderTable())).toBeUndefined();
});
