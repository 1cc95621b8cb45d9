import type { LegFacts } from './call-record';
import type { CallSetup, SetupOwner } from './call-setup';
import type { Failure } from './dial/classify';
import { Hunt, type HuntOwner, type HuntRequest } from './dial/hunt';
import { CallEndedError } from './errors';
import type { Leg, LegOwner } from './leg';
import type { OutgoingLeg } from './outgoing-leg';
import type { CallServices, OutboundServices } from './services';

export interface OutboundSetupOwner extends LegOwner, SetupOwner {
  /** An INVITE that came to nothing, for the record. */
  onLegEnded(facts: LegFacts): void;
  onRinging(): void;
  /** Somebody has answered, and is the call's other party from now on. */
  onTaken(leg: OutgoingLeg): void;
  onFailed(failure: Failure): void;
  onBroken(error: unknown): void;
}

/** A call that is placed, until somebody answers it. */
export class OutboundSetup implements CallSetup, HuntOwner {
  private readonly hunt: Hunt;
  private taken: OutgoingLeg | undefined;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;
  private readonly settled: Promise<void>;

  constructor(
    services: CallServices & { readonly outbound: OutboundServices },
    request: HuntRequest,
    private readonly owner: OutboundSetupOwner,
  ) {
    this.hunt = new Hunt(services, request, this);
    this.settled = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever waits gets the failure; when nobody does, it is not an unhandled one.
    this.settled.catch(() => undefined);
  }

  start(): void {
    this.hunt.start();
  }

  /** The call is over: what it took of any limit is free again. */
  release(): void {
    this.hunt.release();
  }

  // CallSetup

  get leg(): Leg | undefined {
    return this.taken?.leg;
  }

  answer(): Promise<void> {
    return this.settled;
  }

  ring(): Promise<'ringing'> {
    // It is the other party that rings.
    return Promise.resolve('ringing');
  }

  progress(): void {
    // As above: there is nobody to be told.
  }

  refuse(status: number): void {
    this.hunt.stop({ by: 'caller', cause: 'cancel', status, reason: '' });
    this.reject(new CallEndedError());
    this.owner.onGone();
  }

  // HuntOwner

  onProgress(leg: OutgoingLeg): void {
    if (leg.rang) this.owner.onRinging();
  }

  onAnswered(leg: OutgoingLeg): void {
    this.taken = leg;
    this.hunt.take(leg);
    leg.leg.handOver(this.owner);
    this.owner.onTaken(leg);
    this.owner.onAnswered();
    this.resolve();
  }

  onDigit(): void {
    // Nobody has answered yet.
  }

  onLegEnded(_: OutgoingLeg, facts: LegFacts): void {
    this.owner.onLegEnded(facts);
  }

  onFailed(failure: Failure): void {
    this.reject(new CallEndedError());
    this.owner.onFailed(failure);
    this.owner.onGone();
  }

  onError(error: unknown): void {
    this.reject(new CallEndedError());
    this.owner.onBroken(error);
    this.owner.onGone();
  }
}
