import type { CallControl, CallParty } from '../call/port';
import type { WebFailure } from '../web/port';
import type { HangupOutcome } from './outcomes';
import type { StandardSchema } from './standard-schema';

/** A question to a web app: docs/webhooks.md says what is sent. Durations are milliseconds. */
export interface WebhookInput {
  /** `https://…` or `http://…`; hosts inside need `web.allow` in the configuration. */
  readonly url: string;
  /** `POST`. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Anything that JSON can write. An object gets the facts of the call beside its own members, as `call`. */
  readonly body?: unknown;
  /** Whether the body tells of the call; true. */
  readonly call?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** For all of it, tries and redirects included; 15 000. */
  readonly timeout?: number;
  /** How often it is tried again when there is no answer, or 429 or 5xx; 2. */
  readonly retries?: number;
  /**
   * The same for each try, so that an app can tell a second try from a second request: the header `Idempotency-Key`.
   * One of this call and this time that the state was entered, when absent.
   */
  readonly idempotencyKey?: string;
  /** What the answer has to be, of zod, valibot or the like; any JSON when absent. `webhookOf(schema)` also types it. */
  readonly schema?: StandardSchema;
}

/** What is told of the call. */
export interface WebhookCall {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly state: CallControl['state'];
  readonly from: CallParty;
  readonly to: CallParty;
  readonly dialled: string;
  readonly user?: string;
  readonly trunk?: string;
  /** The caller wants to stay unknown to others. */
  readonly anonymous?: boolean;
  /** ISO 8601. */
  readonly started: string;
}

export type WebhookOutcome<Data = unknown> =
  /** Status 2xx, and what the schema makes of the answer; `undefined` of an empty one. */
  | { readonly type: 'ok'; readonly status: number; readonly data: Data }
  /** Any other status. `body` is JSON where it is any, else text. */
  | { readonly type: 'rejected'; readonly status: number; readonly body: unknown }
  /** Status 2xx, and not what was wanted: no JSON, or not as the schema says. */
  | {
      readonly type: 'invalid';
      readonly status: number;
      readonly issues: readonly WebhookIssue[];
    }
  | { readonly type: 'timeout' }
  /** No answer, or none that could be taken; `message` says for people why. */
  | {
      readonly type: 'unreachable';
      readonly reason: Exclude<WebFailure, 'timeout'>;
      readonly message: string;
    }
  | HangupOutcome;

export interface WebhookIssue {
  readonly message: string;
  /** `items.0.price`; '' for the whole answer. */
  readonly path: string;
}
