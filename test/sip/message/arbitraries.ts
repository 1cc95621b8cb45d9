import fc from 'fast-check';

import { formatNameAddr } from '../../../runtime/sip/message/name-addr';
import { formatUri, type SipUri, type TelUri, type Uri } from '../../../runtime/sip/message/uri';
import { formatVia } from '../../../runtime/sip/message/via';

/** What can stand in a message, for round trips: each is what the parser gives for it. */

const tokenCharacters = Array.from("abcxyzABCXYZ0189-.!%*_+`'~");

export const tokens = fc.string({
  unit: fc.constantFrom(...tokenCharacters),
  minLength: 1,
  maxLength: 12,
});

/** Any text without line ends; those no header can hold. */
const texts = fc
  .string({ unit: 'binary', maxLength: 20 })
  .map((text) => Buffer.from(text.replace(/[\r\n]/g, '')).toString());

const hosts = fc.oneof(
  fc.constantFrom('example.com', 'a', '192.0.2.7', 'host-1.example.net', '::1', '2001:db8::7:1'),
  fc.domain().map((domain) => domain.toLowerCase()),
);

const ports = fc.option(fc.nat(65_535), { nil: undefined });

/** '' stands for a parameter without value. */
const uriParams = fc
  .array(
    fc.tuple(
      tokens.map((name) => name.toLowerCase()),
      texts,
    ),
    { maxLength: 3 },
  )
  .map((entries) => new Map(entries));

const headerParams = fc
  .array(
    fc.tuple(
      tokens.map((name) => name.toLowerCase()),
      texts,
    ),
    { maxLength: 3 },
  )
  .map((entries) => new Map(entries));

export const sipUris: fc.Arbitrary<SipUri> = fc
  .record({
    scheme: fc.constantFrom('sip' as const, 'sips' as const),
    user: fc.option(
      texts.filter((text) => text !== ''),
      { nil: undefined },
    ),
    password: fc.option(texts, { nil: undefined }),
    host: hosts,
    port: ports,
    params: uriParams,
    headers: fc.array(fc.tuple(fc.constantFrom('Subject', 'Route', 'X-y', 'to'), texts), {
      maxLength: 2,
    }),
  })
  .map((uri) => (uri.user === undefined ? { ...uri, password: undefined } : uri));

const telUris: fc.Arbitrary<TelUri> = fc.record({
  scheme: fc.constant('tel' as const),
  number: fc.constantFrom('+1-201-555-0123', '911', '*21#', '+49(30)1234.5'),
  params: uriParams,
});

export const uris: fc.Arbitrary<Uri> = fc.oneof(sipUris, telUris);

export const nameAddrs = fc.record({
  displayName: texts,
  uri: uris,
  params: headerParams,
});

export const vias = fc.record({
  protocol: fc.constantFrom('UDP', 'TCP', 'TLS', 'WSS', 'SCTP'),
  host: hosts,
  port: ports,
  branch: fc.option(tokens, { nil: undefined }),
  received: fc.option(fc.constantFrom('192.0.2.9', '::1'), { nil: undefined }),
  rport: fc.option(fc.constantFrom('', '5062'), { nil: undefined }),
});

/** Text that comes back from a header: no white space at its ends. */
const values = texts.map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));

const addresses = nameAddrs.map(formatNameAddr);

/** Header fields that every message must have, and others, with a body. */
const common = fc.record({
  via: fc.array(vias.map(formatVia), { minLength: 1, maxLength: 4 }),
  from: addresses,
  to: addresses,
  callId: fc.tuple(tokens, tokens).map(([a, b]) => `${a}@${b}`),
  sequence: fc.nat(0x7fff_ffff),
  contacts: fc.array(addresses, { maxLength: 3 }),
  routes: fc.array(addresses, { maxLength: 3 }),
  extra: fc.array(
    fc.tuple(
      tokens.map((name) => `X-${name}`),
      values,
    ),
    { maxLength: 4 },
  ),
  body: fc.uint8Array({ maxLength: 64 }),
});

export const requests = fc.record({
  method: fc.oneof(fc.constantFrom('INVITE', 'ACK', 'BYE', 'REGISTER'), tokens),
  requestUri: uris.map((uri) => formatUri(uri.scheme === 'tel' ? uri : { ...uri, headers: [] })),
  common,
});

export const responses = fc.record({
  status: fc.integer({ min: 100, max: 699 }),
  reason: texts.map((text) => text.replace(/[ \t]+$/, '')),
  method: tokens,
  common,
});

/** The header pairs of a generated message, in order. */
export function headersOf(
  message: (typeof common extends fc.Arbitrary<infer T> ? T : never) & { readonly method: string },
): (readonly [string, string])[] {
  return [
    ...message.via.map((value) => ['Via', value] as const),
    ['From', message.from],
    ['To', message.to],
    ['Call-ID', message.callId],
    ['CSeq', `${message.sequence} ${message.method}`],
    ...message.contacts.map((value) => ['Contact', value] as const),
    ...(message.routes.length > 0 ? [['Route', message.routes.join(', ')] as const] : []),
    ...message.extra,
  ];
}
