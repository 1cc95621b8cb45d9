import type { Clock } from '../../runtime/core/clock';
import type { SpeechChunk, SpeechRequest, Voice } from '../../runtime/prompt/port';

/** What a voice does in turn: sound after a while, an error, or nothing for ever. Milliseconds. */
export type VoiceStep =
  | { readonly after: number; readonly sound: number; readonly rest?: string }
  | { readonly after: number; readonly error: Error }
  | 'hangs';

/** Speaks a steady tone by a script; its sentences are 440 Hz, or the frequency that it was given. */
export class ScriptedVoice implements Voice {
  readonly key: string;
  readonly asked: SpeechRequest[] = [];
  /** Parts that it has made. */
  made = 0;
  /** Requests that were given up. */
  aborted = 0;
  closed = 0;

  constructor(
    readonly name: string,
    private readonly clock: Clock,
    public script: readonly VoiceStep[],
    private readonly options: {
      readonly timeout?: number;
      readonly frequency?: number;
      readonly languages?: readonly string[];
      readonly speakers?: readonly string[];
    } = {},
  ) {
    this.key = `scripted ${name}`;
  }

  get timeout(): number {
    return this.options.timeout ?? 5_000;
  }

  dialect(language: string | undefined): string | undefined {
    const { languages } = this.options;
    if (languages === undefined || language === undefined) return language ?? 'en';
    return languages.find((own) => own === language.split('-')[0]);
  }

  knows(speaker: string): boolean {
    return this.options.speakers?.includes(speaker) ?? false;
  }

  async *speak(request: SpeechRequest): AsyncGenerator<SpeechChunk, void> {
    this.asked.push(request);
    request.signal?.addEventListener('abort', () => (this.aborted += 1));
    for (const step of this.script) {
      if (step === 'hangs') return await new Promise<never>(() => undefined);
      await new Promise<void>((resolve) => this.clock.setTimeout(resolve, step.after));
      if ('error' in step) throw step.error;
      this.made += 1;
      const samples = tone(step.sound, this.options.frequency ?? 440);
      yield { sampleRate: 8_000, samples, ...(step.rest === undefined ? {} : { rest: step.rest }) };
    }
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

function tone(duration: number, frequency: number): Int16Array {
  const samples = new Int16Array(8 * duration);
  return samples.map((_, i) => Math.round(9_000 * Math.sin((2 * Math.PI * frequency * i) / 8_000)));
}
