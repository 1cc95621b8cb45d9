import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlayItem } from '../../runtime/core/audio';
import type { Logger } from '../../runtime/core/logger';
import type { SpeechChunk, SpeechRequest, Voice } from '../../runtime/prompt/port';

/** A sine at `frequency` Hz; `duration` in milliseconds. */
export function sine(
  frequency: number,
  sampleRate: number,
  duration: number,
  amplitude = 10_000,
): Int16Array {
  const samples = new Int16Array(Math.round((sampleRate * duration) / 1000));
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = Math.round(amplitude * Math.sin((2 * Math.PI * frequency * i) / sampleRate));
  }
  return samples;
}

/** How well `samples` are `amplitude` × sine of `frequency`, begun at phase 0: dB, without the ends. */
export function sineSnr(
  samples: Int16Array,
  frequency: number,
  sampleRate: number,
  amplitude = 10_000,
): number {
  let noise = 0;
  let count = 0;
  for (let i = 100; i < samples.length - 100; i += 1, count += 1) {
    const wanted = amplitude * Math.sin((2 * Math.PI * frequency * i) / sampleRate);
    noise += (wanted - samples[i]!) ** 2;
  }
  return 10 * Math.log10((amplitude ** 2 / 2) * (count / Math.max(noise, 1e-9)));
}

export function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

/** A folder for one test file, gone after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'callchart-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Speaks a tone of 10 ms a letter in one part, in any language, and remembers what it was asked. */
export class ToneVoice implements Voice {
  readonly name = 'tone';
  readonly timeout = 5_000;
  readonly asked: { text: string; voice: string | undefined }[] = [];
  failure: Error | undefined;
  closed = 0;
  /** While set, a synthesis waits for it. */
  gate: Promise<void> | undefined;

  constructor(
    readonly key = 'tone',
    private readonly frequency = 500,
  ) {}

  dialect(language = 'en'): string | undefined {
    return language;
  }

  knows(): boolean {
    return true;
  }

  async *speak(request: SpeechRequest): AsyncGenerator<SpeechChunk, void> {
    const text = request.text ?? request.ssml;
    this.asked.push({ text, voice: request.speaker });
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    yield { sampleRate: 16_000, samples: sine(this.frequency, 16_000, text.length * 10) };
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

/** Keeps its warnings. */
export function listeningLogger(): Logger & { warnings: string[] } {
  const warnings: string[] = [];
  return {
    warnings,
    debug: () => undefined,
    info: () => undefined,
    warn: (_fields, message) => void warnings.push(message),
    error: () => undefined,
  };
}

/** Milliseconds of each item, for comparing lists. */
export function lengths(items: readonly PlayItem[]): number[] {
  return items.map((item) => {
    if (item.type === 'clip') return (item.clip.samples.length / item.clip.sampleRate) * 1000;
    return item.type === 'silence' ? item.duration : item.tone.duration;
  });
}
