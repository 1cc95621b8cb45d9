import { lower } from '../sip/message/characters';
import type { Uri } from '../sip/message/uri';
import type { AddressBook } from '../sip/server/address-of-record';

export interface DirectoryOptions {
  readonly addresses: AddressBook;
  /** `registrar.domains`. */
  readonly domains: readonly string[];
  /** Whether a host is an address that we listen on or are announced by, whatever the port. */
  readonly isOwnHost: (host: string) => boolean;
  readonly isOwnPort: (port: number) => boolean;
}

/** The digest realm, and the domain of users where none is configured. */
export const defaultDomain = 'callchart';

/** Whose addresses are ours, and which user an address or a name belongs to. */
export class Directory {
  private readonly domains: ReadonlySet<string>;

  constructor(private readonly options: DirectoryOptions) {
    this.domains = new Set([...options.domains, defaultDomain].map((name) => lower(name)));
  }

  /**
   * Whether it is for us to say where a URI leads: its host is a domain of ours, or an address and, where it has
   * one, a port that we listen on. A telephone number belongs to nobody else.
   */
  isLocal(uri: Uri): boolean {
    if (uri.scheme === 'tel' || this.domains.has(uri.host)) return true;
    const { isOwnHost, isOwnPort } = this.options;
    return isOwnHost(uri.host) && (uri.port === undefined || isOwnPort(uri.port));
  }

  /** The canonical address of record of the user whom a URI names; undefined when it names none of ours. */
  userOf(uri: Uri): string | undefined {
    if (!this.isLocal(uri)) return undefined;
    const name = this.options.addresses.nameOf(uri);
    return name === undefined ? undefined : this.userNamed(name);
  }

  /** The same by user name, alias, or either with a domain of ours. */
  userNamed(text: string): string | undefined {
    const { addresses } = this.options;
    const at = text.lastIndexOf('@');
    if (at >= 0 && !this.domains.has(lower(text.slice(at + 1)))) return undefined;
    const username = addresses.userOf(at < 0 ? text : text.slice(0, at));
    return username === undefined ? undefined : addresses.addressOfUser(username);
  }
}
