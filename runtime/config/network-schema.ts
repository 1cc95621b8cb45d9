import { isIP } from 'node:net';
import { z } from 'zod';
import { parseNetworkRange } from '../core/network-range';
import { isPort } from './listener';
import {
  address,
  day,
  domain,
  either,
  flag,
  list,
  networks,
  oneOf,
  pattern,
  section,
  shape,
  text,
  textLike,
  whole,
} from './schema-parts';

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
