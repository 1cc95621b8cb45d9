import type { Clock, TimerHandle } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { MediaStatistics, Playback, PlaybackOptions, Recording } from '../media/port';
import type { Prompt, PromptLibrary } from '../prompt/port';
import type { SipRequest } from '../sip/message/message';
import type { ExtraHeader, IncomingSession, OfferAnswer, SessionEnd } from '../sip/ua/port';
import type { RecordingFolder } from '../store/recording-folder';
import { CallMedia, type CallMediaServices } from './call-media';
import { CallRecordBuilder, type CallRecord } from './call-record';
import { TypeAhead } from './digit-queue';
import { readInfoDigit } from './dtmf-info';
import { CallEndedError } from './errors';
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
import { reasonHeader, warningHeader } from './reason';

/** What every call of a process shares. */
export interface CallServices extends CallMediaServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly prompts: PromptLibrary;
  readonly recordings: RecordingFolder;
}

/** Who keeps the call; told once each, `onRecord` before `onGone`. */
export interface CallOwner {
  /** Nothing will be added to the record any more. */
  onRecord(record: CallRecord): void;
  /** The SIP session is over too. */
  onGone(call: LiveCall): void;
}

/** The flow that steers a call, for its record. */
export interface CallFlow {
  readonly name: string;
  readonly version: string;
}

