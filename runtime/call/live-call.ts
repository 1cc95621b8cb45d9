import type { TimerHandle } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import { trace } from '../core/trace';
import type { Playback, PlaybackOptions, Recording } from '../media/port';
import type { Prompt } from '../prompt/port';
import { reasonPhrase } from '../sip/message/create';
import type { SipRequest } from '../sip/message/message';
import type { ExtraHeader, IncomingSession, OfferAnswer, SessionEnd } from '../sip/ua/port';
import { CallMedia } from './call-media';
import { CallListeners } from './call-listeners';
import type { CallRecord } from './call-record';
import { TypeAhead } from './digit-queue';
import { readInfoDigit } from './dtmf-info';
import { CallEndedError, ResponseStatusError } from './errors';
import { callInfo } from './info';
import type {
  CallControl,
  CallEnd,
  CallEvent,
  CallInfo,
  CallNote,
  DigitQueue,
  TransferResult,
} from './port';
import { reasonHeader, supportsReliability, warningHeader } from './headers';
import { RecordKeeper } from './record-keeper';
import type { CallFlow, CallOwner, CallServices } from './services';

/** Seconds after which a caller may try again when no media port was free. */
const retryAfter = '5';

/** An incoming call over SIP and RTP. */
export class LiveCall implements CallControl {
  readonly info: CallInfo;
  readonly digits: DigitQueue;
  state: CallControl['state'] = 'ringing';
  end: CallEnd | undefined;

  private readonly typeAhead: TypeAhead;
  private readonly media: CallMedia;
  private readonly keeper: RecordKeeper;
  private readonly listeners: CallListeners;

  private answering: Promise<void> | undefined;
  private transferDone: TimerHandle | undefined;

  private recordings = 0;
  private readonly releaseRecord: () => void;
  private sessionEnded = false;

  /**
   * Takes the session over. With a `flow`, the record waits for {@link release} after the end.
   *
   * @param id Callchart's own id of the call
   */
  constructor(
    private readonly session: IncomingSession,
    id: string,
    private readonly services: CallServices,
    private readonly owner: CallOwner,
    flow?: CallFlow,
  ) {
    this.info = callInfo(session, id, services.clock.now());
    this.keeper = new RecordKeeper(
      this.info,
      {
        localTag: session.localTag,
        remoteTag: session.remoteTag,
        transport: session.channel.protocol,
      },
      services.clock,
      (record) => this.recordFinished(record),
    );
    if (flow !== undefined) this.keeper.useFlow(flow.name, flow.version);
    this.releaseRecord = flow === undefined ? () => undefined : this.keeper.hold();
    this.listeners = new CallListeners((thrown) => {
      services.logger.error(
        { call: id, error: describeError(thrown) },
        'a listener of the call threw',
      );
    });
    this.typeAhead = new TypeAhead((digit, duration) =>
      this.listeners.offer({ type: 'dtmf', digit, duration }),
    );
    this.digits = this.typeAhead;
    this.media = new CallMedia(
      services,
      session.channel,
      {
        onDigit: (digit, duration) => this.press(digit, duration),
        onTimeout: () => this.mediaTimedOut(),
      },
      (held) => this.emit({ type: held ? 'call.held' : 'call.resumed' }),
    );
    session.handler = {
      onOffer: (sdp) => this.answerOffer(sdp),
      onOfferWanted: async () => {
        await this.openMedia();
        return this.media.offer();
      },
      onAnswer: (sdp) => this.acceptAnswer(sdp),
      onEstablished: () => undefined,
      onInfo: (request) => this.takeInfo(request),
      // Transfers are the flow's to make, not the caller's.
      onRefer: () => 603,
      onEnded: (sessionEnd) => this.sessionHasEnded(sessionEnd),
    };
    trace.call.publish({ time: this.info.started, id, callId: session.callId });
    services.logger.info(
      { call: id, callId: session.callId, from: this.info.from.uri, to: this.info.dialled },
      'call started',
    );
  }

  onEnd(listener: (end: CallEnd) => void): () => void {
    const { end } = this;
    if (end === undefined) return this.listeners.onEnd(listener);
    this.listeners.guard(() => listener(end));
    return () => undefined;
  }

  onEvent(listener: (event: CallEvent) => boolean): () => void {
    return this.listeners.onEvent(listener);
  }

  // ── signalling ──────────────────────────────────────────────────────────────────────────────────

  answer(): Promise<void> {
    if (this.end !== undefined) return Promise.reject(new CallEndedError());
    this.answering ??= this.answerNow();
    return this.answering;
  }

  private async answerNow(): Promise<void> {
    await this.openMedia();
    const { session } = this;
    // RFC 3262 §5: an offer of ours that went out in a 183 has to be answered before the 200.
    await this.media.agreed;
    this.mustLive();
    session.accept(this.describe());
    this.markAnswered();
    // RFC 3261 §13.2.1: the answer to a delayed offer comes with the ACK; before it there is no address.
    await this.media.agreed;
  }

