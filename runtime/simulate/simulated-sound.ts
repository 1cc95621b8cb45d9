import type { Clock } from '../core/clock';
import { CallchartError } from '../core/errors';
import { CallEndedError } from '../call/errors';
import { Hearing } from '../call/hearing';
import type { CallControl, CallEvent, CallRecognition, RecognizeOptions } from '../call/port';
import type {
  DetectOptions,
  MachineDetection,
  MachineResult,
  Playback,
  PlaybackOptions,
  Recording,
} from '../media/port';
import { endingOf } from '../media/sound-file';
import type { Prompt } from '../prompt/port';
import { isHeardIn, promptName, type PromptSound } from './prompt-sound';
import { SimulatedPlayback } from './simulated-playback';
import { SimulatedRecognition, type SimulatedHandler } from './simulated-recognition';
import { SimulatedRecording } from './simulated-recording';
import { SpeechOnLine } from './speech-on-line';
import type { Transcript } from './transcript';

/** When it is found out who has answered, where the script does not say. */
const human: MachineResult = {
  type: 'human',
  reason: 'silence-after-greeting',
  decidedAt: 1_500,
};

/** The call that sounds. */
export interface SoundingCall {
  readonly state: CallControl['state'];
  answer(): Promise<void>;
  emit(event: CallEvent): void;
}

/** What of the sound the test has decided. */
export interface SoundScript {
  readonly machine: readonly MachineResult[];
  readonly broken: readonly Prompt[];
  readonly recordingFails: string | undefined;
  /** Told of each prompt that begins. */
  onPrompt(prompt: Prompt): void;
}

/** What a simulated call plays, records and hears, after `call/call-sound.ts`. */
export class SimulatedSound {
  readonly hearing: Hearing;
  readonly recordings: { readonly path: string; duration: number }[] = [];
  language: string | undefined;
  /** What the caller hears now. */
  playing: { readonly prompt: Prompt; readonly number: number } | undefined;
  private prompts = 0;
  private machines = 0;
  private playback: SimulatedPlayback | undefined;
  private echoing: (() => void) | undefined;
  private detection: { stop(): void } | undefined;
  private readonly speech: SpeechOnLine;
  private readonly recognitions = new Set<SimulatedRecognition>();
  /** One of the caller, and one of both sides, may go on at a time. */
  private readonly running = new Map<'peer' | 'both', SimulatedRecording>();
  private waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(
    private readonly call: SoundingCall,
    private readonly clock: Clock,
    private readonly sound: PromptSound,
    private readonly script: SoundScript,
    private readonly transcript: Transcript,
  ) {
    this.speech = new SpeechOnLine(clock, (speaking) => this.hearing.hearSpeech(speaking));
    this.hearing = new Hearing(clock, {
      detect: (options) => this.speech.detect(options?.speech),
      emit: (event) => call.emit(event),
    });
  }

  /** The caller speaks now. */
  get speaking(): boolean {
    return this.speech.speaking;
  }

  async play(
    prompt: Prompt,
    options: PlaybackOptions = {},
    signal?: AbortSignal,
  ): Promise<Playback> {
    // It is looked for while the call is being answered.
    const problem = this.problemOf(prompt);
    await this.ready();
    this.report(problem);
    signal?.throwIfAborted();
    return this.begin(prompt, options);
  }

  /** Throws when a prompt cannot be had. */
  mustHave(prompt: Prompt): void {
    this.report(this.problemOf(prompt));
  }

  /** Plays at once, in place of what is heard. */
  begin(prompt: Prompt, options: PlaybackOptions = {}): SimulatedPlayback {
    const { clock, sound, transcript, language } = this;
    this.playback?.stop();
    const { text, duration } = sound.hear(prompt, language);
    const stopped = transcript.prompt(promptName(prompt), text);
    const playback = new SimulatedPlayback(clock, duration, options, (position) => {
      if (position !== undefined) stopped(position);
      if (this.playback !== playback) return;
      this.playback = this.playing = undefined;
    });
    this.playback = playback;
    this.prompts += 1;
    this.playing = { prompt, number: this.prompts };
    this.script.onPrompt(prompt);
    return playback;
  }

  async record(options: Parameters<CallControl['record']>[0]): Promise<Recording> {
    const { name, format = 'wav', whenAnswered = false, ...rest } = options;
    if (whenAnswered) await this.answered();
    await this.call.answer();
    this.mustLive();
    const recording = this.newRecording({ ...rest, format }, name);
    const kind = rest.channels === 'stereo' || rest.channels === 'mixed' ? 'both' : 'peer';
    this.running.get(kind)?.stop();
    this.running.set(kind, recording);
    const who = kind === 'both' ? 'records the call' : 'records the caller';
    this.transcript.call(`${who}: ${recording.path}`);
    const { recordingFails } = this.script;
    if (recordingFails !== undefined) {
      this.transcript.problem(recordingFails);
      recording.fail(recordingFails);
    } else if (rest.beep) void this.begin({ tone: 'beep' }).done.then(() => recording.start());
    else recording.start();
    return recording;
  }

