import { isIP } from 'node:net';
import { types } from 'node:util';
import { z } from 'zod';
import type { Pattern } from '../core/network-config';
import { parseNetworkRange } from '../core/network-range';
import { compilePattern } from '../core/pattern';
import { isPort } from './listener';
import {
  address,
  day,
  either,
  flag,
  list,
  number,
  oneOf,
  section,
  shape,
  text,
  textLike,
  whole,
} from './schema-parts';

const network = textLike(
  'a network, such as "203.0.113.0/24", or an IP address',
  (value) => parseNetworkRange(value) !== undefined,
);
const networks = list(network, 'networks, such as ["10.0.0.0/8"]');

const hostName =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*\.?$/i;

const domain = textLike(
  'a domain or an IP address, such as "example.com"',
  (value) => hostName.test(value) || isIP(value) !== 0,
);

const file = text('the path of a PEM file');

export const externalAddress = either(
  'an IP address, or a list of { network, address }',
  address,
  z
    .array(
      shape({
        network: textLike(
          '"*", or a network, such as "203.0.113.0/24"',
          (value) => value === '*' || parseNetworkRange(value) !== undefined,
        ),
        address,
      }),
    )
    .min(1, { error: 'must be an IP address, or a list of { network, address }' }),
);

export const localNetworks = networks;

export const nameservers = list(
  textLike('an IP address, with a port or without, such as "127.0.0.1:5353"', isNameserver),
  'addresses, such as ["127.0.0.1:5353"]',
);

function isNameserver(value: string): boolean {
  if (isIP(value) !== 0) return true;
  const parts = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(value);
  if (parts === null) return false;
  const family = parts[1] === undefined ? 4 : 6;
  const port = Number(parts[3]);
  return isIP(parts[1] ?? parts[2] ?? '') === family && isPort(port) && port > 0;
}

const nameError = 'must be an object with a { certificate, key } for each name';

export const tls = section({
  certificate: file.optional(),
  key: file.optional(),
  names: z.record(domain, shape({ certificate: file, key: file }), { error: nameError }).optional(),
  ca: file.optional(),
  verify: flag(),
  clientCertificates: oneOf(['off', 'optional', 'required']).optional(),
});

export const registrar = section({
  domains: list(domain, 'domains, such as ["example.com"]'),
  minExpires: whole(1_000, day, 'milliseconds'),
  maxExpires: whole(1_000, 7 * day, 'milliseconds'),
  defaultExpires: whole(1_000, 7 * day, 'milliseconds'),
  maxContacts: whole(1, 1_000),
  authentication: oneOf(['digest', 'none']).optional(),
  algorithms: list(oneOf(['MD5', 'SHA-256', 'SHA-512-256']), '"MD5", "SHA-256" and "SHA-512-256"'),
});

/** RFC 3261 §25.1 `token`. */
const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** Headers that make a request what it is: they are written for each one, and come from no configuration. */
const ownHeaders: ReadonlySet<string> = new Set(
  (
    'via from to call-id cseq contact route record-route max-forwards content-length content-type ' +
    'authorization proxy-authorization supported require allow session-expires min-se v f t i m l c k x'
  ).split(' '),
);

const headers = z
  .record(
    textLike(
      'the name of a header that Callchart does not write itself',
      (name) => token.test(name) && !ownHeaders.has(name.toLowerCase()),
    ),
    // eslint-disable-next-line no-control-regex -- a line end would begin a header of its own
    textLike('text without control characters', (value) => !/[\0-\x08\x0a-\x1f\x7f]/.test(value)),
    { error: 'must be an object with a text for each header' },
  )
  .optional();

