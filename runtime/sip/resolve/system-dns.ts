import { lookup, promises } from 'node:dns';
import type { DnsClient } from './port';

export interface SystemDnsOptions {
  /** Milliseconds until a question is repeated. 1 000. */
  readonly timeout?: number;
  /** How often a question is asked, in all. 2. */
  readonly tries?: number;
}

const defaultTimeout = 1_000;
const defaultTries = 2;

/** What the library says when there is no such name, or no such record: an answer and no failure. */
const noRecords: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * The DNS servers given, as `127.0.0.1:5353` or `[::1]:53`, or else those of the system, and then its file of
 * hosts too. Throws where one of the servers is no address.
 */
export function systemDns(
  nameservers: readonly string[] = [],
  options: SystemDnsOptions = {},
): DnsClient {
  const resolver = new promises.Resolver({
    timeout: options.timeout ?? defaultTimeout,
    tries: options.tries ?? defaultTries,
  });
  const own = nameservers.length > 0;
  if (own) resolver.setServers(nameservers);
  return {
    naptr: async (name) => (isLocal(name) ? [] : answered(resolver.resolveNaptr(name))),
    srv: async (name) => (isLocal(name) ? [] : answered(resolver.resolveSrv(name))),
    a: async (name) => {
      if (isLocal(name)) return ['127.0.0.1'];
      return answered(own ? resolver.resolve4(name) : hostsOf(name, 4));
    },
    aaaa: async (name) => {
      if (isLocal(name)) return ['::1'];
      return answered(own ? resolver.resolve6(name) : hostsOf(name, 6));
    },
    close: () => resolver.cancel(),
  };
}

/** RFC 6761 §6.3: names that mean this machine are never asked for. */
function isLocal(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

async function answered<T>(question: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await question;
  } catch (error) {
    if (noRecords.has(codeOf(error))) return [];
    throw error;
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** What the system makes of the name, its file of hosts included. */
function hostsOf(name: string, family: 4 | 6): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { family, all: true, order: 'verbatim' }, (error, found) => {
      if (error === null) resolve(found.map(({ address }) => address));
      else reject(error);
    });
  });
}
