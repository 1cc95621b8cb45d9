import type {
  DetectOptions,
  MachineDetection,
  MachineOptions,
  MediaSession,
  MediaTap,
  Playback,
  PlaybackOptions,
  Recording,
  RecordingFormat,
  TapOptions,
} from '../media/port';
import { endingOf } from '../media/sound-file';
import type { Prompt, PromptStream } from '../prompt/port';
import type { Recognizer, RecognitionHandler } from '../recognize/port';
import { CallEndedError, InfoRefusedError } from './errors';
import { Hearing } from './hearing';
import type { CallFact } from './happenings';
import type { Leg } from './leg';
import type {
  CallControl,
  CallEvent,
  CallInfo,
  CallRecognition,
  RecognizeOptions,
  RecordingFile,
} from './port';
import type { CallServices } from './services';
import { StreamedPlayback } from './streamed-playback';
import { TappedRecognition } from './tapped-recognition';

/** The call that sounds; getters, because all of it changes. */
export interface SoundOwner {
  readonly info: CallInfo;
  readonly state: CallControl['state'];
  /** Throws `CALLCHART_CALL_ENDED` when the call is over. */
  readonly leg: Leg;
  answer(): Promise<void>;
  follow(recording: Recording): void;
  emit(event: CallEvent): void;
  reportError(thrown: unknown): void;
  /** Tells those outside. */
  tell?(fact: CallFact): void;
}

/** What a call plays, records and sends; each answers the call first when that is needed. */
export class CallSound {
  /** Who listens to the caller. */
  readonly hearing: Hearing;
  /** Of the prompts; that of the configuration when undefined. */
  language: string | undefined;
  private recordings = 0;
  private readonly recognitions = new Set<CallRecognition>();
  /** Who waits for the answer without asking for it. */
  private waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(
    private readonly owner: SoundOwner,
    private readonly services: Pick<
      CallServices,
      'clock' | 'prompts' | 'recordings' | 'recordingFormat'
    >,
  ) {
    this.hearing = new Hearing(services.clock, {
      detect: (options) => {
        if (owner.state !== 'ended') owner.leg.sound?.detect(options);
      },
      emit: (event) => owner.emit(event),
    });
  }

  async play(prompt: Prompt, options?: PlaybackOptions, signal?: AbortSignal): Promise<Playback> {
    // A voice may take its time: it is asked while the call is being answered.
    const loop = options?.loop ?? 1;
    const [sound] = await Promise.all([this.open(prompt, loop === 1, signal), this.ready()]);
    signal?.throwIfAborted();
    const { items, rest } = sound;
    if (rest === undefined) return this.session.play(items, options);
    const playback = this.session.playOpen(items, options);
    return new StreamedPlayback(playback, rest, (error) => this.owner.reportError(error));
  }

  async record(options: Parameters<CallControl['record']>[0]): Promise<Recording> {
    const { name, format, whenAnswered = false, ...rest } = options;
    if (whenAnswered) await this.answered();
    await this.owner.answer();
    const file = this.newRecording({
      by: whenAnswered ? 'recordCall' : 'record',
      ...(name === undefined ? {} : { name }),
      ...(format === undefined ? {} : { format }),
    });
    const recording = this.session.record({ ...rest, ...file });
    this.owner.follow(recording);
    return recording;
  }

  async sendDigits(
    ...[digits, duration, gap, form]: Parameters<CallControl['sendDigits']>
  ): Promise<void> {
    await this.owner.answer();
    if (form === 'info') await this.sendInfo(digits, duration, gap);
    else await this.session.sendDigits(digits, duration, gap, form);
  }

  /** One after another, at the pace of a hand. */
  private async sendInfo(digits: string, duration: number, gap: number): Promise<void> {
    const { clock } = this.services;
    for (const digit of digits) {
      const status = await this.owner.leg.askInfoDigit(digit, duration);
      if (status >= 300) throw new InfoRefusedError(digit, status);
      await new Promise<void>((resolve) => {
        clock.setTimeout(resolve, duration + gap);
      });
    }
  }

