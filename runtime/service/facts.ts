import type { Caller, RequestFacts } from '../routing/port';
import type { SipRequest } from '../sip/message/message';
import type { Uri } from '../sip/message/uri';

export interface FactSources {
  readonly now: () => number;
  readonly isLocal: (uri: Uri) => boolean;
  readonly isRegistered: (uri: Uri) => boolean;
  /** A number as the trunk that the request came by writes it, in our own form. */
  readonly inboundNumber: (trunk: string, number: string) => string;
}

/** What the routes look at, read from a request when they do. Members throw a `MessageError` as its headers do. */
export class Facts implements RequestFacts {
  readonly time: number;

  constructor(
    private readonly request: Pick<SipRequest, 'from' | 'headers' | 'method' | 'to' | 'uri'>,
    readonly caller: Caller,
    private readonly sources: FactSources,
  ) {
    this.time = sources.now();
  }

  get method(): string {
    return this.request.method;
  }

  get requestUri(): Uri {
    return this.normalised(this.request.uri);
  }

  get from(): Uri {
    return this.normalised(this.request.from.uri);
  }

  get fromDisplayName(): string {
    return this.request.from.displayName;
  }

  get to(): Uri {
    return this.normalised(this.request.to.uri);
  }

  get local(): boolean {
    return this.sources.isLocal(this.requestUri);
  }

  get registered(): boolean {
    return this.sources.isRegistered(this.requestUri);
  }

  private normalised(uri: Uri): Uri {
    const { caller, sources } = this;
    if (caller.type !== 'trunk') return uri;
    if (uri.scheme === 'tel') {
      return { ...uri, number: sources.inboundNumber(caller.name, uri.number) };
    }
    return uri.user === undefined
      ? uri
      : { ...uri, user: sources.inboundNumber(caller.name, uri.user) };
  }

  header(name: string): readonly string[] {
    return this.request.headers.getAll(name);
  }
}
