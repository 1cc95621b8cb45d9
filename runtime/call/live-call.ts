import { parse } from 'node:path';
import type { TimerHandle } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import { trace } from '../core/trace';
import type {
  DetectOptions,
  MachineDetection,
  MachineOptions,
  MediaTap,
  Playback,
  PlaybackOptions,
  Recording,
  RecordingOptions,
  TapOptions,
} from '../media/port';
import type { Prompt } from '../prompt/port';
import type { DialogReference } from '../sip/message/dialog-reference';
import type { ResponseOptions, SessionEnd } from '../sip/ua/port';
import { blindTransfer } from './blind-transfer';
import { CallAside, type AsideOwner } from './call-aside';
import { CallDialling, type DiallingOwner } from './call-dialling';
import { CallListeners } from './call-listeners';
import type { CallIdentity, CallRecord, LegFacts } from './call-record';
import type { CallSetup, SetupOwner } from './call-setup';
import { CallSound, type SoundOwner } from './call-sound';
import { callStatus, type CallStatus } from './call-status';
import { conferenceCaller } from './conference/caller';
import type {
  ConferencePartyControl,
  ConferenceRequest,
  ConferenceResult,
} from './conference/port';
import type { Conversation } from './dial/conversation';
import type { DialReport, DialRequest } from './dial/dial';
import { TypeAhead } from './digit-queue';
import { CallEndedError, ResponseStatusError } from './errors';
import { reasonHeader } from './headers';
import type { CallFact } from './happenings';
import type { Leg, LegOwner } from './leg';
import type {
  AnswerOptions,
  CallControl,
  CallEnd,
  CallEvent,
  CallInfo,
  CallNote,
  DialOptions,
  DialResult,
  DigitQueue,
  RecordingFile,
  TransferResult,
} from './port';
import type {
  DequeueRequest,
  DequeueResult,
  QueuePlace,
  QueueRequest,
  QueueResult,
} from './queue/port';
import { RecordKeeper } from './record-keeper';
import { rejection } from './rejection';
import type { CallFlow, CallOwner, CallServices } from './services';
import type { FindSide } from './transfer/side';

/** Milliseconds; no call is longer than a day. */
const longestRecording = 24 * 3_600_000;

/** Seconds after which a caller may try again when no media port was free. */
const retryAfter = '5';

export interface LiveCallParts {
  readonly info: CallInfo;
  readonly identity: CallIdentity;
  readonly services: CallServices;
  readonly owner: CallOwner;
  /** With it, the record waits for {@link LiveCall.release} after the end. */
  readonly flow?: CallFlow | undefined;
  /** Makes the way to the answer; what it makes may tell its owner something only later. */
  readonly setup: (owner: LegOwner & SetupOwner) => CallSetup;
}

/** A call over SIP and RTP, whoever began it. */
export class LiveCall implements CallControl, DiallingOwner, SoundOwner, AsideOwner {
  readonly digits: DigitQueue;
  state: CallControl['state'] = 'ringing';
  end: CallEnd | undefined;

  private facts: CallInfo;
  private readonly services: CallServices;
  private readonly owner: CallOwner;
  private readonly setup: CallSetup;
  private readonly typeAhead: TypeAhead;
  private readonly keeper: RecordKeeper;
  private readonly listeners: CallListeners;

  private answering: Promise<void> | undefined;
  private transferDone: TimerHandle | undefined;
  private readonly dialling: CallDialling;

  readonly recognize: CallControl['recognize'];
  private readonly sound: CallSound;
  private readonly aside: CallAside;
  private readonly releaseRecord: () => void;
  private sessionEnded = false;

