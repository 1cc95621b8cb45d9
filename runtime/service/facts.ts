import type { Caller, RequestFacts } from '../routing/port';
import type { SipRequest } from '../sip/message/message';
import type { Uri } from '../sip/message/uri';

export interface FactSources {
  readonly now: () => number;
  readonly isLocal: (uri: Uri) => boolean;
  readonly isRegistered: (uri: Uri) => boolean;
}

/** What the routes look at, read from a request when they do. Members throw a `MessageError` as its headers do. */
export class Facts implements RequestFacts {
  readonly time: number;

  constructor(
    private readonly request: SipRequest,
    readonly caller: Caller,
    private readonly sources: FactSources,
  ) {
    this.time = sources.now();
  }

  get method(): string {
    return this.request.method;
  }

  get requestUri(): Uri {
    return this.request.uri;
  }

  get from(): Uri {
    return this.request.from.uri;
  }

  get fromDisplayName(): string {
    return this.request.from.displayName;
  }

  get to(): Uri {
    return this.request.to.uri;
  }

  get local(): boolean {
    return this.sources.isLocal(this.requestUri);
  }

  get registered(): boolean {
    return this.sources.isRegistered(this.requestUri);
  }

  header(name: string): readonly string[] {
    return this.request.headers.getAll(name);
  }
}
