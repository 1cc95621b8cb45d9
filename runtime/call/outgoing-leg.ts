import type { TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import { token } from '../core/random';
import type { DetectedTone, MediaSession } from '../media/port';
import type { AudioCapabilities, CodecName } from '../sdp/port';
import type { Channel } from '../sip/transport/port';
import type { IncomingRefer, SessionEnd } from '../sip/ua/port';
import type { LegEnd, LegFacts } from './call-record';
import type { LegStatus } from './call-status';
import type { CallFact, LegNames } from './happenings';
import { reasonHeader } from './headers';
import { Leg, type LegOwner } from './leg';
import { withTerms } from './media-terms';
import type { PlacedTarget } from './placement';
import type { DialTarget } from './port';
import type { CallEnvironment, OutboundServices } from './services';

export interface OutgoingLegOptions {
  readonly placed: PlacedTarget;
  /** Whom it is for, as the flow named him. */
  readonly asked: DialTarget;
  readonly trunk: string | undefined;
  /** Milliseconds that it may ring. */
  readonly timeout: number;
  /** `info`: no RFC 4733 events, keys go by INFO. */
  readonly dtmf?: 'rfc4733' | 'info' | undefined;
  /** Hops that are left; the usual number when absent. */
  readonly maxForwards?: number | undefined;
  /** What is offered, in this order, where the trunk allows it; all of ours when absent. */
  readonly codecs?: readonly CodecName[] | undefined;
  /** The audio that this one's will be bridged with. */
  readonly near?: (() => MediaSession | undefined) | undefined;
  /** Offered first, where the trunk allows it: it saves recoding. */
  readonly codec?: CodecName | undefined;
  /** Tells those outside of the call what happens with this leg of it. */
  readonly tell?: ((fact: CallFact) => void) | undefined;
}

/** Told by a leg; `onEnded` last, once, perhaps before {@link OutgoingLeg.start} has returned. */
export interface OutgoingLegOwner {
  /** A provisional response but 100; `earlyMedia` when there is sound to be heard. */
  onProgress(leg: OutgoingLeg, status: number, earlyMedia: boolean): void;
  onAnswered(leg: OutgoingLeg): void;
  onDigit(leg: OutgoingLeg, digit: string, duration: number): void;
  onRefer?(leg: OutgoingLeg, refer: IncomingRefer): void;
  onEnded(leg: OutgoingLeg, end: SessionEnd): void;
}

/** An INVITE of ours with its audio, from its first attempt to its BYE. */
export class OutgoingLeg implements LegOwner {
  /** Its own, as calls have. */
  readonly id: string;
  readonly leg: Leg;
  /** Whoever listens to the callee before both talk. */
  listener: Pick<LegOwner, 'onSpeech' | 'onTone'> | undefined;
  state: 'calling' | 'answered' | 'ended' = 'calling';
  /** A 180, or sound, came. */
  rang = false;
  /** There was sound before the answer. */
  early = false;
  /** It was not answered in time. */
  overdue = false;
  private readonly started: number;
  private rangAt: number | undefined;
  private answeredAt: number | undefined;
  private timer: TimerHandle | undefined;
  private callId = '';
  private heardSdp: string | undefined;
  /** Why we ended it. */
  private ending: LegEnd | undefined;
  private factsOfEnd: LegFacts | undefined;

  constructor(
    private readonly services: CallEnvironment & { readonly outbound: OutboundServices },
    readonly options: OutgoingLegOptions,
    private owner: OutgoingLegOwner,
  ) {
    this.id = token(services.random, 64);
    this.started = services.clock.now();
    const { placed, codecs } = options;
    const termed = withTerms(withTerms(services, placed), { codecs });
    this.leg = new Leg({ ...termed, audio: capabilities(termed.audio, options) }, this);
    this.leg.near = options.near;
  }

  get target(): string {
    return this.options.asked.to;
  }

  /** What the record says of it; undefined before its end. */
  get facts(): LegFacts | undefined {
    return this.factsOfEnd;
  }

  /** As of now; undefined once it is over. */
  get status(): LegStatus | undefined {
    const { state, id, target, early, leg } = this;
    if (state === 'ended') return undefined;
    const shown = state === 'calling' && early ? 'early' : state;
    return { id, of: 'dial', party: target, state: shown, ...leg.status };
  }

  /** Somebody else is told from now on. */
  handOver(owner: OutgoingLegOwner): void {
    this.owner = owner;
  }

  start(): void {
    const { services, options, leg } = this;
    const { placed, timeout, maxForwards } = options;
    this.timer = services.clock.setTimeout(() => this.notAnswered(), timeout);
    options.tell?.({ type: 'leg.started', ...this.names });
    const session = services.outbound.invite({
      to: placed.to,
      from: placed.from,
      headers: placed.headers,
      routes: placed.routes,
      credentials: placed.credentials,
      timeout,
      sdp: (channel) => this.offer(channel),
      ...(placed.displayName === undefined ? {} : { displayName: placed.displayName }),
      ...(maxForwards === undefined ? {} : { maxForwards }),
      ...(placed.flow === undefined ? {} : { flow: placed.flow }),
      ...(placed.followRedirect === undefined ? {} : { followRedirect: placed.followRedirect }),
      handler: {
        ...leg.handler,
        onProgress: (status, sdp) => this.progress(status, sdp),
        onEstablished: () => this.established(),
      },
    });
    this.callId = session.callId;
    leg.session = session;
  }

  /** CANCEL or BYE, whatever is due; the record says why. */
  end(why: LegEnd): void {
    if (this.state === 'ended') return;
    this.ending ??= why;
    const plain = why.status === 200 && why.reason === '';
    this.leg.session.end(plain ? {} : { headers: [reasonHeader(why.status, why.reason)] });
  }

  // LegOwner

  onDigit(digit: string, duration: number): void {
    this.owner.onDigit(this, digit, duration);
  }

  onSpeech(speaking: boolean): void {
    this.listener?.onSpeech?.(speaking);
  }

  onTone(tone: DetectedTone): void {
    this.listener?.onTone?.(tone);
  }

  onHold(): void {
    // The bridge is told by the leg itself; before there is one nobody hears the other.
  }

  onMediaTimeout(): void {
    this.end({ by: 'system', cause: 'media-timeout', status: 408, reason: 'Media timeout' });
  }

  onMediaFailed(reason: string): void {
    this.warn(`the audio has failed: ${reason}`);
    this.end({
      by: 'system',
      cause: 'media-failed',
      status: 500,
      reason: `Media failed: ${reason}`,
    });
  }

  onAnswerRefused(reason: string): void {
    this.warn(reason);
  }

  onMediaUnavailable(error: unknown): void {
    if (this.state !== 'ended') this.warn(describeError(error));
  }

  onRefer(refer: IncomingRefer): void {
    this.owner.onRefer?.(this, refer);
  }

  onEnded(end: SessionEnd): void {
    const { services, options, leg } = this;
    const { clock } = services;
    clock.clearTimeout(this.timer);
    this.state = 'ended';
    const media = leg.close();
    const { cause, status, reason } = end;
    this.factsOfEnd = {
      id: this.id,
      target: this.target,
      uri: options.placed.to,
      callId: this.callId,
      trunk: options.trunk,
      started: this.started,
      rang: this.rangAt,
      answered: this.answeredAt,
      ended: clock.now(),
      end: this.ending ?? { by: end.by === 'remote' ? 'callee' : 'system', cause, status, reason },
      media,
    };
    const { answeredAt } = this;
    options.tell?.({
      ...{ type: 'leg.ended', ...this.names, status, cause },
      answered: answeredAt !== undefined,
      talked: answeredAt === undefined ? 0 : Math.round(clock.now() - answeredAt),
    });
    this.owner.onEnded(this, end);
  }

  /** As those outside are told. */
  get names(): LegNames {
    const { asked, placed } = this.options;
    const { to: target, id } = asked;
    return { leg: this.id, target, ...(id === undefined ? {} : { id }), uri: placed.to };
  }

  // The session.

  private async offer(channel: Channel): Promise<string> {
    const media = this.leg.useChannel(channel);
    await this.leg.open();
    return media.offer();
  }

  private progress(status: number, sdp: string | undefined): void {
    if (this.state !== 'calling') return;
    if (sdp !== undefined && sdp !== this.heardSdp) {
      this.heardSdp = sdp;
      // RFC 3261 §13.2.1: until the 2xx it is a foretaste; one that cannot be used costs the sound alone.
      if (this.leg.media.accept(sdp).type === 'accepted') this.early = true;
    }
    if ((status === 180 || this.early) && !this.rang) {
      this.rang = true;
      this.rangAt = this.services.clock.now();
      this.options.tell?.({ type: 'leg.ringing', ...this.names });
    }
    this.owner.onProgress(this, status, this.early);
  }

  private established(): void {
    const { clock } = this.services;
    clock.clearTimeout(this.timer);
    this.state = 'answered';
    this.answeredAt = clock.now();
    this.options.tell?.({ type: 'leg.answered', ...this.names });
    this.owner.onAnswered(this);
  }

  private notAnswered(): void {
    this.overdue = true;
    this.end({ by: 'caller', cause: 'timeout', status: 408, reason: 'Not answered in time' });
  }

  private warn(message: string): void {
    this.services.logger.warn({ callId: this.callId, to: this.options.placed.to }, message);
  }
}

/** What we offer: the other side's codec first, and no RFC 4733 events where keys go by INFO. */
function capabilities(
  audio: AudioCapabilities,
  { dtmf, codec: first }: OutgoingLegOptions,
): AudioCapabilities {
  return {
    ...audio,
    codecs: [...audio.codecs].sort((a, b) => Number(b === first) - Number(a === first)),
    telephoneEvent: audio.telephoneEvent && dtmf !== 'info',
  };
}