  /** In the list of recordings from its start on; its duration is known at its end. */
  newRecording(
    options: Omit<Parameters<CallControl['record']>[0], 'name'>,
    name?: string,
  ): SimulatedRecording {
    const { format = 'wav' } = options;
    const number = this.recordings.length + 1;
    const path = `/simulated/${number}${name === undefined ? '' : `-${name}`}${endingOf(format)}`;
    const entry = { path, duration: 0 };
    this.recordings.push(entry);
    const recording = new SimulatedRecording(
      this.clock,
      { ...options, path },
      this.speech.speaking,
      () => {
        for (const [kind, each] of this.running) if (each === recording) this.running.delete(kind);
      },
    );
    void recording.done.then(({ duration }) => {
      entry.duration = duration;
    });
    return recording;
  }

  /** Milliseconds of a recording of this call. */
  recordedDuration(path: string): number | undefined {
    return this.recordings.find((each) => each.path === path)?.duration;
  }

  async echo(): Promise<() => void> {
    await this.call.answer();
    this.mustLive();
    this.transcript.call('echoes');
    const stop = (): void => {
      if (this.echoing === stop) this.echoing = undefined;
    };
    this.echoing = stop;
    return stop;
  }

  async detectMachine(): Promise<MachineDetection> {
    await this.call.answer();
    this.mustLive();
    this.detection?.stop();
    const { machine } = this.script;
    const result = machine[Math.min(this.machines, machine.length - 1)] ?? human;
    this.machines += 1;
    const { clock } = this;
    let resolve: (result: MachineResult) => void = () => undefined;
    const done = new Promise<MachineResult>((settle) => {
      resolve = settle;
    });
    const timer = clock.setTimeout(
      () => {
        if (this.detection === detection) this.detection = undefined;
        resolve(result);
      },
      Math.max(result.decidedAt, result.beepAt ?? 0),
    );
    const detection = {
      stop: () => {
        clock.clearTimeout(timer);
        resolve({ type: 'stopped', reason: 'stopped', decidedAt: 0 });
      },
    };
    this.detection = detection;
    return { done, ...detection };
  }

  async detectSpeech(
    options: NonNullable<DetectOptions['speech']>,
    listener: (speaking: boolean) => void,
  ): Promise<() => void> {
    await this.call.answer();
    this.mustLive();
    return this.hearing.onSpeech(options, listener);
  }

  async recognize(options: RecognizeOptions, handler: SimulatedHandler): Promise<CallRecognition> {
    await this.call.answer();
    this.mustLive();
    const recognition = new SimulatedRecognition(
      this.clock,
      options,
      handler,
      (event) => this.call.emit(event),
      () => this.recognitions.delete(recognition),
    );
    this.recognitions.add(recognition);
    return recognition;
  }

  async listen(options: DetectOptions): Promise<() => void> {
    await this.answered();
    return this.hearing.listen(options);
  }

  // What the caller does.

  /** Those that record end with the key, where it is theirs. */
  press(digit: string): void {
    for (const recording of [...this.running.values()]) recording.press(digit);
  }

  /** @param text what the caller begins to say */
  speak(speaking: boolean, text: string): void {
    this.speech.speak(speaking);
    for (const recognition of [...this.recognitions]) {
      if (speaking) recognition.begin(text);
      else recognition.cease();
    }
    for (const recording of [...this.running.values()]) recording.hear(speaking);
  }

  /** The call has been answered, or is over: whoever waited for that goes on. */
  settle(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { resolve, reject } of waiting) {
      if (this.call.state === 'answered') resolve();
      else reject(new CallEndedError());
    }
  }

  /** The call is over. */
  close(): void {
    this.settle();
    this.playback?.stop();
    for (const recording of [...this.running.values()]) recording.stop();
    this.detection?.stop();
    this.hearing.close();
    this.speech.close();
    for (const recognition of [...this.recognitions]) recognition.close();
  }

  private answered(): Promise<void> {
    if (this.call.state === 'answered') return Promise.resolve();
    if (this.call.state === 'ended') return Promise.reject(new CallEndedError());
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
    });
  }

  /** Early media that the flow asked for is heard before the answer. */
  private ready(): Promise<void> {
    return this.call.state === 'early' ? Promise.resolve() : this.call.answer();
  }

  private mustLive(): void {
    if (this.call.state === 'ended') throw new CallEndedError();
  }

  private report(problem: string | undefined): void {
    if (problem === undefined) return;
    this.transcript.problem(problem);
    throw new CallchartError('CALLCHART_PROMPT_MISSING', problem);
  }

  private problemOf(prompt: Prompt): string | undefined {
    const broken = this.script.broken.find((each) => isHeardIn(prompt, each));
    if (broken !== undefined) return `the prompt ${promptName(broken)} cannot be had`;
    return this.sound.hear(prompt, this.language).problem;
  }
}
