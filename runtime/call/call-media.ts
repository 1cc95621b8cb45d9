import type { Random } from '../core/random';
import type { MediaEngine, MediaHandler, MediaSession, MediaStatistics } from '../media/port';
import type {
  AcceptResult,
  AnswerResult,
  AudioCapabilities,
  NegotiatedAudio,
  OfferAnswerSession,
} from '../sdp/port';
import { SdpSession } from '../sdp/session';
import { CallEndedError } from './errors';

export interface CallMediaServices {
  readonly media: MediaEngine;
  readonly random: Random;
  readonly audio: AudioCapabilities;
  /** The address that SDP announces instead of the local one: for a server behind a NAT. */
  readonly externalMediaHost?: string;
}

/**
 * The audio of one leg and what was agreed about it: the ports are taken when first needed, and each
 * offer and answer goes to the media session at once.
 */
export class CallMedia {
  private opening: Promise<MediaSession> | undefined;
  private opened: MediaSession | undefined;
  private offerAnswer: OfferAnswerSession | undefined;
  private closed = false;

  constructor(
    private readonly services: CallMediaServices,
    private readonly localHost: string,
    private readonly handler: MediaHandler,
    /** Told when the peer puts us on hold or takes us back. */
    private readonly onHold: (held: boolean) => void,
  ) {}

  get session(): MediaSession | undefined {
    return this.opened;
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
      localHost: this.localHost,
      handler: this.handler,
    });
    if (this.closed) {
      session.close();
      throw new CallEndedError();
    }
    this.opened = session;
    this.offerAnswer = new SdpSession(
      {
        host: services.externalMediaHost ?? session.local.host,
        port: session.local.port,
        // RFC 8866 §5.2: unique among our sessions; a number without sign.
        sessionId: String(services.random.uint32()),
      },
      services.audio,
    );
    return session;
  }

  /** The peer's offer; undefined before {@link open}. */
  answer(offer: string): AnswerResult | undefined {
    const result = this.offerAnswer?.answer(offer);
    if (result?.type === 'answer') this.apply(result.audio);
    return result;
  }

  /** Our offer; undefined before {@link open}. */
  offer(): string | undefined {
    return this.offerAnswer?.offer();
  }

  /** The peer's answer to our offer. */
  accept(answer: string): AcceptResult {
    const { offerAnswer } = this;
    if (offerAnswer === undefined) return { type: 'refused', reason: 'nothing was offered' };
    const result = offerAnswer.accept(answer);
    if (result.type === 'accepted') this.apply(result.audio);
    return result;
  }

  /** Gives the ports back; the statistics are undefined when none were ever taken. */
  close(): MediaStatistics | undefined {
    this.closed = true;
    return this.opened?.close();
  }

  private wasHeld = false;

  private apply(audio: NegotiatedAudio): void {
    this.opened?.configure(audio);
    if (audio.held === this.wasHeld) return;
    this.wasHeld = audio.held;
    this.onHold(audio.held);
  }
}
