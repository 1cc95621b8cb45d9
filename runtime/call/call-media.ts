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
  SecurityCapabilities,
} from '../sdp/port';
import { SdpSession } from '../sdp/session';
import type { Channel } from '../sip/transport/port';
import { Agreement } from './agreement';
import { CallEndedError } from './errors';
import { chosenCodecs, isPrivate, type Encryption } from './media-terms';

type Rejection = Extract<AnswerResult, { readonly type: 'reject' }>;

export interface CallMediaServices {
  readonly media: MediaEngine;
  readonly random: Random;
  readonly audio: AudioCapabilities;
  /** The host that SDP names to the peer of a channel, as Contact does; the local one when absent. */
  readonly announcedHost?: (channel: Channel) => string;
  /** None when absent: plain RTP. */
  readonly encryption?: Encryption;
  /** As {@link MediaSessionOptions.detectDigits}. */
  readonly detectDigits?: 'auto' | 'always' | 'never';
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
  /** An offer of ours has no answer yet. */
  private awaiting = false;
  private wasHeld = false;
  private wasEncrypted = false;
  private closed = false;
  /** Ours, as this leg has them. */
  private readonly audio: { -readonly [K in keyof AudioCapabilities]: AudioCapabilities[K] };

  constructor(
    private readonly services: CallMediaServices,
    private readonly channel: Channel,
    private readonly handler: MediaHandler,
    /** Told when the peer puts us on hold or takes us back. */
    private readonly onHold: (held: boolean) => void,
    /** Whom it will be bridged with, where that is known. */
    private readonly near: () => MediaSession | undefined = () => undefined,
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

  /** Speaks these alone, in this order, as far as it has them; before {@link describe}. */
  restrict(codecs: readonly string[] | undefined): void {
    const chosen = chosenCodecs(this.audio.codecs, codecs);
    if (chosen === undefined || this.description !== undefined) return;
    this.audio.codecs = chosen;
    this.audio.preference = 'ours';
  }

  /** Whether what was opened for one way will do for another. */
  suits(channel: Channel): boolean {
    const { announcedHost, encryption } = this.services;
    return (
      channel.local.host === this.channel.local.host &&
      announcedHost?.(channel) === announcedHost?.(this.channel) &&
      (encryption === undefined ||
        (encryption.policy(channel) === encryption.policy(this.channel) &&
          isPrivate(channel) === isPrivate(this.channel)))
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
    const { detectDigits } = services;
    const session = await services.media.createSession({
      localHost: this.channel.local.host,
      handler: this.handler,
      near: this.near(),
      ...(detectDigits === undefined ? {} : { detectDigits }),
    });
    if (this.closed) {
      void session.close();
      throw new CallEndedError();
    }
    this.opened = session;
    this.audio.security = this.security();
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

  private security(): SecurityCapabilities | undefined {
    const { encryption, media, random } = this.services;
    if (encryption === undefined) return undefined;
    return {
      policy: encryption.policy(this.channel),
      keys: encryption.keys,
      // Where SDP cannot be read on its way it costs nothing to offer keys; elsewhere it protects nothing.
      opportunistic: isPrivate(this.channel),
      fingerprint: media.fingerprint,
      random,
    };
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
    this.awaiting = true;
    return this.negotiation.offer(direction === undefined ? {} : { direction });
  }

  /** The peer's answer to our offer. After {@link open}. */
  accept(answer: string): AcceptResult {
    // One offer may be answered more than once: by each branch of a fork, by a 183 and then the 200 (RFC 3261
    // §13.2.1), or when it was sent again after a 491 and the peer's own was answered meanwhile.
    if (!this.awaiting) this.negotiation.expectAnswer();
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
    this.noteSecurity(audio);
    if (audio.held === this.wasHeld) return;
    this.wasHeld = audio.held;
    this.onHold(audio.held);
  }

  private noteSecurity({ security }: NegotiatedAudio): void {
    const { encryption } = this.services;
    if (security?.type === 'sdes' && !isPrivate(this.channel)) {
      encryption?.onExposedKeys?.(this.channel);
    }
    if (this.wasEncrypted && security === undefined) encryption?.onDropped?.(this.channel);
    this.wasEncrypted = security !== undefined;
  }
}
