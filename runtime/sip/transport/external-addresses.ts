import { BlockList, isIP, isIPv6 } from 'node:net';
import { CallchartError } from '../../core/errors';
import type { ExternalAddress } from '../../core/network-config';
import { canonicalHost, withoutZone, type LocalAddresses } from './local-addresses';

/** One address for all that is not local, or one for each network. */
export type ExternalAddressOption = string | readonly ExternalAddress[];

interface Entry {
  /** Undefined: all that is not local. */
  readonly network: BlockList | undefined;
  readonly address: string;
}

/** Addresses that nobody beyond a NAT can send to: private, shared, link-local and loopback ones. */
const privateNetworks = networksOf([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
]);

/** Under which address peers reach us when it is not one of this machine. */
export class ExternalAddresses {
  private readonly entries: readonly Entry[];
  private readonly local: BlockList | undefined;

  /** Throws `CALLCHART_NETWORK_INVALID` for what is no network. */
  constructor(
    external: ExternalAddressOption | undefined,
    localNetworks: readonly string[] | undefined,
    private readonly addresses: LocalAddresses,
  ) {
    const list = typeof external === 'string' ? [{ network: '*', address: external }] : external;
    this.entries = (list ?? []).map(({ network, address }) => ({
      network: network === '*' ? undefined : networksOf([network]),
      address,
    }));
    this.local = localNetworks === undefined ? undefined : networksOf(localNetworks);
  }

  /** Whether peers are told to send to this host, in canonical form. */
  includes(host: string, v6: boolean): boolean {
    return this.entries.some(
      ({ address }) => speaks(address, v6) && canonicalHost(address) === host,
    );
  }

  /**
   * What stands in Via and Contact for a peer; undefined when that is our own address.
   *
   * @param own the address of ours that leads to the peer.
   */
  towards(peer: string, own: string): string | undefined {
    if (this.entries.length === 0 || holds(this.local, peer)) return undefined;
    const v6 = isIPv6(own);
    for (const { network, address } of this.entries) {
      const counts = network === undefined ? !this.addresses.isNear(peer) : holds(network, peer);
      if (counts && speaks(address, v6)) return address;
    }
    // No entry is for this peer, but any is better than what it can certainly not reach.
    if (!holds(privateNetworks, own) || holds(privateNetworks, peer)) return undefined;
    if (this.addresses.isNear(peer)) return undefined;
    return this.entries.find(({ address }) => speaks(address, v6))?.address;
  }
}

/** A name stands for both families. */
function speaks(address: string, v6: boolean): boolean {
  const family = isIP(address);
  return family === 0 || (family === 6) === v6;
}

function holds(networks: BlockList | undefined, host: string): boolean {
  if (networks === undefined) return false;
  return networks.check(withoutZone(host), isIPv6(host) ? 'ipv6' : 'ipv4');
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address. */
function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', length] = text.split('/');
    const family = isIP(address);
    const longest = family === 6 ? 128 : 32;
    const prefix = length === undefined ? longest : Number(length);
    if (family === 0 || !/^\d+$/.test(length ?? '0') || prefix > longest) {
      throw new CallchartError(
        'CALLCHART_NETWORK_INVALID',
        `${text} is no network: write an address, or one with the length of its prefix, 192.0.2.0/24`,
      );
    }
    list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
