import { DefectError } from '../core/errors';
import type { DetectedTone, MediaDirection, MediaSession, MediaStatistics } from '../media/port';
import type { SipRequest } from '../sip/message/message';
import type { Channel } from '../sip/transport/port';
import type {
  IncomingRefer,
  OfferAnswer,
  Session,
  SessionEnd,
  SessionHandler,
} from '../sip/ua/port';
import { CallMedia, type CallMediaServices } from './call-media';
import type { LegStatus } from './call-status';
import { readInfoDigit, writeInfoDigit } from './dtmf-info';

/** Whoever a leg belongs to: a call, or the dialling of one. */
export interface LegOwner {
  /** A key was pressed, once however it was reported. */
  onDigit(digit: string, duration: number): void;
  /** The peer began or ceased to speak, while that was asked for. */
  onSpeech?(speaking: boolean): void;
  /** A signal of a network or a fax machine, while that was asked for. */
  onTone?(tone: DetectedTone): void;
  /** The peer put us on hold, or took us back. */
  onHold(held: boolean): void;
  /** No packet came for the engine's `mediaTimeout`, and the peer does not hold. */
  onMediaTimeout(): void;
  /** The peer's answer to an offer of ours cannot be used; the session ends by itself. */
  onAnswerRefused(reason: string): void;
  /** The audio is over for no reason of ours: its thread has died, or keys could not be agreed. */
  onMediaFailed(reason: string): void;
  /** There is no port for the audio. */
  onMediaUnavailable(error: unknown): void;
  onRefer(refer: IncomingRefer): void;
  onEnded(end: SessionEnd): void;
}

/** What a leg is tied to while it is bridged. */
export interface LegBridge {
  onHold(leg: Leg, held: boolean): void;
}

/**
 * One SIP session with its audio, whoever began it: answers offers, makes them, reads and writes keys in
 * INFO. How it is answered, and what its end means, is its owner's.
 */
export class Leg {
  /** Set while it is bridged. */
  bridge: LegBridge | undefined;
  /** Whose peer this one's will talk with, where that is known before the ports are taken. */
  near: (() => MediaSession | undefined) | undefined;
  private owner: LegOwner;
  private way: CallMedia | undefined;
  private dialogue: Session | undefined;
  /** What we last wanted of the stream, and what the peer was offered. */
  private wanted: MediaDirection = 'sendrecv';
  private offered: MediaDirection = 'sendrecv';
  private offering = false;

  constructor(
    private readonly services: CallMediaServices,
    owner: LegOwner,
  ) {
    this.owner = owner;
  }

  /** For {@link Session.handler}: an incoming session's as it is, an outgoing one's with its progress added. */
  readonly handler: SessionHandler = {
    onOffer: (sdp) => this.answerOffer(sdp),
    onOfferWanted: async () => {
      await this.open();
      return this.media.offer();
    },
    onAnswer: (sdp) => this.acceptAnswer(sdp),
    onEstablished: () => undefined,
    onInfo: (request) => this.takeInfo(request),
    onRefer: (refer) => this.owner.onRefer(refer),
    onEnded: (end) => this.owner.onEnded(end),
  };

  get session(): Session {
    if (this.dialogue === undefined) throw new DefectError('the leg has no session');
    return this.dialogue;
  }

  set session(session: Session) {
    this.dialogue = session;
  }

  get media(): CallMedia {
    if (this.way === undefined) throw new DefectError('the way to the peer is not known yet');
    return this.way;
  }

  /** Undefined until the ports are taken. */
  get sound(): MediaSession | undefined {
    return this.way?.session;
  }

  /** Its audio as of now. */
  get status(): Pick<LegStatus, 'held' | 'media'> {
    return { held: this.way?.held === true, media: this.sound?.statistics() };
  }

  /** Somebody else answers for it from now on. */
  handOver(owner: LegOwner): void {
    this.owner = owner;
  }

  /**
   * The way to the peer is known: its audio is announced from there. Where a request goes elsewhere after a
   * failure, and from another address, what was opened for the first way is closed.
   */
  useChannel(channel: Channel): CallMedia {
    if (this.way?.suits(channel) === true) return this.way;
    void this.way?.close();
    this.way = new CallMedia(
      this.services,
      channel,
      {
        onDigit: (digit, duration) => this.owner.onDigit(digit, duration),
        onSpeech: (speaking) => this.owner.onSpeech?.(speaking),
        onTone: (tone) => this.owner.onTone?.(tone),
        onTimeout: () => {
          // A phone that holds may be silent for as long as it likes.
          if (!this.media.held) this.owner.onMediaTimeout();
        },
        onFailed: (reason) => this.owner.onMediaFailed(reason),
      },
      (held) => {
        this.owner.onHold(held);
        this.bridge?.onHold(this, held);
      },
      () => this.near?.(),
    );
    return this.way;
  }

  /** Takes the ports; rejects when there are none, and then the owner knows. */
  async open(): Promise<MediaSession> {
    try {
      return await this.media.open();
    } catch (error) {
      this.owner.onMediaUnavailable(error);
      throw error;
    }
  }

  /** Gives the ports back; undefined when none were ever taken. */
  close(): Promise<MediaStatistics> | undefined {
    return this.way?.close();
  }

  /**
   * Offers the peer another direction: `sendonly` and `inactive` hold it. The newest wish counts; one that the
   * peer refuses is dropped, and the stream stays as it was.
   */
  direct(direction: MediaDirection): void {
    this.wanted = direction;
    if (!this.offering) void this.offerWanted();
  }

  /** A key that cannot be sent as an RFC 4733 event. */
  sendInfoDigit(digit: string, duration: number): void {
    // Whether the peer takes it is all the same: there is no other way left.
    void this.askInfoDigit(digit, duration);
  }

  /** A key as SIP INFO; resolves with the status of the answer, 408 when there was none. */
  async askInfoDigit(digit: string, duration: number): Promise<number> {
    const { type, body } = writeInfoDigit(digit, duration);
    const outcome = await this.session.info(type, body);
    return outcome.type === 'response' ? outcome.response.status : 408;
  }

  private async offerWanted(): Promise<void> {
    this.offering = true;
    while (this.wanted !== this.offered && this.session.state !== 'ended') {
      const direction = this.wanted;
      const outcome = await this.session.reoffer(this.media.offer(direction));
      if (outcome.type === 'response' && outcome.response.status < 300) this.offered = direction;
      else if (this.wanted === direction) this.wanted = this.offered;
    }
    this.offering = false;
  }

  private answerOffer(sdp: string): OfferAnswer | Promise<OfferAnswer> {
    if (this.media.session !== undefined) return this.media.answer(sdp);
    return this.open().then(
      () => this.media.answer(sdp),
      (): OfferAnswer => ({ type: 'reject', status: 503 }),
    );
  }

  private acceptAnswer(sdp: string): boolean {
    const result = this.media.accept(sdp);
    if (result.type === 'refused')
      this.owner.onAnswerRefused(`SDP answer refused: ${result.reason}`);
    return result.type === 'accepted';
  }

  private takeInfo(request: SipRequest): number {
    const press = readInfoDigit(request);
    if (press.type === 'refused') return press.status;
    if (press.type === 'digit') {
      const { sound } = this;
      // The media session knows whether RFC 4733 or the sound has told of the same press already.
      if (sound !== undefined) sound.reportDigit(press.digit, press.duration);
      else this.owner.onDigit(press.digit, press.duration);
    }
    return 200;
  }
}
