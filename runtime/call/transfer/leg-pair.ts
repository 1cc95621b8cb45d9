import { describeError } from '../../core/errors';
import type { SessionEnd } from '../../sip/ua/port';
import { Bridge } from '../bridge';
import type { GivenLeg } from '../dial/party';
import type { OutgoingLeg, OutgoingLegOwner } from '../outgoing-leg';
import type { CallServices } from '../services';

/** Two legs of ours who talk with each other since the caller who had them both has left. */
export class LegPair implements OutgoingLegOwner {
  private readonly bridge: Bridge;

  constructor(
    private readonly services: Pick<CallServices, 'logger' | 'media'>,
    private readonly first: GivenLeg,
    private readonly second: GivenLeg,
  ) {
    first.leg.handOver(this);
    second.leg.handOver(this);
    this.bridge = new Bridge(services.media, [first.leg.leg, second.leg.leg], {
      onError: (error) => services.logger.warn({ error: describeError(error) }, 'no music on hold'),
    });
  }

  // OutgoingLegOwner

  onProgress(): void {
    // Both have answered.
  }

  onAnswered(): void {
    // As above.
  }

  onDigit(): void {
    // The bridge carries it across; there is no flow to be told.
  }

  onEnded(leg: OutgoingLeg, end: SessionEnd): void {
    const { first, second, services, bridge } = this;
    const { by, cause, status } = end;
    services.logger.info({ target: leg.target, by, cause, status }, 'leg ended after a transfer');
    bridge.close();
    const [gone, left] = leg === first.leg ? [first, second] : [second, first];
    gone.release();
    if (left.leg.state !== 'ended') {
      left.leg.end({ by: 'callee', cause: 'bye', status: 200, reason: '' });
    }
  }
}
