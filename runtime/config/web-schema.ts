import { isAllowedHost } from '../core/allowed-host';
import { day, list, section, text, textLike, whole } from './schema-parts';

const allowedHost = textLike(
  'a host, such as "localhost:3000", "*.internal.example" or "10.0.0.0/8"',
  isAllowedHost,
);

export const web = section({
  allow: list(allowedHost, 'hosts, such as ["localhost:3000", "10.0.0.0/8"]'),
  ca: text('the path of a PEM file').optional(),
  connectTimeout: whole(100, 60_000, 'milliseconds'),
  connections: whole(1, 10_000),
  queue: whole(0, 1_000_000),
  failures: whole(1, 1_000),
  rest: whole(100, day, 'milliseconds'),
});

export const twilio = section({
  accountSid: textLike('"AC" and 32 hexadecimal digits', (value) =>
    /^AC[0-9a-f]{32}$/.test(value),
  ).optional(),
});
