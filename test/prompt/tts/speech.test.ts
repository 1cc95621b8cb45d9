import type { AudioClip } from '../../../runtime/core/audio';
import { settle, VirtualClock } from '../../../runtime/core/virtual-clock';
import { ClipMemory } from '../../../runtime/prompt/clip-memory';
import { SpeechCache } from '../../../runtime/prompt/tts/cache';
import { prepareAll } from '../../../runtime/prompt/tts/prepare-all';
import { SpeechRefused } from '../../../runtime/prompt/tts/refused';
import { Speech, type VoiceSet } from '../../../runtime/prompt/tts/speech';
import { ScriptedVoice, type VoiceStep } from '../../support/scripted-voice';
import { temporaryFolder } from '../sounds';

const folder = temporaryFolder();
let clock: VirtualClock;
let log: string[];
let speech: Speech;
let made = 0;

beforeEach(() => {
  clock = new VirtualClock();
  log = [];
});

afterEach(async () => {
  await speech.close();
  expect(clock.pending).toBe(0);
});

const says = (after: number, sound = 100): VoiceStep[] => [{ after, sound }];
const fails: VoiceStep[] = [{ after: 10, error: new Error('no network') }];

function voice(
  name: string,
  script: readonly VoiceStep[],
  options: ConstructorParameters<typeof ScriptedVoice>[3] = {},
): ScriptedVoice {
  return new ScriptedVoice(name, clock, script, { timeout: 1_000, ...options });
}

function open(voices: VoiceSet, directory?: string): Speech {
  const write = (fields: object, message: string): void => {
    log.push(`${message}: ${Object.values(fields).join(', ')}`);
  };
  const logger = { debug: write, info: write, warn: write, error: write };
  const memory = new ClipMemory(10_000_000);
  const cache = new SpeechCache({
    ...{ directory, clock, logger, memory, sampleRates: [8_000], maxDiskSize: 10_000_000 },
  });
  speech = new Speech({ ...voices, cache, clock, logger });
  return speech;
}

