import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { resample } from '../../runtime/prompt/resample';
import { FLITE_VOICES, FliteVoice } from '../../runtime/prompt/tts/flite';
import { spokenBy } from './sound-of';

/** Speech at 8 kHz from the built-in voices: as much as wanted, the same for the same seed. */
export class Speaker {
  private readonly folder = mkdtempSync(join(tmpdir(), 'callchart-speech-'));
  // Nothing here waits for a time, and a timer of the machine's clock would keep the process alive.
  private readonly voice = new FliteVoice({
    clock: new VirtualClock(),
    temporaryFolder: this.folder,
  });

  /** A text in one of {@link FLITE_VOICES}. */
  async say(text: string, voice: string = FLITE_VOICES[0]): Promise<Int16Array> {
    const { samples, sampleRate } = await spokenBy(this.voice, text, { speaker: voice });
    return resample(samples, sampleRate, 8_000);
  }

  /** At least so many milliseconds of varied talk, piece by piece, the voices in turn. */
  async *talk(duration: number, seed = 1): AsyncGenerator<Int16Array, void> {
    const random = new SeededRandom(seed);
    let heard = 0;
    for (let turn = 0; heard < duration; turn += 1) {
      const voice = FLITE_VOICES[turn % FLITE_VOICES.length];
      const piece = await this.say(paragraph(random, 12), voice);
      heard += piece.length / 8;
      yield piece;
    }
  }

  async close(): Promise<void> {
    await this.voice.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const WHO = `the operator|my brother|our neighbour|a tired clerk|the woman next door|Mister Olsen|nobody I know|each of them
the captain|every child|the old engine|your doctor|a stranger|the whole family|Julia|the younger sister|that noisy bird
the evening train|Professor Quinn|the choir|somebody from the office|a hundred people|the judge|your voicemail`;
const DOES = `carries|remembers|never opens|would rather sell|quietly watches|has forgotten|asks about|throws away|cannot find
will soon repair|measures|always admires|hears|ought to visit|joined|describes|is painting|should have refused|enjoys
borrowed|usually avoids|brings back|complains about|has been waiting for|keeps singing about|drew|chewed`;
const WHAT = `seven yellow boxes|the bridge over the river|a loaf of bread|an invoice of forty two euros|the usual message
a very long queue|the blue umbrella|his account number|eleven questions|the weather in June|a jar of honey|two wheels
the smooth stone floor|your change of address|a choice of music|the wrong extension|thirty three zebras|a useful theory
the moon above the harbour|an early appointment|fresh orange juice|a cheap flight to Rome|the voice on the telephone`;
const HOW = `before noon|after all these years|in the kitchen|without a word|near the lighthouse|on Thursday|for no good reason
at half past eight|although it rains|with both hands|every single morning|as soon as possible|under the table|far too late
between the houses|at the third attempt|while you were away|more often than not|by mistake|because of the noise`;
const ASIDE = `Hello?|Please hold the line.|Oh no, not again!|Thank you very much indeed.|Could you repeat that, please?|Yes.
I see what you mean.|Who is calling?|You are number nine in the queue.|Goodbye!|One moment.|Really? How strange.`;

const [who, does, what, how, aside] = [WHO, DOES, WHAT, HOW, ASIDE].map((words) =>
  words.split(/[|\n]/),
) as [string[], string[], string[], string[], string[]];

/** Sentences that nobody has said before, for the sake of their sounds. */
export function paragraph(random: SeededRandom, sentences: number): string {
  const one = (of: readonly string[]): string => of[random.uint32() % of.length] ?? '';
  const parts: string[] = [];
  for (let i = 0; i < sentences; i += 1) {
    const kind = random.uint32() % 8;
    if (kind === 0) parts.push(one(aside));
    else if (kind === 1) parts.push(`Call ${digits(random)}, extension ${random.uint32() % 900}.`);
    else parts.push(`${capital(one(who))} ${one(does)} ${one(what)} ${one(how)}.`);
  }
  return parts.join(' ');
}

function digits(random: SeededRandom): string {
  return Array.from({ length: 7 }, () => random.uint32() % 10).join(' ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