  async echo(): Promise<() => void> {
    await this.owner.answer();
    return this.session.echo();
  }

  async tap(options: TapOptions): Promise<MediaTap> {
    await this.owner.answer();
    return this.session.tap(options);
  }

  /** Through {@link CallServices.recognizer}, which has to be there. */
  async recognize(
    recognizer: Recognizer,
    { tell = false, language, ...options }: RecognizeOptions,
    handler: RecognitionHandler,
  ): Promise<CallRecognition> {
    const { owner } = this;
    await owner.answer();
    const { codec } = owner.leg.media;
    const wide = codec === 'G722' || codec === 'opus' || codec === 'L16';
    const sampleRate = wide ? 16_000 : 8_000;
    const tap = this.session.tap({ sampleRate, hear: 'peer' });
    const spoken =
      language ?? this.language ?? this.services.prompts.catalog?.defaultLanguage ?? 'en';
    const recognition: CallRecognition = new TappedRecognition(
      tap,
      recognizer,
      { ...options, sampleRate, language: spoken },
      {
        onFinal: (result) => handler.onFinal(result),
        onEnd: (error) => handler.onEnd(error),
        onPartial: (result) => {
          const { text, stability } = result;
          if (tell)
            owner.emit({
              type: 'speech.partial',
              text,
              ...(stability === undefined ? {} : { stability }),
            });
          handler.onPartial(result);
        },
      },
      () => this.recognitions.delete(recognition),
    );
    this.recognitions.add(recognition);
    return recognition;
  }

  async detectMachine(options?: MachineOptions): Promise<MachineDetection> {
    await this.owner.answer();
    return this.session.detectMachine(options);
  }

  async detectSpeech(
    options: NonNullable<DetectOptions['speech']>,
    listener: (speaking: boolean) => void,
  ): Promise<() => void> {
    await this.owner.answer();
    return this.hearing.onSpeech(options, listener);
  }

  async listen(options: DetectOptions): Promise<() => void> {
    await this.answered();
    return this.hearing.listen(options);
  }

  newRecording({
    name = '',
    format = this.services.recordingFormat ?? 'wav',
    by = 'api',
  }: RecordingFile): {
    readonly path: string;
    readonly format: RecordingFormat;
  } {
    this.recordings += 1;
    const { id } = this.owner.info;
    const path = this.services.recordings.newPath(id, this.recordings, name, endingOf(format));
    this.owner.tell?.({ type: 'recording.started', path, by });
    return { path, format };
  }

  /** The call is over. */
  close(): void {
    this.settle();
    this.hearing.close();
    for (const recognition of this.recognitions) recognition.close();
  }

  /** The call has been answered, or is over without: whoever waited for that goes on. */
  settle(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { resolve, reject } of waiting) {
      if (this.owner.state === 'answered') resolve();
      else reject(new CallEndedError());
    }
  }

  private answered(): Promise<void> {
    const { state } = this.owner;
    if (state === 'answered') return Promise.resolve();
    if (state === 'ended') return Promise.reject(new CallEndedError());
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
    });
  }

  private ready(): Promise<void> {
    // Early media that the flow asked for is heard before the answer.
    return this.owner.state === 'early' ? Promise.resolve() : this.owner.answer();
  }

  private get session(): MediaSession {
    const { sound } = this.owner.leg;
    if (sound === undefined) throw new CallEndedError();
    return sound;
  }

  /** What is played again and again has to be there whole; else its beginning is enough. */
  private async open(
    prompt: Prompt,
    beginning: boolean,
    signal?: AbortSignal,
  ): Promise<PromptStream> {
    const { prompts } = this.services;
    const options = { language: this.language, signal };
    try {
      if (beginning && prompts.stream !== undefined) return await prompts.stream(prompt, options);
      return { items: await prompts.resolve(prompt, options), rest: undefined };
    } catch (error) {
      if (signal?.aborted !== true) this.owner.reportError(error);
      throw error;
    }
  }
}
