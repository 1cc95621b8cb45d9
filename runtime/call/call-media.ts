import { DefectError } from '../core/errors';
import type { Random } from '../core/random';
import type {
  MediaDirection,
  MediaEngine,
  MediaHandler,
  MediaSession,
  MediaStatistics,
} from '../media/port';
import type {
  AcceptResult,
  AnswerResult,
  AudioCapabilities,
  CodecName,
  NegotiatedAudio,
  OfferAnswerSession,
} from '../sdp/port';
import { SdpSession } from '../sdp/session';
import type { Channel } from '../sip/transport/port';
import { Agreement } from './agreement';
import { CallEndedError } from './errors';

type Rejection = Extract<AnswerResult, { readonly type: 'reject' }>;

export interface CallMediaServices {
  readonly media: MediaEngine;
  readonly random: Random;
  readonly audio: AudioCapabilities;
  /** The host that SDP names to the peer of a channel, as Contact does; the local one when absent. */
  readonly announcedHost?: (channel: Channel) => string;
}

/**
 * The audio of one leg and what was agreed about it: the ports are taken when first needed, and each
 * offer and answer goes to the media session at once.
 */
export class CallMedia {
  private opening: Promise<MediaSession> | undefined;
  private opened: MediaSession | undefined;
  private offerAnswer: OfferAnswerSession | undefined;
  /** The description that we sent before or with the 200. */
  private description: string | undefined;
  /** Until the peer's answer to our first offer is there (delayed offer, RFC 3261 §13.2.1). */
  private agreement: Agreement | undefined;
  /** What our last offer wanted of the stream; undefined is what holds already. */
  private offered: MediaDirection | undefined;
  /** An offer of ours has no answer yet. */
  private awaiting = false;
  private wasHeld = false;
  private closed = false;
  /** Ours, as this leg has them. */
  private readonly audio: { -readonly [K in keyof AudioCapabilities]: AudioCapabilities[K] };

  constructor(
    private readonly services: CallMediaServices,
    private readonly channel: Channel,
    private readonly handler: MediaHandler,
    /** Told when the peer puts us on hold or takes us back. */
    private readonly onHold: (held: boolean) => void,
  ) {
    this.audio = { ...services.audio };
  }

  get session(): MediaSession | undefined {
    return this.opened;
  }

  /** From our side, as it was agreed; undefined before that. */
  get direction(): MediaDirection | undefined {
    return this.offerAnswer?.current?.direction;
  }

  /** What is spoken; undefined before anything was agreed. */
  get codec(): CodecName | undefined {
    return this.offerAnswer?.current?.codec.name;
  }

  /** Answers an offer with this codec, if it has it; before {@link describe}. */
  prefer(codec: CodecName | undefined): void {
    const { codecs } = this.audio;
    if (codec === undefined || !codecs.includes(codec) || this.description !== undefined) return;
    this.audio.codecs = [codec, ...codecs.filter((each) => each !== codec)];
    this.audio.preference = 'ours';
  }

  /** Whether what was opened for one way will do for another. */
  suits(channel: Channel): boolean {
    const { announcedHost } = this.services;
    return (
      channel.local.host === this.channel.local.host &&
      announcedHost?.(channel) === announcedHost?.(this.channel)
    );
  }

  get held(): boolean {
    return this.offerAnswer?.current?.held === true;
  }

  /** Takes the ports. Rejects as {@link MediaEngine.createSession} does, or when the call ends meanwhile. */
  open(): Promise<MediaSession> {
    this.opening ??= this.create();
    return this.opening;
  }

  private async create(): Promise<MediaSession> {
    const { services } = this;
    const session = await services.media.createSession({
      localHost: this.channel.local.host,
      handler: this.handler,
    });
    if (this.closed) {
      void session.close();
      throw new CallEndedError();
    }
    this.opened = session;
    this.offerAnswer = new SdpSession(
      {
        host: services.announcedHost?.(this.channel) ?? session.local.host,
        port: session.local.port,
        // RFC 8866 §5.2: unique among our sessions; a number without sign.
        sessionId: String(services.random.uint32()),
      },
      this.audio,
    );
    return session;
  }

  /**
   * Our first description, for as often as it is sent: the answer to the INVITE's `offer`, or an offer
   * where it had none. After {@link open}.
   */
  describe(
    offer: string | undefined,
  ): { readonly type: 'description'; readonly sdp: string } | Rejection {
    if (this.description === undefined) {
      if (offer === undefined) {
        this.agreement = new Agreement();
        this.description = this.offer();
      } else {
        const result = this.answer(offer);
        if (result.type === 'reject') return result;
      }
    }
    return { type: 'description', sdp: this.description as string };
  }

  /** Resolves when the peer has answered our first offer; undefined when there was none. */
  get agreed(): Promise<void> | undefined {
    return this.agreement?.reached;
  }

  /** The peer's offer; it stays as it was when the answer is a rejection. After {@link open}. */
  answer(offer: string): AnswerResult {
    const result = this.negotiation.answer(offer);
    if (result.type === 'answer') {
      this.awaiting = false;
      // After an UPDATE before the answer (RFC 3311 §5.2) a 200 must not repeat what held before it.
      this.description = result.sdp;
      this.apply(result.audio);
    }
    return result;
  }

  /** Our offer. After {@link open}. */
  offer(direction?: MediaDirection): string {
    this.offered = direction;
    this.awaiting = true;
    return this.negotiation.offer(direction === undefined ? {} : { direction });
  }

  /** The peer's answer to our offer. After {@link open}. */
  accept(answer: string): AcceptResult {
    // One offer may be answered more than once: by each branch of a fork, by a 183 and then the 200 (RFC 3261
    // §13.2.1), or when it was sent again after a 491 and the peer's own was answered meanwhile.
    if (!this.awaiting) this.offer(this.offered);
    const result = this.negotiation.accept(answer);
    this.awaiting = false;
    if (result.type === 'accepted') {
      this.apply(result.audio);
      this.agreement?.reach();
    }
    return result;
  }

  /** Gives the ports back; the statistics are undefined when none were ever taken. */
  close(): Promise<MediaStatistics> | undefined {
    this.closed = true;
    this.agreement?.fail();
    return this.opened?.close();
  }

  private get negotiation(): OfferAnswerSession {
    if (this.offerAnswer === undefined) throw new DefectError('the media is not open');
    return this.offerAnswer;
  }

  private apply(audio: NegotiatedAudio): void {
    this.opened?.configure(audio);
    if (audio.held === this.wasHeld) return;
    this.wasHeld = audio.held;
    this.onHold(audio.held);
  }
}
