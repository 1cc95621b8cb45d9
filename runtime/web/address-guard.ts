import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { AllowedHosts } from '../core/allowed-host';
import { hostOf, portOf, shownUrl } from './url';

/** All addresses of a name; it rejects with the error of the platform's own. */
export type NameLookup = (name: string) => Promise<readonly LookupAddress[]>;

/** A connection was refused because of where it leads. */
export class ForbiddenAddressError extends Error {
  readonly code = 'CALLCHART_FORBIDDEN_ADDRESS';
}

/** Global unicast, the only part of IPv6 that is given out for the Internet. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

const kinds: Readonly<Record<string, string>> = {
  loopback: 'a loopback address',
  private: 'a private address',
  uniqueLocal: 'a private address',
  linkLocal: 'a link-local address',
  carrierGradeNat: "an address behind a carrier's NAT",
  multicast: 'a multicast address',
  unspecified: 'an unspecified address',
};

/**
 * Which hosts may be asked. What leads to others comes from outside: from documents, from redirects, from answers of
 * DNS. So private, loopback, link-local and all other addresses that are not public are refused, unless the
 * configuration allows the host. What is checked is the address that is connected to, not one that was asked for
 * before: a name whose address changes in between gains nothing.
 */
export class AddressGuard {
  private readonly allowed: AllowedHosts;
  private readonly asking = new Map<string, Promise<readonly LookupAddress[]>>();

  /** @param allow entries of `web.allow`. */
  constructor(
    allow: readonly string[],
    private readonly resolve: NameLookup = resolveBySystem,
  ) {
    this.allowed = new AllowedHosts(allow);
  }

  /** Why a URL, of http, https, ws or wss, may not be asked, as one sentence; for names their addresses are asked for. */
  async refusal(url: string): Promise<string | undefined> {
    if (!URL.canParse(url)) return `${shownUrl(url)}: it must be absolute`;
    const parsed = new URL(url);
    const literal = this.refusalOfLiteral(parsed);
    if (literal !== undefined || isIP(hostOf(parsed)) !== 0) return literal;
    try {
      await this.addressesOf(parsed, hostOf(parsed));
      return undefined;
    } catch (error) {
      // A name that nobody knows is for those who connect to find out.
      return error instanceof ForbiddenAddressError ? error.message : undefined;
    }
  }

  /** The same for a host that is an address; of names nothing is known yet. */
  refusalOfLiteral(url: URL): string | undefined {
    const host = hostOf(url);
    return isIP(host) === 0 || this.mayConnect(url, host) ? undefined : this.message(url, host);
  }

  /**
   * For the option `lookup` of sockets, of undici and of `ws`: gives the addresses of the host that are allowed, and an
   * error when none is. Sockets do not ask it for a literal address: {@link refusal} is for that.
   */
  lookup(url: URL): LookupFunction {
    return (name, { all, family }, callback) => {
      this.addressesOf(url, name).then(
        (addresses) => {
          if (all === true) {
            callback(null, [...addresses]);
            return;
          }
          const [first] = addresses;
          const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family;
          const one = addresses.find((each) => each.family === wanted) ?? first;
          callback(null, one?.address ?? '', one?.family);
        },
        (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
      );
    };
  }

  private async addressesOf(url: URL, name: string): Promise<readonly LookupAddress[]> {
    const all = await this.ask(name);
    const allowed = all.filter(({ address }) => this.mayConnect(url, address));
    const [refused] = all;
    if (allowed.length === 0 && refused !== undefined) {
      throw new ForbiddenAddressError(this.message(url, refused.address));
    }
    return allowed;
  }

  /** One question for all who want to know the same: a name server that is silent keeps a thread of the platform busy. */
  private ask(name: string): Promise<readonly LookupAddress[]> {
    let asking = this.asking.get(name);
    if (asking === undefined) {
      asking = this.resolve(name).finally(() => this.asking.delete(name));
      this.asking.set(name, asking);
    }
    return asking;
  }

  private mayConnect(url: URL, address: string): boolean {
    const port = portOf(url);
    return (
      isPublic(address) ||
      this.allowed.hasName(url.hostname, port) ||
      this.allowed.hasAddress(plain(address), port)
    );
  }

  private message(url: URL, address: string): string {
    const { range } = kindOf(address);
    const kind = kinds[range] ?? 'no public address';
    const shown = plain(address);
    const name = hostOf(url);
    const what =
      isIP(name) === 0 ? `${name} has ${shown}, which is ${kind}` : `${shown} is ${kind}`;
    return `${what}; such hosts are asked only where the configuration says so: web: { allow: ['${url.host}'] }`;
  }
}

function resolveBySystem(name: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(name, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}

/** Without a zone, and an IPv4 address that is mapped into IPv6 as what it is. */
function plain(address: string): string {
  return ipaddr.process(address.replace(/%.*$/, '')).toString();
}

function kindOf(address: string): { readonly range: string; readonly isGlobal: boolean } {
  const parsed = ipaddr.process(address.replace(/%.*$/, ''));
  const isGlobal = parsed.kind() === 'ipv4' || parsed.match(globalUnicast);
  return { range: parsed.range(), isGlobal };
}

function isPublic(address: string): boolean {
  const { range, isGlobal } = kindOf(address);
  return isGlobal && range === 'unicast';
}
