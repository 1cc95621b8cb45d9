import { namedHosts } from '../../sim/support/server-at';
import type { Party } from './collection';

/** The hosts of RFC 3665 §1.2 and of its messages. */
const hosts: Readonly<Record<string, string>> = {
  'client.atlanta.example.com': '192.0.2.101',
  'client.biloxi.example.com': '192.0.2.201',
  'client.chicago.example.com': '192.0.2.100',
  'ss1.atlanta.example.com': '192.0.2.111',
  'ss2.biloxi.example.com': '192.0.2.222',
  'ss3.chicago.example.com': '192.0.2.233',
  'alg1.atlanta.example.com': '192.0.2.128',
};

/** The names by which a party is known, the usual one first. */
export const namesOf: Readonly<Record<Party, readonly string[]>> = {
  Alice: ['client.atlanta.example.com'],
  Bob: ['client.biloxi.example.com', 'client.chicago.example.com'],
  'Proxy 1': ['ss1.atlanta.example.com'],
  'Proxy 2': ['ss2.biloxi.example.com'],
  'Proxy 3': ['ss3.chicago.example.com'],
  'SIP Server': ['ss2.biloxi.example.com'],
  'SIP ALG': ['alg1.atlanta.example.com'],
  // The RFC gives it no name of its own.
  'Redirect Server': ['rs.biloxi.example.com'],
};

export const sipPort = 5060;

export function hostNamed(name: string): string {
  return hosts[name] ?? '192.0.2.44';
}

/** What DNS says: the domains lead to their proxies (RFC 3263), but in the flows that have none. */
export function dns(section: string): ReturnType<typeof namedHosts> {
  return namedHosts({
    ...hosts,
    'atlanta.example.com': '192.0.2.111',
    'biloxi.example.com':
      section === '3.1' ? '192.0.2.201' : section === '3.6' ? '192.0.2.44' : '192.0.2.222',
    'chicago.example.com': '192.0.2.233',
  });
}
