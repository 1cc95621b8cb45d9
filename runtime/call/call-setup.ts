import type { ResponseOptions } from '../sip/ua/port';
import type { CallEnd } from './port';
import type { Leg } from './leg';

/** What the time before the answer needs of its call. */
export interface SetupOwner {
  /** Throws `CALLCHART_CALL_ENDED` when the call is over. */
  mustLive(): void;
  /** The 200 is out, or has come. */
  onAnswered(): void;
  /** The offer or the ports leave no way to go on. */
  onImpossible(end: CallEnd, options: ResponseOptions): void;
  /** There is no session, and will be none. */
  onGone(): void;
}

/** How a call gets to its answer, which is the one thing that differs by who began it. */
export interface CallSetup {
  /** Undefined while there is no session: of a call that is being placed. */
  readonly leg: Leg | undefined;
  /** Resolves when media can flow. */
  answer(): Promise<void>;
  /** 180 or 183; says which media there is now. */
  ring(earlyMedia: boolean): Promise<'ringing' | 'early'>;
  /** Another provisional response, without sound. */
  progress(status: number): void;
  /** Ends it before the answer: with this response, or with a CANCEL. */
  refuse(
    status: number,
    options: ResponseOptions & { readonly contacts?: readonly string[] },
  ): void;
}
