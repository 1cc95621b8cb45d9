import { BaseMessage, emptyBody } from './base-message';
import type { HeaderTable } from './header-table';
import {
  EVENT,
  MAX_FORWARDS,
  PROXY_REQUIRE,
  RACK,
  REFERRED_BY,
  REFER_TO,
  SUBSCRIPTION_STATE,
} from './header-names';
import { parseRAck, parseTokenWithParams } from './header-values';
import type { MediaTypeLike, SipRequest } from './message';
import { parseNameAddr } from './name-addr';
import { parseUri, type Uri } from './uri';
import type { NameAddr, RAck } from './values';

/** The one implementation of {@link SipRequest}. */
export class RequestMessage extends BaseMessage implements SipRequest {
  readonly kind = 'request';
  method: string;
  /** Filled by the parser, dropped by a new {@link requestUri}. */
  uriValue: Uri | undefined;
  private uriText: string;

  constructor(
    method: string,
    requestUri: string,
    headers: HeaderTable,
    body: Uint8Array = emptyBody,
  ) {
    super(headers, body);
    this.method = method;
    this.uriText = requestUri;
    this.uriValue = undefined;
  }

  get requestUri(): string {
    return this.uriText;
  }

  set requestUri(text: string) {
    this.uriText = text;
    this.uriValue = undefined;
  }

  get uri(): Uri {
    return (this.uriValue ??= parseUri(this.uriText));
  }

  get maxForwards(): number | undefined {
    return this.number(MAX_FORWARDS);
  }

  get proxyRequire(): readonly string[] {
    return this.tokens(PROXY_REQUIRE);
  }

  get rack(): RAck | undefined {
    return this.single(RACK, parseRAck);
  }

  get referTo(): NameAddr | undefined {
    return this.single(REFER_TO, parseNameAddr);
  }

  get referredBy(): NameAddr | undefined {
    return this.single(REFERRED_BY, parseNameAddr);
  }

  get event(): MediaTypeLike | undefined {
    return this.single(EVENT, (text) => parseTokenWithParams(text, 'Event'));
  }

  get subscriptionState(): MediaTypeLike | undefined {
    return this.single(SUBSCRIPTION_STATE, (text) =>
      parseTokenWithParams(text, 'Subscription-State'),
    );
  }
}
