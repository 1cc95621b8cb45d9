import { z } from 'zod';
import {
  codecs,
  day,
  either,
  flag,
  list,
  oneOf,
  pattern,
  patternList,
  section,
  shape,
  text,
  textLike,
  token,
  whole,
} from './schema-parts';

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

const webUrl = textLike(
  'a URL that begins with http:// or https://',
  (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
);
const webMethod = oneOf(['GET', 'POST']).optional();

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
  codecs,
  flow: either('the name of a flow, or true', here, text('the name of a flow')),
  webhook: either(
    'a URL, or { url, method, fallbackUrl, fallbackMethod, format }',
    webUrl,
    shape({
      url: webUrl,
      method: webMethod,
      fallbackUrl: webUrl.optional(),
      fallbackMethod: webMethod,
      format: oneOf(['form', 'json']).optional(),
    }),
  ),
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