  constructor({ info, identity, services, owner, flow, setup }: LiveCallParts) {
    this.facts = info;
    this.services = services;
    this.owner = owner;
    this.keeper = new RecordKeeper(
      info,
      identity,
      services.clock,
      (fact) => this.tell(fact),
      (record) => this.recordFinished(record),
    );
    if (flow !== undefined) this.keeper.useFlow(flow.name, flow.version);
    this.releaseRecord = flow === undefined ? () => undefined : this.keeper.hold();
    this.listeners = new CallListeners((thrown) => {
      services.logger.error(
        { call: info.id, error: describeError(thrown) },
        'a listener of the call threw',
      );
    });
    this.typeAhead = new TypeAhead((digit, duration) =>
      this.listeners.offer({ type: 'dtmf', digit, duration }),
    );
    this.digits = this.typeAhead;
    this.sound = new CallSound(this, services);
    const { recognizer } = services;
    if (recognizer !== undefined) {
      this.recognize = (options, handler) => this.sound.recognize(recognizer, options, handler);
    }
    this.aside = new CallAside(this, services);
    const { keeper, listeners } = this;
    this.dialling = new CallDialling(this, {
      ...{ services, keeper, listeners },
      setup: () => this.setup,
      find: (reference) => owner.find?.(reference),
    });
    this.setup = setup({
      mustLive: () => this.mustLive(),
      onAnswered: () => this.markAnswered(),
      onImpossible: (end, options) => this.endWith(end, options),
      onDigit: (digit, duration) => this.press(digit, duration),
      onSpeech: (speaking) => this.sound.hearing.hearSpeech(speaking),
      onTone: (tone) => this.sound.hearing.hearTone(tone),
      onHold: (held) => this.emit({ type: held ? 'call.held' : 'call.resumed' }),
      onMediaTimeout: () => this.terminate('media-timeout', 408, 'Media timeout'),
      onMediaFailed: (reason) => this.mediaFailed(reason),
      onAnswerRefused: (message) => this.note({ type: 'error', message }),
      onMediaUnavailable: (error) => this.mediaUnavailable(error),
      onRefer: (refer) => this.dialling.onRefer(refer, 'caller'),
      onEnded: (sessionEnd) => this.sessionHasEnded(sessionEnd),
      onGone: () => this.gone(),
    });
    this.traceStart();
    services.logger.info(
      { call: info.id, callId: info.callId, from: info.from.uri, to: info.dialled },
      'call started',
    );
  }

  get info(): CallInfo {
    return this.facts;
  }

  /** Of a call that is being placed: known once somebody has answered. */
  identify(info: CallInfo, identity: CallIdentity): void {
    this.facts = info;
    this.keeper.identify(info, identity);
    this.traceStart();
  }

  /** Which SIP messages are this call's: of one that is being placed, only once somebody has answered. */
  private traceStart(): void {
    const { started, id, callId } = this.facts;
    if (callId !== '') trace.call.publish({ time: started, id, callId });
  }

  /** Of a call that is being placed: somebody rings. */
  markRinging(): void {
    this.keeper.markRinging();
  }

  /** Of a call that was to be placed: nobody answers. */
  notPlaced(end: CallEnd): void {
    this.finish(end);
  }

