import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { createPromptLibrary } from '../../runtime/prompt/library';
import type { PromptLibrary, Voice } from '../../runtime/prompt/port';
import { writeWav } from '../../runtime/prompt/wav';

let directory = '';
let closedVoices = 0;
const libraries: PromptLibrary[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'prompts-'));
  closedVoices = 0;
});

afterEach(async () => {
  await Promise.all(libraries.splice(0).map((library) => library.close()));
  rmSync(directory, { recursive: true, force: true });
});

/** Speaks a sample, and counts how often. */
function voice(spoken: string[]): Voice {
  return {
    ...{ name: 'count', key: 'count', timeout: 1_000 },
    dialect: () => 'en',
    knows: () => false,
    async *speak({ text = '' }) {
      spoken.push(text);
      yield await Promise.resolve({ sampleRate: 8_000, samples: Int16Array.of(1_000, 2_000) });
    },
    close: () => {
      closedVoices += 1;
      return Promise.resolve();
    },
  };
}

function recording(name: string, ...samples: number[]): void {
  const wav = writeWav({ sampleRate: 8_000, samples: Int16Array.from(samples) });
  mkdirSync(join(directory, 'en'), { recursive: true });
  writeFileSync(join(directory, 'en', `${name}.wav`), wav);
}

async function open(clock: VirtualClock, spoken: string[] = []): Promise<PromptLibrary> {
  const library = await createPromptLibrary({
    directories: [directory],
    voice: voice(spoken),
    clock,
  });
  libraries.push(library);
  return library;
}

async function renewed(library: PromptLibrary): Promise<PromptLibrary> {
  const next = await library.renew?.();
  if (next === undefined) throw new Error('it cannot be renewed');
  libraries.push(next);
  return next;
}

async function lengthOf(library: PromptLibrary, prompt: string): Promise<number> {
  const [item] = await library.resolve(prompt);
  return item?.type === 'clip' ? item.clip.samples.length : 0;
}

test('a new one has what the folders hold now, the old one what it had', async () => {
  recording('a', 1, 2);
  const clock = new VirtualClock();
  const old = await open(clock);
  expect(await lengthOf(old, 'a')).toBe(2);
  recording('a', 1, 2, 3);
  recording('b', 1);
  const next = await renewed(old);
  clock.advance(5_000);
  expect(next.names).toEqual(['a', 'b']);
  expect(old.names).toEqual(['a']);
  expect(await lengthOf(next, 'a')).toBe(3);
  expect(await lengthOf(old, 'a')).toBe(2);
});

test('what is decoded is not decoded again, what is spoken not spoken again', async () => {
  recording('a', 1, 2);
  const spoken: string[] = [];
  const old = await open(new VirtualClock(), spoken);
  const [clip] = await old.resolve('a');
  await old.resolve({ say: 'hello' });
  const next = await renewed(old);
  expect((await next.resolve('a'))[0]).toEqual(clip);
  const [first, second] = await Promise.all([old.resolve('a'), next.resolve('a')]);
  if (first[0]?.type !== 'clip' || second[0]?.type !== 'clip') throw new Error('no clip');
  expect(first[0].clip).toBe(second[0].clip);
  await next.resolve({ say: 'hello' });
  expect(spoken).toEqual(['hello']);
});

test('the voice is closed with the last of them', async () => {
  const old = await open(new VirtualClock());
  const next = await renewed(old);
  await old.close();
  await old.close();
  expect(closedVoices).toBe(0);
  expect(await next.resolve({ say: 'still here' })).toHaveLength(1);
  await next.close();
  expect(closedVoices).toBe(1);
});

test('with something wrong in a manifest there is no new one, and the old one goes on', async () => {
  recording('a', 1, 2);
  const clock = new VirtualClock();
  const old = await open(clock);
  writeFileSync(join(directory, 'en.yaml'), 'a: one\na: two\n');
  await expect(old.renew?.()).rejects.toThrow(/en\.yaml:2: "a" has a text on line 1 already/);
  expect(await lengthOf(old, 'a')).toBe(2);
  recording('a', 1, 2, 3);
  clock.advance(5_000);
  expect(await lengthOf(old, 'a')).toBe(3);
});