/** Runs the clock until a text is spoken; its duration in milliseconds, or why not. */
async function spoken(
  text = 'Hello.',
  language?: string,
  speaker?: string,
): Promise<number | string> {
  const speaking = speech.speak({ text, language, speaker }).then(
    (clip: AudioClip) => clip.samples.length / 8,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  let result: number | string | undefined;
  void speaking.then((found) => (result = found));
  for (let turn = 0; result === undefined && turn < 2_000; turn += 1) {
    await settle();
    await clock.run(50);
  }
  return result ?? 'it hangs';
}

describe('voices in order', () => {
  it('the first speaks, and the others are not asked', async () => {
    const [first, second] = [voice('first', says(10, 100)), voice('second', says(10, 200))];
    open({ voices: [first, second] });
    expect(await spoken()).toBe(100);
    expect(second.asked).toEqual([]);
    expect(log).toEqual([]);
  });

  it('the next speaks when one fails, which is logged once, and counted', async () => {
    const [first, second] = [voice('first', fails), voice('second', says(10, 200))];
    open({ voices: [first, second] });
    const texts = [spoken(), spoken(), spoken()];
    expect(await Promise.all(texts)).toEqual([200, 200, 200]);
    expect(first.asked).toHaveLength(1);
    expect(second.asked).toHaveLength(1);
    expect(log).toEqual([
      'a voice failed, the next one speaks: first, second, The voice could not speak a text: no network',
    ]);
    const none = { spoken: 0, kept: 0, failed: 0, refused: 0, takenOver: 0, resting: false };
    const { voices, memory } = speech.counts;
    expect(voices).toMatchObject([
      { ...none, voice: 'first', failed: 1 },
      // Synthesised once for the three who wait for it.
      { ...none, voice: 'second', spoken: 1, takenOver: 3 },
    ]);
    expect(memory).toBe(200 * 16);
    await spoken();
    expect(speech.counts.voices[1]).toMatchObject({ spoken: 1, kept: 1 });
  });

  it('the next speaks when one gives no sound within its time, and what hangs is given up', async () => {
    const [first, second] = [voice('first', ['hangs']), voice('second', says(10, 200))];
    open({ voices: [first, second] });
    const begun = clock.now();
    expect(await spoken()).toBe(200);
    expect(clock.now() - begun).toBeLessThan(1_200);
    expect(first.aborted).toBe(1);
    expect(log[0]).toContain('The voice first gave no sound within 1000 ms.');
  });

  it('a single voice that hangs for ever fails its text and hangs nobody', async () => {
    open({ voices: [voice('only', ['hangs'])] });
    expect(await spoken()).toBe('The voice only gave no sound within 1000 ms.');
  });

  it('a voice that hangs in the middle is followed by the next, which says the rest', async () => {
    const first = voice('first', [{ after: 10, sound: 100, rest: 'The rest.' }, 'hangs']);
    const second = voice('second', says(10, 50));
    open({ voices: [first, second] });
    expect(await spoken('The beginning. The rest.')).toBe(150);
    expect(second.asked.map(({ text }) => text)).toEqual(['The rest.']);
  });

  it('a voice that fails in the middle fails the text where nobody can tell what is left', async () => {
    const first = voice('first', [{ after: 10, sound: 100 }, ...fails]);
    const second = voice('second', says(10, 50));
    open({ voices: [first, second] });
    expect(await spoken()).toContain('no network');
    expect(second.asked).toEqual([]);
  });

  it('the error of the last is that of all', async () => {
    open({ voices: [voice('first', fails), voice('second', ['hangs'])] });
    expect(await spoken()).toBe('The voice second gave no sound within 1000 ms.');
  });

  it('what a fall-back has spoken is not kept as if the first had: it speaks when it can again', async () => {
    const [first, second] = [voice('first', fails), voice('second', says(10, 200))];
    open({ voices: [first, second] }, `${folder}/fallback-${(made += 1)}`);
    expect(await spoken()).toBe(200);
    first.script = says(10, 100);
    expect(await spoken()).toBe(100);
    first.script = fails;
    expect(await spoken()).toBe(100);
    expect(second.asked).toHaveLength(1);
  });

  it('what a fall-back has spoken before is taken from the cache the next time', async () => {
    const [first, second] = [voice('first', fails), voice('second', says(10, 200))];
    open({ voices: [first, second] });
    expect([await spoken(), await spoken()]).toEqual([200, 200]);
    expect(first.asked).toHaveLength(2);
    expect(second.asked).toHaveLength(1);
  });
});

describe('a voice that failed again and again', () => {
  it('rests, is tried once after a while, and then rests again or works', async () => {
    const [first, second] = [voice('first', fails), voice('second', says(10, 200))];
    open({ voices: [first, second] });
    for (const text of ['a', 'b', 'c']) expect(await spoken(text)).toBe(200);
    expect(first.asked).toHaveLength(3);
    expect(speech.counts.voices[0]).toMatchObject({ failed: 3, resting: true });
    expect(log.filter((line) => line.includes('again and again'))).toHaveLength(1);
    // Nobody waits for it, and nothing more is logged.
    const lines = log.length;
    for (const text of ['d', 'e']) expect(await spoken(text)).toBe(200);
    expect(first.asked).toHaveLength(3);
    expect(log).toHaveLength(lines);
    clock.advance(30_000);
    // One trial, however many come at once.
    expect(await Promise.all([spoken('f'), spoken('g')])).toEqual([200, 200]);
    expect(first.asked).toHaveLength(4);
    expect(speech.counts.voices[0]?.resting).toBe(true);
    clock.advance(30_000);
    first.script = says(10, 100);
    expect(await spoken('h')).toBe(100);
    expect(await spoken('i')).toBe(100);
    expect(speech.counts.voices[0]?.resting).toBe(false);
    expect(log.at(-1)).toBe('a voice works again: first');
  });

  it('still gives what it spoke before from the cache', async () => {
    const first = voice('first', says(10, 100));
    open({ voices: [first, voice('second', says(10, 200))] });
    expect(await spoken('kept')).toBe(100);
    first.script = fails;
    for (const text of ['a', 'b', 'c']) await spoken(text);
    expect(await spoken('kept')).toBe(100);
  });

  it('is asked all the same when there is nobody else', async () => {
    const only = voice('only', fails);
    open({ voices: [only] });
    for (const text of ['a', 'b', 'c', 'd']) expect(await spoken(text)).toContain('no network');
    expect(only.asked).toHaveLength(4);
  });

  it('does not rest for texts that it refused', async () => {
    const refuses: VoiceStep[] = [{ after: 10, error: new SpeechRefused('no such speaker') }];
    const first = voice('first', refuses);
    open({ voices: [first, voice('second', says(10, 200))] });
    for (const text of ['a', 'b', 'c', 'd']) expect(await spoken(text)).toBe(200);
    expect(speech.counts.voices[0]).toMatchObject({ refused: 4, failed: 0, resting: false });
  });
});

describe('voices by language', () => {
  it('speak first in it, and before those of all languages', async () => {
    const german = voice('german', says(10, 300), { languages: ['de'] });
    const english = voice('english', says(10, 100), { languages: ['en'] });
    const all = voice('all', says(10, 200));
    open({ voices: [english, all], byLanguage: { de: [german] } });
    expect(await spoken('x', 'de-AT')).toBe(300);
    expect(await spoken('x', 'en-US')).toBe(100);
    expect(await spoken('x', 'fr')).toBe(200);
    german.script = fails;
    expect(await spoken('y', 'de')).toBe(200);
  });

  it('a text in a language that nobody speaks is a problem that names the remedy', async () => {
    open({ voices: [voice('english', says(10), { languages: ['en'] })] });
    const problem = speech.check({ text: 'Guten Tag.', language: 'de' });
    expect(problem).toContain('No voice speaks German (de)');
    expect(problem).toContain('prompts.voices.de');
    expect(await spoken('Guten Tag.', 'de')).toBe(problem);
    expect(speech.check({ text: 'Good morning.', language: 'en-GB' })).toBeUndefined();
  });

  it('a speaker is asked for from whoever knows it, and the others speak as themselves', async () => {
    const first = voice('first', says(10, 100));
    const second = voice('second', fails, { speakers: ['bob'] });
    open({ voices: [first, second] });
    expect(await spoken('x', 'en', 'bob')).toBe(100);
    expect(second.asked[0]?.speaker).toBe('bob');
    expect(first.asked[0]?.speaker).toBeUndefined();
  });

  it.each([
    [{ text: ' \n' }, 'There is no text'],
    [{ ssml: 'one <b>two' }, 'line 1, column'],
  ])('says of %j what is wrong, without asking a voice', (request, message) => {
    const only = voice('only', says(10));
    open({ voices: [only] });
    expect(speech.check(request)).toContain(message);
    expect(only.asked).toEqual([]);
  });
});

describe('parts', () => {
  it('are heard as they are made, by everybody who asked, and made once', async () => {
    const first = voice('first', [...says(100, 100), ...says(500, 200)]);
    open({ voices: [first] });
    const [one, two] = await Promise.all([speech.open({ text: 'x' }), speech.open({ text: 'x' })]);
    await clock.run(150);
    expect([one, two].map(({ parts, over }) => [parts.length, over])).toEqual([
      [1, false],
      [1, false],
    ]);
    await clock.run(600);
    expect((await one.whole()).samples.length).toBe(2_400);
    expect(await two.whole()).toBe(await one.whole());
    expect(first.asked).toHaveLength(1);
    expect((await speech.open({ text: 'x' })).over).toBe(true);
  });
});

describe('texts that are prepared', () => {
  it('are there, made or failed, in their order, with progress', async () => {
    const first = voice('first', says(10, 100), { languages: ['en'] });
    open({ voices: [first] });
    await spoken('known');
    const progress: string[] = [];
    const preparing = prepareAll(
      speech,
      [{ text: 'known' }, { text: 'new' }, { text: 'neu', language: 'de' }, { ssml: 'a <b>' }],
      { onProgress: ({ outcome }, done, total) => progress.push(`${outcome} ${done}/${total}`) },
    );
    await clock.run(1_000);
    const results = await preparing;
    expect(results.map(({ outcome }) => outcome)).toEqual(['there', 'made', 'failed', 'failed']);
    expect(results[1]).toMatchObject({ voice: 'first', duration: 100, reason: undefined });
    expect(results[2]?.reason).toContain('prompts.voices.de');
    expect(progress).toHaveLength(4);
    expect(progress.at(-1)).toContain('4/4');
  });

  it('are made a few at a time, and not begun once that is given up', async () => {
    const first = voice('first', says(100, 10));
    open({ voices: [first] });
    const abort = new AbortController();
    const requests = Array.from({ length: 6 }, (_, index) => ({ text: `text ${index}` }));
    const preparing = prepareAll(speech, requests, { concurrency: 2, signal: abort.signal });
    await clock.run(50);
    expect(first.asked).toHaveLength(2);
    abort.abort();
    await clock.run(500);
    const outcomes = (await preparing).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['made', 'made', 'failed', 'failed', 'failed', 'failed']);
  });
});
