import { lower } from '../sip/message/characters';
import { formatUri, sipUri, type Uri } from '../sip/message/uri';

export interface DomainOptions {
  /** `registrar.domains`. */
  readonly domains: readonly string[];
  /** Whether a host is an address that we listen on or are announced by, whatever the port. */
  readonly isOwnHost: (host: string) => boolean;
  /** Whether a port is one of ours. */
  readonly isOwnPort: (port: number) => boolean;
}

/** The digest realm, and the domain of users where none is configured. */
export const defaultDomain = 'callchart';

/** Visual separators of telephone numbers (RFC 3966 §3). */
const separators = /[-.() ]/g;

/** Which domains and addresses are ours, and the one spelling of an address of record (RFC 3261 §10.3 step 5). */
export class Domains {
  /** The first domain: that of users who register at a bare address. */
  readonly primary: string;
  private readonly names: ReadonlySet<string>;

  constructor(private readonly options: DomainOptions) {
    this.names = new Set(options.domains.map((name) => lower(name)));
    this.primary = [...this.names][0] ?? defaultDomain;
  }

  /** A telephone number belongs to nobody, so it is for us to say where it leads. */
  isLocal(uri: Uri): boolean {
    return uri.scheme === 'tel' || this.domainOf(uri.host, uri.port) !== undefined;
  }

  /** `sip:alice@example.com`; undefined for a URI that is not of ours, or has no user. */
  aorOf(uri: Uri): string | undefined {
    if (uri.scheme === 'tel') return this.aorOfName(uri.number.replace(separators, ''));
    const domain = this.domainOf(uri.host, uri.port);
    return domain === undefined || uri.user === undefined || uri.user === ''
      ? undefined
      : this.aor(uri.user, domain);
  }

  /** Of `alice`, or of `alice@example.com` when that is a domain of ours. */
  aorOfName(name: string): string | undefined {
    const at = name.lastIndexOf('@');
    if (at < 0) return name === '' ? undefined : this.aor(name, this.primary);
    const domain = this.domainOf(name.slice(at + 1), undefined);
    return domain === undefined ? undefined : this.aor(name.slice(0, at), domain);
  }

  aor(user: string, domain: string): string {
    return formatUri(sipUri({ user, host: domain }));
  }

  private domainOf(host: string, port: number | undefined): string | undefined {
    const name = lower(host);
    if (this.names.has(name)) return name;
    if (name === this.primary) return this.primary;
    const { isOwnHost, isOwnPort } = this.options;
    const ours = isOwnHost(name) && (port === undefined || isOwnPort(port));
    return ours ? this.primary : undefined;
  }
}
