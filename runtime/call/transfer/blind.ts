import { describeError } from '../../core/errors';
import { LoopedSound } from '../dial/looped-sound';
import type { Failure } from '../dial/classify';
import { Hunt, type HuntOwner } from '../dial/hunt';
import type { GivenLeg, PendingTransfer } from '../dial/party';
import type { IncomingRefer, ReferProgress } from '../../sip/ua/port';
import type { LegEnd, LegFacts } from '../call-record';
import type { OutgoingLeg } from '../outgoing-leg';
import type { CallServices, OutboundServices } from '../services';
import { LegPair } from './leg-pair';
import { transferred, type TransferSide } from './side';

/** Milliseconds that the target may ring. */
const ringTimeout = 60_000;

const gaveUp: LegEnd = { by: 'system', cause: 'cancel', status: 487, reason: '' };

type Services = CallServices & { readonly outbound: OutboundServices };

/**
 * One of two who talk has asked that the other be connected with somebody else (RFC 5589 §6): the target is called
 * as any call of ours is, and takes the place of the one who asked. Until then the two go on as they are, and if the
 * target does not answer, for good. The one who asked may hang up meanwhile: then the other waits.
 */
export class BlindTransfer implements HuntOwner, PendingTransfer {
  readonly leaver: 'caller' | 'callee';
  private readonly hunt: Hunt;
  private readonly progress: ReferProgress;
  /** Whom the caller, who has hung up, has left behind. */
  private waiting: GivenLeg | undefined;
  private tone: LoopedSound | undefined;
  private over = false;

  constructor(
    private readonly side: TransferSide,
    private readonly refer: IncomingRefer,
    private readonly services: Services,
  ) {
    const { host, conversation, leaver } = side;
    this.leaver = leaver;
    const { maxForwards } = host;
    const { target } = refer;
    const identity = leaver === 'caller' ? { number: conversation.calleeUri } : {};
    this.hunt = new Hunt(
      services,
      {
        ...{ targets: [target], strategy: 'parallel', timeout: ringTimeout, identity },
        headers: headersOf(refer),
        by: host.info,
        tell: (fact) => host.tell(fact),
        codec: conversation.codecOf(leaver === 'caller' ? 'callee' : 'caller'),
        maxForwards: maxForwards === undefined ? undefined : maxForwards - 1,
      },
      this,
    );
    this.progress = refer.accept();
    conversation.pending = this;
    this.hunt.start();
  }

  // PendingTransfer

  keep(callee: GivenLeg): void {
    this.waiting = callee;
    callee.leg.handOver({
      onProgress: () => undefined,
      onAnswered: () => undefined,
      onDigit: () => undefined,
      onEnded: () => {
        callee.release();
        this.cancel();
      },
    });
  }

  cancel(): void {
    if (this.over) return;
    void this.finish(487, 'Request Terminated');
    this.hunt.stop(gaveUp);
    this.hunt.release();
  }

  // HuntOwner

  onProgress(leg: OutgoingLeg, status: number): void {
    if (this.over) return;
    this.progress.progress(status);
    if (leg.rang) this.playTone();
  }

  onAnswered(leg: OutgoingLeg): void {
    const { side, hunt, waiting } = this;
    const { conversation, host } = side;
    hunt.take(leg);
    hunt.letGo(leg);
    const given: GivenLeg = { leg, release: () => hunt.release() };
    const told = this.finish(200, 'OK');
    if (waiting !== undefined) {
      new LegPair(this.services, waiting, given);
    } else if (this.leaver === 'callee') {
      conversation.replaceCallee(leg, transferred, { release: given.release, after: told });
    } else {
      new LegPair(this.services, conversation.giveAway(), given);
      void told.then(() => host.leave());
    }
  }

  onDigit(): void {
    // Nobody talks with it yet.
  }

  onLegEnded(_: OutgoingLeg, facts: LegFacts): void {
    if (this.waiting === undefined) this.side.host.noteLeg(facts);
  }

  onFailed({ status, reason }: Failure): void {
    if (this.over) return;
    void this.finish(status, reason);
    this.side.conversation.transferFailed();
    this.waiting?.leg.end(gaveUp);
  }

  onError(error: unknown): void {
    this.onFailed({
      result: { type: 'rejected', status: 500, reason: describeError(error) },
      ...{ status: 500, reason: 'Server Internal Error' },
    });
  }

  private finish(status: number, reason: string): Promise<void> {
    const { side, refer, services, progress } = this;
    this.over = true;
    this.tone?.stop();
    side.conversation.pending = undefined;
    const outcome = status < 300 ? 'accepted' : 'failed';
    const note = { to: refer.target, by: side.leaver, outcome, status, reason } as const;
    if (this.waiting === undefined) side.host.note({ type: 'transfer', ...note });
    services.logger.info({ call: side.host.info.id, ...note }, 'transfer by a leg');
    return progress.done(status, reason);
  }

  /** Who waits for the target hears that it rings, unless the one who asked still talks with him. */
  private playTone(): void {
    const sound = this.waiting?.leg.leg.sound ?? this.side.conversation.leftAlone?.sound;
    if (sound === undefined || this.tone !== undefined) return;
    const { prompts, logger } = this.services;
    const items = (async () => prompts.resolve({ tone: 'ringback' }))();
    this.tone = new LoopedSound(items, sound, (error) =>
      logger.warn({ error: describeError(error) }, 'no tone while a transfer rings'),
    );
  }
}

/** RFC 3892 §2.2: who referred, told on as it came; RFC 3891 §4: what the target is to replace. */
function headersOf({ request, referredBy }: IncomingRefer): Readonly<Record<string, string>> {
  const replaces = replacesOf(request.referTo?.uri);
  return {
    ...(referredBy === undefined ? {} : { 'Referred-By': referredBy }),
    ...(replaces === undefined ? {} : { Replaces: replaces, Require: 'replaces' }),
  };
}

type ReferUri = NonNullable<IncomingRefer['request']['referTo']>['uri'];

function replacesOf(uri: ReferUri | undefined): string | undefined {
  if (uri === undefined || uri.scheme === 'tel') return undefined;
  return uri.headers.find(([name]) => name.toLowerCase() === 'replaces')?.[1];
}
