import type { PlayItem } from '../../runtime/core/audio';
import { CallchartError } from '../../runtime/core/errors';
import type { Prompt, PromptLibrary, ResolveOptions } from '../../runtime/prompt/port';

/** Each sound of a scene has a pitch of its own, in hertz, so that a phone can say what it hears. */
const pitches: Readonly<Record<string, number>> = {
  ringback: 425,
  caller: 550,
  callee: 700,
  other: 850,
  question: 1_000,
  music: 1_150,
};

export type SoundName = keyof typeof pitches;

export function sound(name: string, duration: number): PlayItem {
  const frequency = pitches[name];
  if (frequency === undefined) throw new Error(`there is no sound "${name}"`);
  return {
    type: 'tone',
    tone: { frequencies: [frequency], cadence: [], duration, level: -12 },
  };
}

/** Prompts that are half a second of their pitch; `missing` is missing. */
export class ScenePrompts implements PromptLibrary {
  readonly names: readonly string[] = Object.keys(pitches);
  /** What was asked for, and in which language. */
  readonly asked: string[] = [];

  check(): [] {
    return [];
  }

  async resolve(prompt: Prompt, { language }: ResolveOptions = {}): Promise<PlayItem[]> {
    this.asked.push(`${JSON.stringify(prompt)} ${language ?? 'usual'}`);
    if (typeof prompt === 'object' && 'length' in prompt) {
      return (await Promise.all(prompt.map((each) => this.resolve(each)))).flat();
    }
    const name = typeof prompt === 'object' && 'tone' in prompt ? prompt.tone : prompt;
    if (typeof name === 'string' && name in pitches) return [sound(name, 500)];
    throw new CallchartError('CALLCHART_PROMPT_MISSING', `no prompt ${JSON.stringify(prompt)}`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Which sounds are in the last frames of 20 ms, by their strength at each pitch. */
export class Ear {
  private readonly recent: Int16Array[] = [];

  hear(frame: Int16Array): void {
    this.recent.push(Int16Array.from(frame));
    if (this.recent.length > 5) this.recent.shift();
  }

  get sounds(): string[] {
    const samples = Float64Array.from(this.recent.flatMap((frame) => [...frame]));
    if (samples.length === 0) return [];
    return Object.entries(pitches)
      .filter(([, frequency]) => amplitude(samples, frequency) > 300)
      .map(([name]) => name);
  }

  clear(): void {
    this.recent.length = 0;
  }
}

/** Of one frequency at 8 kHz (Goertzel). */
function amplitude(samples: Float64Array, frequency: number): number {
  const factor = 2 * Math.cos((2 * Math.PI * frequency) / 8_000);
  let before = 0;
  let last = 0;
  for (const sample of samples) {
    const next = sample + factor * last - before;
    before = last;
    last = next;
  }
  const power = last * last + before * before - factor * last * before;
  return (2 * Math.sqrt(Math.max(0, power))) / samples.length;
}
