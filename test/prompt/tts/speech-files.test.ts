import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AudioClip } from '../../../runtime/core/audio';
import { settle, VirtualClock } from '../../../runtime/core/virtual-clock';
import { ClipMemory } from '../../../runtime/prompt/clip-memory';
import { makeClip } from '../../../runtime/prompt/clip';
import { SpeechCache } from '../../../runtime/prompt/tts/cache';
import { SpeechFiles } from '../../../runtime/prompt/tts/speech-files';
import { listeningLogger, sine, temporaryFolder, ToneVoice } from '../sounds';

const folder = temporaryFolder();
const HOUR = 3_600_000;
let clock: VirtualClock;
let directory: string;
let made = 0;

beforeEach(() => {
  clock = new VirtualClock();
  directory = join(folder, String((made += 1)));
});

function files(maxSize: number): SpeechFiles {
  const logger = listeningLogger();
  return new SpeechFiles({ directory, sampleRates: [8_000], clock, logger, maxSize });
}

/** About 10 KB. */
function clip(letter: string): AudioClip {
  const frequency = 300 + letter.charCodeAt(0);
  return makeClip({ sampleRate: 8_000, samples: sine(frequency, 8_000, 620) }, [8_000]);
}

const key = (letter: string): string => letter.repeat(40);

async function write(to: SpeechFiles, ...letters: string[]): Promise<void> {
  for (const letter of letters) {
    clock.advance(1_000);
    to.write(key(letter), clip(letter));
    await to.settle();
  }
}

const kept = (): string[] =>
  readdirSync(directory)
    .map((name) => name.charAt(0))
    .sort();

describe('spoken texts on disk', () => {
  it('are never more than their limit: those not used for longest go first', async () => {
    const some = files(55_000);
    await write(some, 'a', 'b', 'c', 'd', 'e');
    expect(kept()).toEqual(['a', 'b', 'c', 'd', 'e']);
    clock.advance(2 * HOUR);
    await some.read(key('a'));
    await some.settle();
    await write(some, 'f');
    // Room is made for more than one.
    expect(kept()).toEqual(['a', 'd', 'e', 'f']);
    const size = readdirSync(directory).reduce(
      (sum, name) => sum + statSync(join(directory, name)).size,
      0,
    );
    expect(size).toBeLessThanOrEqual(55_000);
  });

  it('know after a restart when they were used last', async () => {
    await write(files(55_000), 'a', 'b', 'c', 'd', 'e');
    clock.advance(2 * HOUR);
    const again = files(55_000);
    expect((await again.read(key('a')))?.samples).toEqual(clip('a').samples);
    await again.settle();
    await write(files(55_000), 'f');
    expect(kept()).toEqual(['a', 'd', 'e', 'f']);
  });

  it('stay in use while they are spoken from memory', async () => {
    const cache = (): SpeechCache =>
      new SpeechCache({
        ...{ directory, sampleRates: [8_000], clock, logger: listeningLogger() },
        memory: new ClipMemory(1_000_000),
        maxDiskSize: 1_000_000,
      });
    const voice = new ToneVoice();
    const one = cache();
    await one.make(voice, { text: 'hello' }).whole();
    await settle();
    await one.close();
    const before = statSync(join(directory, readdirSync(directory)[0]!)).mtimeMs;
    const two = cache();
    await two.find(voice, { text: 'hello' });
    clock.advance(5 * HOUR);
    expect(two.known(voice, { text: 'hello' })).toBeDefined();
    await two.close();
    const after = statSync(join(directory, readdirSync(directory)[0]!)).mtimeMs;
    expect(after - before).toBeGreaterThanOrEqual(5 * HOUR - 1_000);
  });

  it('may be written by two at once, and are whole for both', async () => {
    const [one, two] = [files(1_000_000), files(1_000_000)];
    for (let round = 0; round < 20; round += 1) {
      one.write(key('a'), clip('a'));
      two.write(key('a'), clip('a'));
      one.write(key('b'), clip('b'));
      const [first, second] = await Promise.all([two.read(key('a')), one.read(key('b'))]);
      for (const found of [first, second]) expect(found?.samples.length ?? 4_960).toBe(4_960);
    }
    await Promise.all([one.settle(), two.settle()]);
    expect(kept()).toEqual(['a', 'b']);
    expect((await one.read(key('a')))?.samples).toEqual(clip('a').samples);
  });

  it('that another process takes away are made again', async () => {
    const mine = files(1_000_000);
    await write(mine, 'a');
    await write(files(1), 'b');
    expect(await mine.read(key('a'))).toBeUndefined();
    await write(mine, 'a');
    expect(await mine.read(key('a'))).toBeDefined();
  });

  it('are forgotten with one line of the log when the folder cannot be written', async () => {
    writeFileSync(`${directory}-file`, '');
    const logger = listeningLogger();
    const nowhere = join(`${directory}-file`, 'speech');
    const some = new SpeechFiles({
      ...{ directory: nowhere, sampleRates: [8_000], clock, logger, maxSize: 1_000_000 },
    });
    await write(some, 'a', 'b', 'c');
    expect(await some.read(key('a'))).toBeUndefined();
    expect(logger.warnings).toEqual([
      'spoken prompts are not kept on disk: the cache cannot be written',
    ]);
    expect(existsSync(nowhere)).toBe(false);
  });

  const root = process.getuid?.() === 0;
  (root ? it.skip : it)('nor is one that may only be read', async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o500);
    const some = files(1_000_000);
    await write(some, 'a');
    expect(readdirSync(directory)).toEqual([]);
  });
});
