import { domainToASCII } from 'node:url';
import { NetworkList, parseNetworkRange } from './network-range';

/** Hosts that may be asked although their address is not public: a name, names below one, or a network. */
interface AllowedHost {
  /** In small letters; `*.` before it means all names below it. */
  readonly name?: string;
  readonly network?: string;
  /** Any when absent. */
  readonly port?: number;
}

/**
 * Reads `localhost:3000`, `*.internal.example`, `10.0.0.0/8`, `10.1.2.3:8080`, `fd00::/8`, `[fd00::1]:8080`;
 * undefined when it is none.
 */
function parseAllowedHost(text: string): AllowedHost | undefined {
  if (parseNetworkRange(text) !== undefined) return { network: text };
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  if (parts === null) return undefined;
  const [, bracketed, plain = '', digits] = parts;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const withPort = port === undefined ? {} : { port };
  const network = bracketed ?? plain;
  if (parseNetworkRange(network) !== undefined) return { network, ...withPort };
  if (bracketed !== undefined || !/^(?:\*\.)?[^*/@?#\s]+$/.test(plain)) return undefined;
  const wildcard = plain.startsWith('*.') ? '*.' : '';
  const name = domainToASCII(withoutDot(plain.slice(wildcard.length)));
  return name === '' ? undefined : { name: wildcard + name, ...withPort };
}

export function isAllowedHost(text: string): boolean {
  return parseAllowedHost(text) !== undefined;
}

/** Many of them as two questions; texts that are none are left out (the configuration has refused them). */
export class AllowedHosts {
  private readonly names: AllowedHost[] = [];
  private readonly networks: { readonly list: NetworkList; readonly port: number | undefined }[] =
    [];

  constructor(texts: Iterable<string>) {
    for (const text of texts) {
      const host = parseAllowedHost(text);
      if (host?.network !== undefined) {
        this.networks.push({ list: new NetworkList([host.network]), port: host.port });
      } else if (host !== undefined) {
        this.names.push(host);
      }
    }
  }

  /** Whether a host may be asked whatever its addresses are. */
  hasName(host: string, port: number): boolean {
    const asked = withoutDot(host.toLowerCase());
    return this.names.some(
      ({ name = '', port: only = port }) =>
        only === port && (name.startsWith('*.') ? asked.endsWith(name.slice(1)) : asked === name),
    );
  }

  /** Whether a literal address may be asked. */
  hasAddress(address: string, port: number): boolean {
    return this.networks.some(({ list, port: only = port }) => only === port && list.has(address));
  }
}

/** DNS names may end with a dot, and mean the same. */
function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
