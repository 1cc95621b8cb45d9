import type { IncomingSession } from '../sip/ua/port';
import type { CallSetup, SetupOwner } from './call-setup';
import { CallEndedError } from './errors';
import { supportsReliability, warningHeader } from './headers';
import type { Leg } from './leg';

/** A call that came in, until it is answered: 180, 183, 200 or a refusal, in the order in which they are allowed. */
export class IncomingSetup implements CallSetup {
  private early = false;

  constructor(
    private readonly session: IncomingSession,
    readonly leg: Leg,
    private readonly owner: SetupOwner,
  ) {}

  async answer(): Promise<void> {
    const { leg, owner, session } = this;
    await leg.open();
    owner.mustLive();
    // RFC 3262 §5: an offer of ours that went out in a 183 has to be answered before the 200.
    await leg.media.agreed;
    owner.mustLive();
    session.accept(this.describe());
    owner.onAnswered();
    // RFC 3261 §13.2.1: the answer to a delayed offer comes with the ACK; before it there is no address.
    await leg.media.agreed;
  }

  async ring(earlyMedia: boolean): Promise<'ringing' | 'early'> {
    const { leg, owner, session } = this;
    // RFC 3262 §5: our own offer may only go out in a provisional response that is confirmed.
    const early =
      earlyMedia && (session.offer !== undefined || supportsReliability(session.request));
    if (early) {
      await leg.open();
      owner.mustLive();
    }
    if (session.state !== 'proceeding') return 'early';
    if (!early) {
      session.provisional(180);
      return this.early ? 'early' : 'ringing';
    }
    if (this.early) return 'early';
    session.provisional(183, { sdp: this.describe() });
    this.early = true;
    return 'early';
  }

  progress(status: number): void {
    if (this.session.state === 'proceeding') this.session.provisional(status);
  }

  refuse(status: number, options: Parameters<IncomingSession['reject']>[1] = {}): void {
    this.session.reject(status, options);
  }

  /** Our description for the 183 or the 200; a caller who shares no codec with us gets 488. */
  private describe(): string {
    const result = this.leg.media.describe(this.session.offer);
    if (result.type === 'description') return result.sdp;
    this.owner.onImpossible(
      { by: 'system', cause: 'not-acceptable', status: 488, reason: result.warning.text },
      { headers: [warningHeader(result.warning)] },
    );
    throw new CallEndedError();
  }
}
