import { BlockList, isIP } from 'node:net';

/** A network of addresses: `203.0.113.0/24`, or one address, whose prefix is its whole length. */
export interface NetworkRange {
  /** An IP literal, without brackets or zone. */
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
}

/** Reads `203.0.113.0/24`, `2001:db8::/32` or a single address; undefined when it is neither. */
export function parseNetworkRange(text: string): NetworkRange | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return undefined;
  const longest = family === 4 ? 32 : 128;
  if (slash < 0) return { address, prefix: longest, family: family === 4 ? 4 : 6 };
  const digits = text.slice(slash + 1);
  const prefix = Number(digits);
  if (!/^\d{1,3}$/.test(digits) || prefix > longest) return undefined;
  return { address, prefix, family: family === 4 ? 4 : 6 };
}

/** Many networks as one question; texts that are none are left out (the configuration has refused them). */
export class NetworkList {
  private readonly blocks = new BlockList();
  private empty = true;

  constructor(networks: Iterable<string>) {
    for (const text of networks) {
      const range = parseNetworkRange(text);
      if (range === undefined) continue;
      this.empty = false;
      this.blocks.addSubnet(range.address, range.prefix, range.family === 4 ? 'ipv4' : 'ipv6');
    }
  }

  /** Whether one of them holds the address; an IPv4 address mapped into IPv6 counts as what it is. */
  has(address: string): boolean {
    if (this.empty) return false;
    const zone = address.indexOf('%');
    const literal = zone < 0 ? address : address.slice(0, zone);
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(literal)?.[1] ?? literal;
    const family = isIP(mapped);
    return family !== 0 && this.blocks.check(mapped, family === 4 ? 'ipv4' : 'ipv6');
  }
}
