import { z } from 'zod';
import {
  codecs,
  day,
  domain,
  either,
  networks,
  number,
  oneOf,
  section,
  shape,
  srtpPolicy,
  text,
  textLike,
  token,
  whole,
} from './schema-parts';

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
  codecs,
  srtp: srtpPolicy,
  headers,
});

export const trunks = z
  .record(
    textLike('a name of letters, digits, - _ and .', (name) => /^[\w.-]{1,64}$/.test(name)),
    trunk,
    { error: 'must be an object with a trunk for each name' },
  )
  .optional();