/** Milliseconds that the flow and the recorder have, after the end of the call, to finish the record. */
const settleTimeout = 10_000;
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
  private readonly record_: CallRecordBuilder;
  private readonly endListeners = new Set<(end: CallEnd) => void>();
  private readonly eventListeners: ((event: CallEvent) => boolean)[] = [];

  private answering: Promise<void> | undefined;
  /** The description that we sent before or with the 200. */
  private description: string | undefined;
  /** Until the peer's answer to our first offer is there (delayed offer, RFC 3261 §13.2.1). */
  private agreement: Agreement | undefined;
  private transferDone: TimerHandle | undefined;

  private recordingCount = 0;
  private openRecordings = 0;
  private released: boolean;
  private endedAt = 0;
  private statistics: MediaStatistics | undefined;
  private settling: TimerHandle | undefined;
  private recorded = false;
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
    this.record_ = new CallRecordBuilder(this.info, {
      localTag: session.localTag,
      remoteTag: session.remoteTag,
      transport: session.channel.protocol,
    });
    if (flow !== undefined) this.record_.useFlow(flow.name, flow.version);
    this.released = flow === undefined;
    this.typeAhead = new TypeAhead((digit, duration) => this.emitDigit(digit, duration));
    this.digits = this.typeAhead;
    this.media = new CallMedia(
      services,
      session.channel.local.host,
      {
        onDigit: (digit, duration) => this.guard(() => this.typeAhead.press(digit, duration)),
        onTimeout: () => this.mediaTimedOut(),
      },
      (held) => this.emit({ type: held ? 'call.held' : 'call.resumed' }),
    );
    session.handler = {
      onOffer: (sdp) => this.answerOffer(sdp),
      onOfferWanted: async () => {
        await this.openMedia();
        return this.media.offer() as string;
      },
      onAnswer: (sdp) => this.acceptAnswer(sdp),
      onEstablished: () => undefined,
      onInfo: (request) => this.takeInfo(request),
      // Transfers are the flow's to make, not the caller's.
      onRefer: () => 603,
      onEnded: (sessionEnd) => this.sessionHasEnded(sessionEnd),
    };
    services.logger.info(
      { call: id, callId: session.callId, from: this.info.from.uri, to: this.info.dialled },
      'call started',
    );
  }

  onEnd(listener: (end: CallEnd) => void): () => void {
    const { end } = this;
    if (end !== undefined) {
      this.guard(() => listener(end));
      return () => undefined;
    }
    const entry = (over: CallEnd): void => listener(over);
    this.endListeners.add(entry);
    return () => this.endListeners.delete(entry);
  }

  onEvent(listener: (event: CallEvent) => boolean): () => void {
    const entry = (event: CallEvent): boolean => listener(event);
    this.eventListeners.push(entry);
    return () => {
      const index = this.eventListeners.indexOf(entry);
      if (index >= 0) this.eventListeners.splice(index, 1);
    };
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
    if (session.offer === undefined) {
      // RFC 3262 §5: an offer that went out in a 183 has to be answered before the 200.
      if (this.agreement !== undefined) await this.agreement.reached;
      this.mustLive();
      session.accept(this.describe());
      this.markAnswered();
      // RFC 3261 §13.2.1: the answer to our offer comes with the ACK; without it there is nobody to send to.
      await this.agreement?.reached;
      return;
    }
    session.accept(this.describe());
    this.markAnswered();
  }

  private markAnswered(): void {
    this.state = 'answered';
    this.record_.markAnswered(this.services.clock.now());
    this.services.logger.info({ call: this.info.id }, 'call answered');
  }

  async ring(options: { readonly earlyMedia?: boolean } = {}): Promise<void> {
    this.mustLive();
    const { session } = this;
    // RFC 3262 §5: our own offer may only go out in a provisional response that is confirmed.
    const early =
      options.earlyMedia === true && (session.offer !== undefined || reliably(session.request));
    if (early) await this.openMedia();
    if (this.state === 'answered') return;
    this.record_.markRinging(this.services.clock.now());
    if (!early) {
      session.provisional(180);
      return;
    }
    if (this.state === 'early') return;
    session.provisional(183, { sdp: this.describe() });
    this.state = 'early';
    await this.agreement?.reached;
  }

  reject(status: number, reason?: string): void {
    if (status < 400 || status > 699) throw new StatusError(status, '400 to 699');
    if (this.end !== undefined) return;
    if (this.state === 'answered') {
      this.bye({ by: 'flow', cause: 'bye', status, reason: reason ?? '' });
      return;
    }
    this.session.reject(status, reason === undefined ? {} : { reason });
    this.finish({ by: 'flow', cause: 'rejected', status, reason: reason ?? '' });
  }

  redirect(contacts: readonly string[], status = 302): void {
    if (status < 300 || status > 399) throw new StatusError(status, '300 to 399');
    if (this.end !== undefined) return;
    if (this.state === 'answered') {
      throw new CallchartError(
        'CALLCHART_CALL_ANSWERED',
        'an answered call cannot be redirected: transfer it',
      );
    }
    this.session.reject(status, { contacts });
    this.finish({ by: 'flow', cause: 'redirected', status, reason: contacts.join(', ') });
  }

  hangup(reason = ''): void {
    if (this.state === 'answered') this.bye({ by: 'flow', cause: 'bye', status: 200, reason });
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

  private refuse(end: CallEnd, headers: readonly ExtraHeader[] = []): void {
    if (this.end !== undefined) return;
    this.session.reject(end.status, { headers });
    this.finish(end);
  }

  private bye(end: CallEnd): void {
    if (this.end !== undefined) return;
    // RFC 3326 §2: the status says why, 200 and no text need no saying.
    const headers =
      end.status === 200 && end.reason === '' ? [] : [reasonHeader(end.status, end.reason)];
    this.session.end({ headers });
    this.finish(end);
  }

  async transfer(to: string, options: { readonly timeout: number }): Promise<TransferResult> {
    await this.answer();
    this.mustLive();
    const { clock, logger } = this.services;
    const outcome = await this.session.refer({ to, timeout: options.timeout });
    const result: TransferResult =
      // Whoever hangs up while it is being transferred has taken it into its own hands (RFC 3515 §2.4.7).
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
      if (signal?.aborted !== true) this.noteError(error);
      throw error;
    }
  }

  async record(options: Parameters<CallControl['record']>[0]): Promise<Recording> {
    const { name = '', ...rest } = options;
    await this.answer();
    this.recordingCount += 1;
    const path = await this.services.recordings.newPath(this.info.id, this.recordingCount, name);
    const recording = this.liveMedia().record({ ...rest, path });
    this.openRecordings += 1;
    recording.done
      .then(
        ({ type, error, ...result }) => {
          this.note({ ...result, type: 'recording', endedBy: type });
          if (error !== undefined) this.noteError(error);
        },
        (error: unknown) => this.noteError(error),
      )
      .finally(() => {
        this.openRecordings -= 1;
        this.complete();
      });
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
        this.noteError(error);
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

  /** Our description: the answer to the INVITE's offer, or our own offer; 488 when they do not meet. */
  private describe(): string {
    if (this.description !== undefined) return this.description;
    const { offer } = this.session;
    if (offer === undefined) {
      this.agreement = agreement();
      this.description = this.media.offer() as string;
      return this.description;
    }
    const result = this.media.answer(offer);
    if (result?.type === 'answer') {
      this.description = result.sdp;
      return result.sdp;
    }
    const warning = result?.warning ?? { code: 399, text: 'No media' };
    this.refuseUnanswered(
      { by: 'system', cause: 'not-acceptable', status: 488, reason: warning.text },
      warningHeader(warning),
    );
    throw new CallEndedError();
  }

  private refuseUnanswered(end: CallEnd, header: ExtraHeader): void {
    if (this.state === 'answered') this.bye(end);
    else this.refuse(end, [header]);
  }

  // ── what the session and the media session tell ─────────────────────────────────────────────────

  private async answerOffer(sdp: string): Promise<OfferAnswer> {
    try {
      await this.openMedia();
    } catch {
      return { type: 'reject', status: 503 };
    }
    const result = this.media.answer(sdp);
    if (result?.type !== 'answer') {
      return result ?? { type: 'reject', status: 500 };
    }
    // An UPDATE before the answer renews what the 200 would repeat (RFC 3311 §5.2).
    this.description = result.sdp;
    return { type: 'answer', sdp: result.sdp };
  }

  private acceptAnswer(sdp: string): boolean {
    const result = this.media.accept(sdp);
    if (result.type === 'accepted') {
      this.agreement?.reach();
      return true;
    }
    this.note({ type: 'error', message: `SDP answer refused: ${result.reason}` });
    return false;
  }

  private takeInfo(request: SipRequest): number {
    const press = readInfoDigit(request);
    if (press.type === 'refused') return press.status;
    if (press.type === 'digit') {
      const { session } = this.media;
      // The media session knows whether RFC 4733 or the sound has told of the same press already.
      if (session !== undefined) session.reportDigit(press.digit, press.duration);
      else this.guard(() => this.typeAhead.press(press.digit, press.duration));
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
    if (this.recorded) this.owner.onGone(this);
  }

  private emitDigit(digit: string, duration: number): boolean {
    const event: CallEvent = { type: 'dtmf', digit, duration };
    for (let index = this.eventListeners.length - 1; index >= 0; index -= 1) {
      if (this.eventListeners[index]?.(event) === true) return true;
    }
    return false;
  }

  private emit(event: CallEvent): void {
    this.services.logger.info({ call: this.info.id }, event.type);
    for (const listener of [...this.eventListeners]) this.guard(() => listener(event));
  }

  // ── the record and the end ──────────────────────────────────────────────────────────────────────

  note(note: CallNote): void {
    this.record_.note(note, this.services.clock.now());
  }

  /** The flow has entered a state, as XState writes it: `menu`, or `{"menu":"playing"}`. */
  enteredState(value: string): void {
    this.record_.enteredState(value, this.services.clock.now());
  }

  /** The flow has settled and will add nothing to the record. Idempotent. */
  release(): void {
    this.released = true;
    this.complete();
  }

  private noteError(thrown: unknown): void {
    const code = thrown instanceof CallchartError ? { code: thrown.code } : {};
    this.note({ type: 'error', ...code, message: describeError(thrown) });
    this.services.logger.warn(
      { call: this.info.id, ...code, error: describeError(thrown) },
      'call error',
    );
  }

  private mustLive(): void {
    if (this.end !== undefined) throw new CallEndedError();
  }

  private finish(end: CallEnd): void {
    if (this.end !== undefined) return;
    const { clock, logger } = this.services;
    this.end = end;
    this.state = 'ended';
    this.endedAt = clock.now();
    clock.clearTimeout(this.transferDone);
    this.agreement?.fail();
    this.statistics = this.media.close();
    logger.info({ call: this.info.id, ...end }, 'call ended');
    const listeners = [...this.endListeners];
    this.endListeners.clear();
    for (const listener of listeners) this.guard(() => listener(end));
    this.complete();
    if (!this.recorded) {
      this.settling = clock.setTimeout(() => this.complete(true), settleTimeout);
    }
  }

  private complete(overdue = false): void {
    if (this.end === undefined || this.recorded) return;
    if (!overdue && (!this.released || this.openRecordings > 0)) return;
    if (overdue) {
      this.note({
        type: 'error',
        message: 'the flow or a recording did not finish after the call',
      });
    }
    this.recorded = true;
    this.services.clock.clearTimeout(this.settling);
    const record = this.record_.finish(this.end, this.endedAt, this.statistics);
    this.guard(() => this.owner.onRecord(record));
    if (this.sessionEnded) this.owner.onGone(this);
  }

  /** A listener's defect costs nobody but itself. */
  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.services.logger.error(
        { call: this.info.id, error: describeError(error) },
        'a listener of the call threw',
      );
    }
  }
}

class StatusError extends CallchartError {
  constructor(status: number, allowed: string) {
    super('CALLCHART_INVALID_STATUS', `${status} is not a status of ${allowed}`);
  }
}

interface Agreement {
  readonly reached: Promise<void>;
  reach(): void;
  fail(): void;
}

function agreement(): Agreement {
  let reach = (): void => undefined;
  let fail = (): void => undefined;
  const reached = new Promise<void>((resolve, reject) => {
    reach = resolve;
    fail = () => reject(new CallEndedError());
  });
  // Whoever waits gets the failure; when nobody does, it is not an unhandled one.
  reached.catch(() => undefined);
  return { reached, reach, fail };
}

/** RFC 3262 §3: the peer confirms provisional responses. */
function reliably(request: SipRequest): boolean {
  return [...request.supported, ...request.require].some((tag) => tag.toLowerCase() === '100rel');
}