const serverUri =
  /^sips?:(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?)(?::\d{1,5})?(?:;[^\s?<>"@,]+)?$/i;

const server = textLike(
  'a SIP URI without a user, such as "sip:carrier.example;transport=tls"',
  (value) => serverUri.test(value),
);

const digits = (what: string): z.ZodType<string> =>
  textLike(what, (value) => /^[0-9*#+]{0,16}$/.test(value));

const numberFormat = section({
  format: oneOf(['e164', 'national', 'plain']).optional(),
  country: textLike('a country code, such as "49"', (value) =>
    /^[1-9]\d{0,3}$/.test(value),
  ).optional(),
  nationalPrefix: digits('digits, such as "0"').optional(),
  internationalPrefix: digits('digits, such as "00"').optional(),
  strip: whole(0, 32),
  prefix: digits('digits, such as "9"').optional(),
});

const userName = text('a user name');

const trunk = shape({
  servers: z.union([server, z.array(server).min(1).max(16)], {
    error: 'must be a SIP URI without a user, such as "sip:carrier.example", or a list of these',
  }),
  register: either(
    'true, false or { user, expires }',
    z.boolean(),
    shape({ user: userName.optional(), expires: whole(60_000, day, 'milliseconds') }),
  ),
  username: userName.optional(),
  password: text('a password').optional(),
  realm: text('a realm').optional(),
  inbound: section({ addresses: networks, username: userName.optional() }),
  callerId: section({
    number: text('a number or a SIP URI').optional(),
    displayName: text('a name').optional(),
    in: oneOf(['from', 'p-asserted-identity', 'both']).optional(),
    domain: domain.optional(),
    diversion: oneOf(['diversion', 'history-info', 'none']).optional(),
  }),
  numbers: section({ outbound: numberFormat, inbound: numberFormat }),
  qualify: either(
    `false, or a whole number from 1000 to ${day} (milliseconds)`,
    z.literal(false),
    z.number().int().min(1_000).max(day),
  ),
  maxCalls: whole(1, 1_000_000),
  maxCallRate: number(0.01, 10_000, 'calls a second'),
  codecs: list(oneOf(['PCMU', 'PCMA']), '"PCMU" and "PCMA"'),
  headers,
});

export const trunks = z
  .record(
    textLike('a name of letters, digits, - _ and .', (name) => /^[\w.-]{1,64}$/.test(name)),
    trunk,
    { error: 'must be an object with a trunk for each name' },
  )
  .optional();

/** Says what is wrong with the pattern itself. */
const pattern = z
  .custom<Pattern>((value) => typeof value === 'string' || types.isRegExp(value), {
    error: 'must be a pattern: text, or a regular expression',
  })
  .superRefine((value, context) => {
    try {
      compilePattern(value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `the pattern ${String(value)} ${reason}` });
    }
  });
const patternList = z.array(pattern).min(1, { error: 'must be a pattern, or a list of these' });
const patterns = either('a pattern, or a list of these', pattern, patternList);
const method = textLike('a SIP method, such as "INVITE"', (value) => token.test(value));
const trunkName = text('the name of a trunk');

const clock = textLike('a time of day, such as "09:00"', (value) =>
  /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(value),
).optional();

const conditions = section({
  method: either('a SIP method, or a list of these', method, z.array(method).min(1)),
  dialled: patterns,
  uri: patterns,
  from: patterns,
  to: patterns,
  trunk: either(
    'the name of a trunk, a list of these, true or false',
    z.boolean(),
    trunkName,
    z.array(trunkName).min(1),
  ),
  user: either('a pattern, a list of these, true or false', z.boolean(), pattern, patternList),
  header: z
    .record(
      textLike('the name of a header', (name) => token.test(name)),
      z.union([z.boolean(), pattern], { error: 'must be a pattern, true or false' }),
      { error: 'must be an object with a pattern, true or false for each header' },
    )
    .optional(),
  registered: flag(),
  local: flag(),
  time: section({
    days: list(
      oneOf(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']),
      'days, such as ["mon", "tue"]',
    ),
    from: clock,
    until: clock,
    zone: textLike('a time zone, such as "Europe/Berlin"', isTimeZone).optional(),
  }),
});

function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const targetText = text('a SIP URI, or a number');
const target = z.union([targetText, z.array(targetText).min(1).max(32)], {
  error: 'must be a SIP URI, or a list of these',
});
const targetList = z.array(targetText).min(1).max(32);
const uriText = textLike('a SIP or tel URI, such as "sip:10.0.0.7"', isUri);
const uriList = z.array(uriText).min(1).max(32);
const uris = z.union([uriText, uriList], { error: 'must be a SIP URI, or a list of these' });
const proxyText = textLike(
  'a SIP or tel URI, such as "sip:10.0.0.7", or "request-uri"',
  (value) => value === 'request-uri' || isUri(value),
);

/** What stands behind the scheme may be made of what a pattern took. */
function isUri(value: string): boolean {
  return /^(?:sips?|tel):[^\s<>"]+$/i.test(value);
}

const here = z.literal(true, { error: 'must be true' });
const ringing = whole(1_000, day, 'milliseconds');

function isStatus(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least && value <= 699;
}

const statusError = 'must be a status from 400 to 699, or { status, reason }';
const refusal = z.number().refine((value) => isStatus(value, 400), { error: statusError });

const redirectStatus = z.union(
  [z.literal(300), z.literal(301), z.literal(302), z.literal(305), z.literal(380)],
  { error: 'must be 300, 301, 302, 305 or 380' },
);

const route = shape({
  name: text('a name').optional(),
  when: conditions,
  allow: oneOf(['anyone', 'known', 'users', 'trunks']).optional(),
  flow: either('the name of a flow, or true', here, text('the name of a flow')),
  proxy: either(
    'true, a SIP URI, a list of these, or { to, recordRoute, timeout }',
    here,
    proxyText,
    uriList,
    shape({
      to: z
        .union([proxyText, uriList], { error: 'must be a SIP URI, or a list of these' })
        .optional(),
      recordRoute: flag(),
      timeout: ringing,
    }),
  ),
  redirect: either(
    'true, a SIP URI, a list of these, or { to, status }',
    here,
    uriText,
    uriList,
    shape({ to: uris.optional(), status: redirectStatus.optional() }),
  ),
  register: here.optional(),
  reject: either(
    'a status from 400 to 699, or { status, reason }',
    refusal,
    shape({
      status: refusal,
      // eslint-disable-next-line no-control-regex -- it stands in the status line
      reason: textLike('text on one line', (value) => !/[\0-\x1f\x7f]/.test(value)).optional(),
    }),
  ),
  gateway: either(
    'a SIP URI or number, a list of these, or { to, trunk, dtmf, timeout }',
    targetText,
    targetList,
    shape({
      to: target,
      trunk: trunkName.optional(),
      dtmf: oneOf(['rfc4733', 'info']).optional(),
      timeout: ringing,
    }),
  ),
});

export const routes = list(route, 'routes');

export const outbound = section({
  allow: z.array(pattern, { error: 'must be a list of patterns' }).optional(),
  deny: z.array(pattern, { error: 'must be a list of patterns' }).optional(),
  hosts: z
    .array(text('a host, such as "*.example.com"'), {
      error: 'must be a list of hosts, such as ["*.example.com"]',
    })
    .optional(),
  maxCalls: whole(0, 1_000_000),
  maxCallsPerMinute: whole(0, 1_000_000),
  maxCallsPerDay: whole(0, 1_000_000),
  maxCallsPerCaller: whole(0, 1_000_000),
});

export const security = section({
  maxRequestsPerSecond: whole(0, 1_000_000),
  maxFailures: whole(0, 1_000_000),
  failureWindow: whole(1_000, day, 'milliseconds'),
  banTime: whole(1_000, 7 * day, 'milliseconds'),
  trusted: networks,
  nonceLifetime: whole(10_000, day, 'milliseconds'),
  strangers: oneOf(['reply', 'ignore']).optional(),
});