  /** As of now. */
  get status(): CallStatus {
    const { facts, state } = this;
    const own = this.end === undefined ? this.setup.leg : undefined;
    const { uri: party } = facts.direction === 'outbound' ? facts.to : facts.from;
    const legs = [
      ...(own === undefined
        ? []
        : [{ id: facts.id, of: 'call', party, state, ...own.status } as const]),
      ...this.dialling.legs,
    ];
    const { clock } = this.services;
    return callStatus(facts, { ...this.keeper.status, state, legs }, clock.now());
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

  get leg(): Leg {
    const { leg } = this.setup;
    if (this.end !== undefined || leg === undefined) throw new CallEndedError();
    return leg;
  }

  answer({ codecs }: AnswerOptions = {}): Promise<void> {
    if (this.end !== undefined) return Promise.reject(new CallEndedError());
    if (this.answering === undefined) this.setup.leg?.media.restrict(codecs);
    this.answering ??= this.setup.answer();
    return this.answering;
  }

  private markAnswered(): void {
    this.state = 'answered';
    this.keeper.markAnswered();
    this.services.logger.info({ call: this.info.id }, 'call answered');
    this.aside.apply();
    this.sound.settle();
  }

  async ring(options: { readonly earlyMedia?: boolean } = {}): Promise<void> {
    this.mustLive();
    const reached = await this.setup.ring(options.earlyMedia === true);
    this.mustLive();
    if (this.state === 'answered') return;
    this.keeper.markRinging();
    this.state = reached;
    if (reached === 'early') await this.leg.media.agreed;
  }

  reject(status: number, reason?: string): void {
    const end = rejection(this.state, status, reason);
    this.endWith(end, reason === undefined ? {} : { reason });
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
    else if (this.info.direction === 'outbound') this.cancel(reason);
    else this.refuse({ by: 'flow', cause: 'rejected', status: 480, reason });
  }

  /** RFC 3261 §9.1: a call that is being placed is given up. */
  private cancel(reason: string): void {
    this.refuse({ by: 'flow', cause: 'cancel', status: 487, reason });
  }

  /**
   * Ends the call for a reason that is neither the caller's nor the flow's: before the answer with
   * `status`, after it with a BYE that names it.
   */
  terminate(
    cause: string,
    status: number,
    reason: string,
    options: ResponseOptions & { readonly contacts?: readonly string[] } = {},
  ): void {
    this.endWith({ by: 'system', cause, status, reason }, options);
  }

  private endWith(end: CallEnd, options: Parameters<CallSetup['refuse']>[1]): void {
    if (this.state === 'answered') this.bye(end);
    else this.refuse(end, options);
  }

  // The end is settled before the session is told, which may tell us of it at once.

  private refuse(end: CallEnd, options: Parameters<CallSetup['refuse']>[1] = {}): void {
    if (this.end !== undefined) return;
    this.finish(end);
    this.setup.refuse(end.status, options);
  }

  private bye(end: CallEnd): void {
    if (this.end !== undefined) return;
    const { session } = this.leg;
    this.finish(end);
    // RFC 3326 §2: the status says why; a plain good-bye needs no saying.
    const plain = end.status === 200 && end.reason === '';
    session.end(plain ? {} : { headers: [reasonHeader(end.status, end.reason)] });
  }

  async transfer(to: string, options: { readonly timeout: number }): Promise<TransferResult> {
    await this.answer();
    this.mustLive();
    const { clock, logger } = this.services;
    const { result, outcome } = await blindTransfer(this.leg.session, to, options.timeout);
    this.note({ ...result, type: 'transfer', to, outcome });
    logger.info({ call: this.info.id, to, outcome }, 'call transferred');
    if (result.type === 'accepted' && this.end === undefined) {
      // The caller of this method hears of the success before it hears of the end.
      this.transferDone ??= clock.setTimeout(() => {
        this.bye({ by: 'flow', cause: 'transferred', status: 200, reason: '' });
      }, 0);
    }
    return result;
  }

  // ── others ──────────────────────────────────────────────────────────────────────────────────────

  async dial(options: DialOptions, signal?: AbortSignal): Promise<DialResult> {
    return (await this.connect({ ...options }, signal)).result;
  }

  /** Like {@link dial}, with what a gateway asks for besides and wants to know. */
  connect(request: DialRequest, signal?: AbortSignal): Promise<DialReport> {
    return this.dialling.connect(request, signal);
  }

  /** While two talk: where a transfer puts somebody else in the place of one of them. */
  get bridged(): Conversation | undefined {
    return this.dialling.bridged;
  }

  /** The end of this call's conversation that a dialog belongs to. */
  sideOf(reference: DialogReference): ReturnType<FindSide> {
    return this.dialling.sideOf(reference);
  }

  async conference(
    request: ConferenceRequest,
    signal?: AbortSignal,
    onControl?: (control: ConferencePartyControl) => void,
  ): Promise<ConferenceResult> {
    await this.answer();
    this.mustLive();
    const party = conferenceCaller(this, this.dialling);
    return this.services.conferences.join(party, request, signal, onControl);
  }

  async enqueue(
    request: QueueRequest,
    signal?: AbortSignal,
    onPlace?: (place: QueuePlace) => void,
  ): Promise<QueueResult> {
    await this.answer();
    this.mustLive();
    return this.dialling.enqueue(request, signal, onPlace);
  }

  async dequeue(request: DequeueRequest, signal?: AbortSignal): Promise<DequeueResult> {
    await this.answer();
    this.mustLive();
    return this.dialling.dequeue(request, signal);
  }

  noteLeg(facts: LegFacts): void {
    this.keeper.noteLeg(facts);
  }

  /** Where a recording of this call goes; with {@link follow} it stands in the record. */
  newRecording(file: RecordingFile): Pick<RecordingOptions, 'path' | 'format'> {
    return this.sound.newRecording(file);
  }

  follow(recording: Recording): void {
    this.keeper.follow(recording);
  }

  get language(): string | undefined {
    return this.sound.language;
  }

  setLanguage(language: string): void {
    this.sound.language = language;
  }

  // ── media ───────────────────────────────────────────────────────────────────────────────────────

  async play(prompt: Prompt, options?: PlaybackOptions, signal?: AbortSignal): Promise<Playback> {
    this.mustLive();
    return this.sound.play(prompt, options, signal);
  }

  record(options: Parameters<CallControl['record']>[0]): Promise<Recording> {
    return this.sound.record(options);
  }

  sendDigits(...keys: Parameters<CallControl['sendDigits']>): Promise<void> {
    return this.sound.sendDigits(...keys);
  }

  echo(): Promise<() => void> {
    return this.sound.echo();
  }

  tap(options: TapOptions): Promise<MediaTap> {
    return this.sound.tap(options);
  }

  detectMachine(options?: MachineOptions): Promise<MachineDetection> {
    return this.sound.detectMachine(options);
  }

  detectSpeech(
    options: NonNullable<DetectOptions['speech']>,
    listener: (speaking: boolean) => void,
  ): Promise<() => void> {
    return this.sound.detectSpeech(options, listener);
  }

  listen(options: DetectOptions): Promise<() => void> {
    return this.sound.listen(options);
  }

  // ── from outside of the flow ────────────────────────────────────────────────────────────────────

  /** The caller hears music, and is not heard, whatever goes on beneath. */
  get held(): boolean {
    return this.aside.held;
  }

  /** The caller is not heard by whom he talks with, nor by recordings. */
  get muted(): boolean {
    return this.aside.muted;
  }

  setMuted(muted: boolean): void {
    this.mustLive();
    this.aside.mute(muted);
  }

  /**
   * What the flow plays waits until it is undone; `music` is that of the configuration when absent, silence where
   * there is none. Rejects when the music cannot be had.
   */
  async setHeld(held: boolean, music?: Prompt): Promise<void> {
    this.mustLive();
    await this.aside.hold(held, music);
  }

  /** Plays in place of all that the caller would hear; what the flow plays waits meanwhile. */
  async announce(prompt: Prompt, options?: PlaybackOptions): Promise<Playback> {
    this.mustLive();
    const playback = await this.aside.announce(prompt, options);
    if (playback === undefined) throw new CallEndedError();
    return playback;
  }

  /**
   * Hangs up a leg that the call dials, by its id: one that rings is cancelled and passed over, and a talk is over,
   * which ends by `system`. False when there is none.
   */
  endLeg(id: string): boolean {
    return this.dialling.endLeg(id);
  }

  /** Records both sides beside all that the flow records, until it is stopped or the call is over. */
  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
  async startRecording(
    options: RecordingFile & { readonly channels?: 'stereo' | 'mixed' } = {},
  ): Promise<{ readonly id: string; readonly path: string; readonly recording: Recording }> {
    this.mustLive();
    const { channels = 'stereo', ...file } = options;
    const { path, format } = this.newRecording(file);
    const { sound } = this.leg;
    if (sound === undefined) throw new CallEndedError();
    const recording = sound.record({
      ...{ path, channels, beside: true, maxDuration: longestRecording },
      ...(format === undefined ? {} : { format }),
      ...{ endSilence: 0, finishOn: '', beep: false },
    });
    this.follow(recording);
    return { id: parse(path).name, path, recording };
  }

  private mediaFailed(reason: string): void {
    if (this.end !== undefined) return;
    this.note({ type: 'error', message: `the audio has failed: ${reason}` });
    this.terminate('media-failed', 500, `Media failed: ${reason}`);
  }

  /** A caller for whom there are no ports gets 503. */
  private mediaUnavailable(error: unknown): void {
    if (this.end !== undefined) return;
    this.reportError(error);
    const status = (error instanceof CallchartError ? error.status : undefined) ?? 503;
    this.terminate('media-unavailable', status, describeError(error), {
      headers: [['Retry-After', retryAfter]],
    });
  }

  // ── what is told ────────────────────────────────────────────────────────────────────────────────

  private sessionHasEnded({ by, cause, status, reason }: SessionEnd): void {
    this.finish({ by: by === 'remote' ? 'caller' : 'system', cause, status, reason });
    this.gone();
  }

  /** The session is over, or will never be: with the record written, nothing is left of the call. */
  private gone(): void {
    this.sessionEnded = true;
    if (this.keeper.finished) this.owner.onGone(this.info.id);
  }

  private press(digit: string, duration: number): void {
    this.listeners.guard(() => {
      if (!this.dialling.press(digit, duration)) this.typeAhead.press(digit, duration);
    });
  }

  /** Tells the flow. */
  emit(event: CallEvent): void {
    this.services.logger.info({ call: this.info.id }, event.type);
    this.listeners.emit(event);
  }

  /** Tells those outside of the call; nothing any more once they have its record. */
  tell(fact: CallFact): void {
    if (this.keeper.finished && fact.type !== 'call.recorded') return;
    this.owner.onFact?.(this.facts.id, fact);
  }

  // ── the record and the end ──────────────────────────────────────────────────────────────────────

  note(note: CallNote): void {
    this.keeper.note(note);
  }

  /** Another flow has it from now on. */
  changeFlow({ name, version }: Pick<CallFlow, 'name' | 'version'>): void {
    this.keeper.changeFlow(name, version);
  }

  /** The flow has entered a state: `menu`, or `menu.playing`. */
  enteredState(state: string): void {
    this.keeper.enteredState(state);
  }

  /** The record waits until the returned function is called. */
  hold(): () => void {
    return this.keeper.hold();
  }

  /** The flow has settled and will add nothing to the record. Idempotent. */
  release(): void {
    this.releaseRecord();
  }

  reportError(thrown: unknown): void {
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
    this.sound.close();
    const statistics = this.setup.leg?.close();
    logger.info({ call: this.info.id, ...end }, 'call ended');
    this.tell({ type: 'call.ended', end });
    this.listeners.ended(end);
    this.keeper.end(end, at, statistics);
  }

  private recordFinished(record: CallRecord): void {
    this.listeners.guard(() => this.owner.onRecord(record));
    this.tell({ type: 'call.recorded', record });
    if (this.sessionEnded) this.owner.onGone(this.info.id);
  }
}
