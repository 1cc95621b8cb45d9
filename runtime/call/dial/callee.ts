import { CallchartError, describeError } from '../../core/errors';
import type {
  DetectOptions,
  MachineDetection,
  MachineOptions,
  MediaTap,
  Playback,
  PlaybackOptions,
  Recording,
  TapOptions,
} from '../../media/port';
import type { Prompt, PromptLibrary } from '../../prompt/port';
import { CallListeners } from '../call-listeners';
import type { LegEnd } from '../call-record';
import { CallSound, type SoundOwner } from '../call-sound';
import { TypeAhead } from '../digit-queue';
import { CallEndedError } from '../errors';
import { callInfo } from '../info';
import type { Leg } from '../leg';
import type { OutgoingLeg } from '../outgoing-leg';
import type {
  CallControl,
  CallEnd,
  CallEvent,
  CallInfo,
  CallNote,
  DigitQueue,
  TransferResult,
} from '../port';
import { rejection } from '../rejection';
import type { CallServices } from '../services';
import type { DialCaller } from './caller';

export interface CalleeParts {
  readonly caller: DialCaller;
  readonly services: CallServices;
  /** The callee's side of the call has decided so: he is not put through. */
  onDeclined(why: LegEnd): void;
}

/**
 * A callee who has answered, and is not put through yet, as a flow of his own steers him: a call without a record,
 * whose notes stand in that of the call that dials.
 */
export class CalleeCall implements CallControl, SoundOwner {
  readonly info: CallInfo;
  readonly digits: DigitQueue;
  state: CallControl['state'] = 'answered';
  end: CallEnd | undefined;
  readonly recognize: CallControl['recognize'];
  private readonly typeAhead: TypeAhead;
  private readonly listeners: CallListeners;
  private readonly sound: CallSound;
  private readonly sources: { prompts: PromptLibrary } & Omit<
    Pick<CallServices, 'clock' | 'prompts' | 'recordings' | 'recordingFormat'>,
    'prompts'
  >;

  constructor(
    private readonly callee: OutgoingLeg,
    private readonly parts: CalleeParts,
  ) {
    const { caller, services } = parts;
    const { trunk, placed } = callee.options;
    this.info = {
      ...callInfo(callee.leg.session, callee.id, services.clock.now(), { trunk }),
      ...(placed.user === undefined ? {} : { user: placed.user }),
      parent: caller.info.id,
    };
    this.listeners = new CallListeners((thrown) => {
      services.logger.error(
        { call: caller.info.id, leg: callee.id, error: describeError(thrown) },
        'a listener of the leg threw',
      );
    });
    this.typeAhead = new TypeAhead((digit, duration) =>
      this.listeners.offer({ type: 'dtmf', digit, duration }),
    );
    this.digits = this.typeAhead;
    const { clock, prompts, recordings, recordingFormat, recognizer } = services;
    this.sources = {
      ...{ clock, prompts, recordings },
      ...(recordingFormat === undefined ? {} : { recordingFormat }),
    };
    this.sound = new CallSound(this, this.sources);
    this.sound.language = caller.language;
    if (recognizer !== undefined) {
      this.recognize = (options, handler) => this.sound.recognize(recognizer, options, handler);
    }
    callee.listener = {
      onSpeech: (speaking) => this.sound.hearing.hearSpeech(speaking),
      onTone: (tone) => this.sound.hearing.hearTone(tone),
    };
  }

  /** A key of the callee's. */
  press(digit: string, duration: number): void {
    this.listeners.guard(() => this.typeAhead.press(digit, duration));
  }

  /** The callee has gone, is put through, or is not wanted any more: nothing can be done with him here. */
  over(end: CallEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.state = 'ended';
    this.callee.listener = undefined;
    this.sound.close();
    this.listeners.ended(end);
  }

  // CallControl

  get language(): string | undefined {
    return this.sound.language;
  }

  setLanguage(language: string): void {
    this.sound.language = language;
  }

  usePrompts(prompts: PromptLibrary): void {
    this.sources.prompts = prompts;
  }

  get leg(): Leg {
    if (this.end !== undefined) throw new CallEndedError();
    return this.callee.leg;
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

  answer(): Promise<void> {
    return this.end === undefined ? Promise.resolve() : Promise.reject(new CallEndedError());
  }

  ring(): Promise<void> {
    return this.answer();
  }

  reject(status: number, reason?: string): void {
    this.decline(rejection('answered', status, reason));
  }

  redirect(): void {
    throw new CallchartError(
      'CALLCHART_CALL_ANSWERED',
      'a callee who has answered cannot be redirected',
    );
  }

  hangup(reason = ''): void {
    this.decline({ by: 'flow', cause: 'bye', status: 200, reason });
  }

  terminate(cause: string, status: number, reason: string): void {
    this.decline({ by: 'system', cause, status, reason });
  }

  /** Who is to talk with somebody is not sent elsewhere. */
  transfer(): Promise<TransferResult> {
    return Promise.resolve({ type: 'refused', status: 501, reason: 'Not Implemented' });
  }

  async play(prompt: Prompt, options?: PlaybackOptions, signal?: AbortSignal): Promise<Playback> {
    await this.answer();
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

  note(note: CallNote): void {
    this.parts.caller.host.note({ ...note, leg: this.callee.id });
  }

  // SoundOwner

  follow(recording: Recording): void {
    this.parts.caller.follow(recording);
  }

  emit(event: CallEvent): void {
    this.listeners.emit(event);
  }

  reportError(thrown: unknown): void {
    this.parts.caller.reportError(thrown);
  }

  private decline(end: CallEnd): void {
    if (this.end !== undefined) return;
    this.over(end);
    const { status, reason } = end;
    this.parts.onDeclined({ by: 'system', cause: 'screening', status, reason });
  }
}
