import type { CodecName } from '../core/audio';
import type { WebhookRouteConfig } from '../core/web-config';
import type { Uri } from '../sip/message/uri';

/** Who sends a request, as far as that is proven. */
export type Caller =
  | { readonly type: 'trunk'; readonly name: string }
  /** Authenticated by digest (or by a client certificate); `aor` is canonical. */
  | { readonly type: 'user'; readonly username: string; readonly aor: string }
  | { readonly type: 'unknown' };

/** What routes look at. */
export interface RequestFacts {
  readonly method: string;
  readonly requestUri: Uri;
  readonly from: Uri;
  readonly fromDisplayName: string;
  readonly to: Uri;
  readonly caller: Caller;
  /** All values of a header field, by any spelling of its name. */
  header(name: string): readonly string[];
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Whether the user that the request URI names has a binding now. */
  readonly registered: boolean;
  /** Whether the request URI's host is a domain, name or address of ours. */
  readonly local: boolean;
}

/** What a route does with a request; texts may hold `$1` … of the pattern that matched, already filled in. */
export type RouteAction =
  | {
      readonly type: 'flow';
      readonly flow: string;
      /** What is spoken, in this order; all of ours when undefined. */
      readonly codecs?: readonly CodecName[] | undefined;
    }
  /** To a web app, which says what happens by documents. */
  | {
      readonly type: 'webhook';
      readonly app: WebhookRouteConfig;
      /** As of a flow. */
      readonly codecs?: readonly CodecName[] | undefined;
    }
  /** To the location service's contacts, to `to`, or where the request URI says. */
  | {
      readonly type: 'proxy';
      readonly to: readonly string[] | 'location' | 'request-uri';
      readonly recordRoute: boolean;
      /** Milliseconds (timer C, RFC 3261 §16.6). */
      readonly timeout: number;
    }
  | {
      readonly type: 'redirect';
      readonly to: readonly string[] | 'location';
      readonly status: 300 | 301 | 302 | 305 | 380;
    }
  | { readonly type: 'register' }
  | { readonly type: 'reject'; readonly status: number; readonly reason: string | undefined }
  | {
      readonly type: 'gateway';
      /** URIs, numbers for the trunk, or users. */
      readonly to: readonly string[];
      readonly trunk: string | undefined;
      /** How keys are sent on: as they come when absent. */
      readonly dtmf: 'rfc4733' | 'info' | undefined;
      readonly codecs?: readonly CodecName[] | undefined;
      readonly timeout: number;
    };

/** What the routes say of one request. */
export interface RouteDecision {
  /**
   * `matched`; `challenge` when a route would match if the caller were a registered user (407 or 401);
   * `forbidden` (403) when it would if the caller were one of ours otherwise; `none` (404) when none fits.
   */
  readonly type: 'matched' | 'challenge' | 'forbidden' | 'none';
  /** The name of the route, or its place: `routes[2]`. */
  readonly route: string | undefined;
  readonly action: RouteAction | undefined;
  /** Each route that was looked at, in order, and why it was passed by: '' for the one that matched. */
  readonly considered: readonly { readonly route: string; readonly reason: string }[];
}

export interface Router {
  decide(facts: RequestFacts): RouteDecision;
}

/** Whether an outbound call may be placed: the guard against toll fraud. */
export type OutboundVerdict =
  | {
      readonly type: 'allowed';
      /** Give back when the call is over; idempotent. */
      release(): void;
    }
  | {
      readonly type: 'refused';
      /** 403, or 503 when a limit is reached. */
      readonly status: 403 | 503;
      readonly reason: string;
    };