  private markAnswered(): void {
    this.state = 'answered';
    this.keeper.markAnswered();
    this.services.logger.info({ call: this.info.id }, 'call answered');
  }

  async ring(options: { readonly earlyMedia?: boolean } = {}): Promise<void> {
    this.mustLive();
    const { session } = this;
    // RFC 3262 §5: our own offer may only go out in a provisional response that is confirmed.
    const early =
      options.earlyMedia === true &&
      (session.offer !== undefined || supportsReliability(session.request));
    if (early) await this.openMedia();
    if (this.state === 'answered') return;
    this.keeper.markRinging();
    if (!early) {
      session.provisional(180);
      return;
    }
    if (this.state === 'early') return;
    session.provisional(183, { sdp: this.describe() });
    this.state = 'early';
    await this.media.agreed;
  }

  reject(status: number, reason?: string): void {
    if (status < 400 || status > 699) throw new ResponseStatusError(status, '400 to 699');
    if (this.end !== undefined) return;
    const end = { by: 'flow', status, reason: reason ?? reasonPhrase(status) } as const;
    if (this.state === 'answered') this.bye({ ...end, cause: 'bye' });
    else this.refuse({ ...end, cause: 'rejected' }, reason === undefined ? {} : { reason });
  }

  redirect(contacts: readonly string[], status = 302): void {
    if (status < 300 || status > 399) throw new ResponseStatusError(status, '300 to 399');
    if (this.end !== undefined) return;
    if (this.state === 'answered') {
      throw new CallchartError(
        'CALLCHART_CALL_ANSWERED',
        'an answered call cannot be redirected: transfer it',
      );
    }
    const reason = contacts.join(', ');
    this.refuse({ by: 'flow', cause: 'redirected', status, reason }, { contacts });
  }

  hangup(reason = ''): void {
    // A flow whose work is done with the transfer hangs up for it.
    const cause = this.transferDone === undefined ? 'bye' : 'transferred';
    if (this.state === 'answered') this.bye({ by: 'flow', cause, status: 200, reason });
    else this.refuse({ by: 'flow', cause: 'rejected', status: 480, reason });
  }

  /**
   * Ends the call for a reason that is neither the caller's nor the flow's: before the answer with
   * `status`, after it with a BYE that names it.
   */
  terminate(cause: string, status: number, reason: string): void {
    const end: CallEnd = { by: 'system', cause, status, reason };
    if (this.state === 'answered') this.bye(end);
    else this.refuse(end);
  }

  // The end is settled before the session is told, which may tell us of it at once.

  private refuse(end: CallEnd, options: Parameters<IncomingSession['reject']>[1] = {}): void {
    if (this.end !== undefined) return;
    this.finish(end);
    this.session.reject(end.status, options);
  }

  private bye(end: CallEnd): void {
    if (this.end !== undefined) return;
    this.finish(end);
    // RFC 3326 §2: the status says why; a plain good-bye needs no saying.
    const plain = end.status === 200 && end.reason === '';
    this.session.end(plain ? {} : { headers: [reasonHeader(end.status, end.reason)] });
  }

  async transfer(to: string, options: { readonly timeout: number }): Promise<TransferResult> {
    await this.answer();
    this.mustLive();
    const { clock, logger } = this.services;
    const outcome = await this.session.refer({ to, timeout: options.timeout });
    const result: TransferResult =
      // A phone may hang up as soon as it has taken the REFER: the transfer is in its hands.
      outcome.type === 'ended' ? { type: 'accepted', status: 202 } : outcome;
    this.note({ ...result, type: 'transfer', to, outcome: outcome.type });
    logger.info({ call: this.info.id, to, outcome: outcome.type }, 'call transferred');
    if (result.type === 'accepted' && this.end === undefined) {
      // The caller of this method hears of the success before it hears of the end.
      this.transferDone ??= clock.setTimeout(() => {
        this.bye({ by: 'flow', cause: 'transferred', status: 200, reason: '' });
      }, 0);
    }
    return result;
  }

  // ── media ───────────────────────────────────────────────────────────────────────────────────────

  async play(prompt: Prompt, options?: PlaybackOptions, signal?: AbortSignal): Promise<Playback> {
    this.mustLive();
    // A voice may take its time: it is asked while the call is being answered.
    const [items] = await Promise.all([this.resolve(prompt, signal), this.mediaReady()]);
    signal?.throwIfAborted();
    return this.liveMedia().play(items, options);
  }

  private async resolve(prompt: Prompt, signal: AbortSignal | undefined) {
    try {
      return await this.services.prompts.resolve(prompt, signal);
    } catch (error) {
      if (signal?.aborted !== true) this.reportError(error);
      throw error;
    }
  }

  async record(options: Parameters<CallControl['record']>[0]): Promise<Recording> {
    const { name = '', ...rest } = options;
    await this.answer();
    this.recordings += 1;
    const path = this.services.recordings.newPath(this.info.id, this.recordings, name);
    const recording = this.liveMedia().record({ ...rest, path });
    this.keeper.follow(recording);
    return recording;
  }

