import type { SipUri, Uri } from '../message/uri';
import { formatUri, sipUri } from '../message/uri';

export interface AddressOptions {
  /** The host of every canonical address: the first of the registrar's domains, or `callchart`. */
  readonly domain: string;
  /** Whether a host of a URI (lower-case, IPv6 without brackets) is a domain or an address of ours. */
  isOurs(host: string): boolean;
  /** The username that a name belongs to, whether it is the username itself or an alias; undefined: to nobody. */
  userOf(name: string): string | undefined;
}

/** The canonical address of a user: `sip:alice@example.com`. */
export function addressOfUser(username: string, domain: string): string {
  return formatUri(sipUri({ user: username, host: domain }));
}

/**
 * Addresses of record in their canonical form (RFC 3261 §10.3 step 5): no port, no parameters, nothing
 * escaped that need not be. All our domains and addresses are one, because a phone that registered at
 * the server's address is called at its name; so are sip and sips, and a user and its aliases.
 */
export class AddressBook {
  constructor(private readonly options: AddressOptions) {}

  /** The canonical address that a URI names; undefined when it is not ours, or has no user. */
  addressOf(uri: Uri): string | undefined {
    const name = this.nameOf(uri);
    return name === undefined ? undefined : this.addressOfUser(this.userOf(name) ?? name);
  }

  addressOfUser(username: string): string {
    return addressOfUser(username, this.options.domain);
  }

  /** The user part of a URI of ours, or the digits of a telephone number. */
  nameOf(uri: Uri): string | undefined {
    // RFC 3966 §5: visual separators say nothing.
    if (uri.scheme === 'tel') return uri.number.replace(/[-.()]/g, '');
    return this.isOurs(uri) ? uri.user : undefined;
  }

  userOf(name: string): string | undefined {
    return this.options.userOf(name);
  }

  isOurs(uri: SipUri): boolean {
    return this.options.isOurs(uri.host);
  }
}
