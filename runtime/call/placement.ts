import type { SrtpPolicy } from '../core/network-config';
import type { Credentials } from '../sip/auth/port';
import type { ExtraHeader } from '../sip/ua/port';
import type { CallerIdentity, CallInfo } from './port';

/** A call to be placed, before anybody has said where it goes. */
export interface PlaceRequest {
  /** A SIP or tel URI, a number for the trunk, or the name of a registered user. */
  readonly to: string;
  readonly trunk?: string | undefined;
  readonly identity: CallerIdentity;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The call that dials; absent for one that is originated. */
  readonly by?: CallInfo | undefined;
  /** For the callee's side, besides those of the trunk. */
  readonly credentials?: Credentials | undefined;
}

/** One INVITE of a placed call: what the user agent is given beside the offer and the handler. */
export interface PlacedTarget {
  readonly to: string;
  readonly from: string;
  readonly displayName?: string | undefined;
  readonly headers: readonly ExtraHeader[];
  readonly routes: readonly string[];
  readonly flow?: string | undefined;
  /** The registered user whose phone it is. */
  readonly user?: string | undefined;
  readonly credentials: readonly Credentials[];
  /** The trunk's own list, in order of preference; all of ours when absent. */
  readonly codecs?: readonly string[] | undefined;
  /** The trunk's own; that of the way to it when absent. */
  readonly srtp?: SrtpPolicy | undefined;
  readonly followRedirect?: ((contact: string) => boolean) | undefined;
}

export type Placement =
  | {
      readonly type: 'placed';
      /**
       * Those of one group ring at once. The next group has its turn when nobody of the one before answered:
       * `failure`, contacts by q; or only when none of it could be reached: `unreachable`, the servers of a trunk.
       */
      readonly groups: readonly (readonly PlacedTarget[])[];
      readonly next: 'failure' | 'unreachable';
      readonly trunk?: string | undefined;
      /** Gives back what the call took of any limit; idempotent. Called once all is over. */
      release(): void;
    }
  | {
      readonly type: 'refused';
      /** 403: not allowed; 404: nobody of this name; 480: not registered now; 503: a limit, or a trunk that is down. */
      readonly status: 403 | 404 | 480 | 503;
      readonly reason: string;
    };

/** Says where calls go: trunks, location service and the guard against toll fraud are behind it. */
export interface CallPlacer {
  /**
   * Never throws for what a caller may write; throws `CALLCHART_UNKNOWN_TRUNK` for a trunk that is not in the
   * configuration.
   */
  place(request: PlaceRequest): Placement;
}