  async sendDigits(digits: string, duration: number, gap: number): Promise<void> {
    await this.answer();
    await this.liveMedia().sendDigits(digits, duration, gap);
  }

  async echo(): Promise<() => void> {
    await this.answer();
    return this.liveMedia().echo();
  }

  private mediaReady(): Promise<void> {
    // Early media that the flow asked for is heard before the answer.
    return this.state === 'early' ? Promise.resolve() : this.answer();
  }

  private liveMedia() {
    const { session } = this.media;
    if (this.end !== undefined || session === undefined) throw new CallEndedError();
    return session;
  }

  /** Takes the ports; a caller for whom there are none gets 503. */
  private async openMedia(): Promise<void> {
    try {
      await this.media.open();
    } catch (error) {
      if (this.end === undefined) {
        this.reportError(error);
        const status = (error instanceof CallchartError ? error.status : undefined) ?? 503;
        this.refuseUnanswered(
          { by: 'system', cause: 'media-unavailable', status, reason: describeError(error) },
          ['Retry-After', retryAfter],
        );
      }
      throw error;
    }
    this.mustLive();
  }

  /** Our description for the 183 or the 200; a caller who shares no codec with us gets 488. */
  private describe(): string {
    const result = this.media.describe(this.session.offer);
    if (result.type === 'description') return result.sdp;
    this.refuseUnanswered(
      { by: 'system', cause: 'not-acceptable', status: 488, reason: result.warning.text },
      warningHeader(result.warning),
    );
    throw new CallEndedError();
  }

  private refuseUnanswered(end: CallEnd, header: ExtraHeader): void {
    if (this.state === 'answered') this.bye(end);
    else this.refuse(end, { headers: [header] });
  }

  // ── what the session and the media session tell ─────────────────────────────────────────────────

  private answerOffer(sdp: string): OfferAnswer | Promise<OfferAnswer> {
    if (this.media.session !== undefined) return this.media.answer(sdp);
    return this.openMedia().then(
      () => this.media.answer(sdp),
      () => ({ type: 'reject', status: 503 }),
    );
  }

  private acceptAnswer(sdp: string): boolean {
    const result = this.media.accept(sdp);
    if (result.type === 'refused') {
      this.note({ type: 'error', message: `SDP answer refused: ${result.reason}` });
    }
    return result.type === 'accepted';
  }

  private takeInfo(request: SipRequest): number {
    const press = readInfoDigit(request);
    if (press.type === 'refused') return press.status;
    if (press.type === 'digit') {
      const { session } = this.media;
      // The media session knows whether RFC 4733 or the sound has told of the same press already.
      if (session !== undefined) session.reportDigit(press.digit, press.duration);
      else this.press(press.digit, press.duration);
    }
    return 200;
  }

  private mediaTimedOut(): void {
    // A phone that holds may be silent for as long as it likes.
    if (this.media.held) return;
    this.terminate('media-timeout', 408, 'Media timeout');
  }

  private sessionHasEnded({ by, cause, status, reason }: SessionEnd): void {
    this.sessionEnded = true;
    this.finish({ by: by === 'remote' ? 'caller' : 'system', cause, status, reason });
    if (this.keeper.finished) this.owner.onGone(this.info.id);
  }

  private press(digit: string, duration: number): void {
    this.listeners.guard(() => this.typeAhead.press(digit, duration));
  }

  private emit(event: CallEvent): void {
    this.services.logger.info({ call: this.info.id }, event.type);
    this.listeners.emit(event);
  }

  // ── the record and the end ──────────────────────────────────────────────────────────────────────

  note(note: CallNote): void {
    this.keeper.note(note);
  }

  /** The flow has entered a state: `menu`, or `menu.playing`. */
  enteredState(state: string): void {
    this.keeper.enteredState(state);
  }

  /** The flow has settled and will add nothing to the record. Idempotent. */
  release(): void {
    this.releaseRecord();
  }

  private reportError(thrown: unknown): void {
    this.keeper.noteError(thrown);
    this.services.logger.warn({ call: this.info.id, error: describeError(thrown) }, 'call error');
  }

  private mustLive(): void {
    if (this.end !== undefined) throw new CallEndedError();
  }

  private finish(end: CallEnd): void {
    if (this.end !== undefined) return;
    const { clock, logger } = this.services;
    this.end = end;
    this.state = 'ended';
    const at = clock.now();
    clock.clearTimeout(this.transferDone);
    const statistics = this.media.close();
    logger.info({ call: this.info.id, ...end }, 'call ended');
    this.listeners.ended(end);
    this.keeper.end(end, at, statistics);
  }

  private recordFinished(record: CallRecord): void {
    this.listeners.guard(() => this.owner.onRecord(record));
    if (this.sessionEnded) this.owner.onGone(this.info.id);
  }
}
