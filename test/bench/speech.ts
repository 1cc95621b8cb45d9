/**
 * How long a caller waits for the first sound of a text of ten sentences: when all of it has to be made first, and when
 * each sentence is heard as it is made; as a part of the whole synthesis, in time and in CPU of the voice's process. And
 * what the cache costs beside that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { createPromptLibrary } from '../../runtime/prompt/library';
import type { Voice } from '../../runtime/prompt/port';
import { EspeakVoice, findEspeak } from '../../runtime/prompt/tts/espeak';
import { FliteVoice } from '../../runtime/prompt/tts/flite';
import { cpuOf, median } from './support/process';

const quick = process.argv.includes('--quick');
const rounds = quick ? 3 : 10;
const clock = new RealClock();

const sentence = (round: number, index: number): string =>
  `This is sentence number ${index} of round ${round}, and it is about as long as most of them are.`;
const textOf = (round: number): string =>
  Array.from({ length: 10 }, (_, index) => sentence(round, index + 1)).join(' ');

interface Spent {
  /** Milliseconds. */
  readonly time: number;
  /** Milliseconds of CPU of the voice's process. */
  readonly cpu: number;
}

type Local = Voice & { readonly processId: number | undefined };

async function measure(title: string, voice: Local): Promise<void> {
  const cacheDirectory = mkdtempSync(join(tmpdir(), 'callchart-bench-'));
  const options = { directories: [], voice, clock, logger: silentLogger, cacheDirectory };
  const library = await createPromptLibrary({ ...options, sampleRates: [8_000, 16_000, 48_000] });
  // The process starts with the first text.
  await library.resolve({ say: 'Good morning to you all.' });
  const pid = voice.processId ?? 0;
  const spent = async (work: () => Promise<unknown>): Promise<Spent> => {
    const [time, cpu] = [performance.now(), cpuOf(pid)];
    await work();
    return { time: performance.now() - time, cpu: cpuOf(pid) - cpu };
  };
  const [whole, first, rest, disk]: Spent[][] = [[], [], [], []] as never;
  for (let round = 0; round < rounds; round += 1) {
    whole?.push(await spent(() => library.resolve({ say: textOf(2 * round) })));
    const prompt = { say: textOf(2 * round + 1) };
    const begun = await spent(async () => library.stream?.(prompt));
    const ended = await spent(() => library.resolve(prompt));
    first?.push(begun);
    rest?.push({ time: begun.time + ended.time, cpu: begun.cpu + ended.cpu });
    disk?.push(await spent(() => library.resolve(prompt)));
  }
  const of = (list: Spent[] | undefined, what: keyof Spent): number =>
    median((list ?? []).map((each) => each[what]));
  const line = (name: string, list: Spent[] | undefined): void => {
    const time = of(list, 'time');
    const share = (100 * time) / of(whole, 'time');
    console.log(
      `  ${name.padEnd(44)} ${time.toFixed(1).padStart(8)} ms ${share.toFixed(1).padStart(6)} %`,
    );
  };
  console.log(`${title}, ten sentences, median of ${rounds}:`);
  line('first sound when all is made first (before)', whole);
  line('first sound when it is streamed (after)', first);
  line('all of it, streamed', rest);
  line('from the cache in memory', disk);
  const share = (100 * of(first, 'cpu')) / of(whole, 'cpu');
  console.log(`  CPU of the voice until the first sound, of the whole: ${share.toFixed(1)} %`);
  await library.close();
  rmSync(cacheDirectory, { recursive: true, force: true });
}

async function main(): Promise<void> {
  await measure('flite', new FliteVoice({ clock }));
  if (findEspeak() === undefined) console.log('espeak-ng is not installed: not measured');
  else await measure('espeak-ng', new EspeakVoice({ clock, language: 'en' }));
}

void main();
