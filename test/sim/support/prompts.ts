import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlayItem } from '../../../runtime/core/audio';
import { CallchartError } from '../../../runtime/core/errors';
import type { Prompt, PromptLibrary, PromptProblem } from '../../../runtime/prompt/port';
import { resample } from '../../../runtime/prompt/resample';
import { readWav } from '../../../runtime/prompt/wav';

const directory = join(__dirname, '..', '..', '..', 'prompts', 'en');

let shipped: ReadonlyMap<string, PlayItem> | undefined;

/** The sounds of `prompts/en/`, read once: a disk that answers when it likes would spoil the order of events. */
function shippedSounds(): ReadonlyMap<string, PlayItem> {
  shipped ??= new Map(
    readdirSync(directory)
      .filter((name) => name.endsWith('.wav'))
      .map((name) => {
        const { sampleRate, samples } = readWav(readFileSync(join(directory, name)));
        const clip = { id: name, sampleRate: 8_000, samples: resample(samples, sampleRate, 8_000) };
        return [name.slice(0, -'.wav'.length), { type: 'clip', clip }];
      }),
  );
  return shipped;
}

/** The shipped prompts from memory; whatever has to be spoken fails, for there is no voice. */
export class SimulatedPrompts implements PromptLibrary {
  readonly names = [...shippedSounds().keys()].sort();

  check(prompt: Prompt): PromptProblem[] {
    if (typeof prompt === 'string') {
      return shippedSounds().has(prompt) ? [] : [{ prompt, message: `no prompt "${prompt}"` }];
    }
    if ('prompt' in prompt) return this.check(prompt.prompt);
    return 'length' in prompt ? prompt.flatMap((each) => this.check(each)) : [];
  }

  async resolve(prompt: Prompt): Promise<PlayItem[]> {
    if (typeof prompt === 'string') {
      const sound = shippedSounds().get(prompt);
      if (sound !== undefined) return [sound];
      throw new CallchartError('CALLCHART_PROMPT_MISSING', `no prompt "${prompt}"`);
    }
    if ('length' in prompt) {
      return (await Promise.all(prompt.map((each) => this.resolve(each)))).flat();
    }
    if ('prompt' in prompt) return this.resolve(prompt.prompt);
    if ('silence' in prompt) return [{ type: 'silence', duration: prompt.silence }];
    throw new CallchartError('CALLCHART_VOICE_FAILED', 'there is no voice');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const beep: PlayItem = {
  type: 'tone',
  tone: { frequencies: [425], cadence: [], duration: 200, level: -12 },
};

/** With a voice and tones: whatever is said, and whatever has a URL, sounds like the shipped `goodbye`. */
export class SpeakingPrompts extends SimulatedPrompts {
  override async resolve(prompt: Prompt): Promise<PlayItem[]> {
    if (typeof prompt === 'object' && 'tone' in prompt) return [beep];
    const spoken =
      typeof prompt === 'object' && ('say' in prompt || 'ssml' in prompt || 'url' in prompt);
    return super.resolve(spoken ? 'goodbye' : prompt);
  }
}
