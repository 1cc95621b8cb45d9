import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { transformSync } from '@swc/core';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { FLITE_VOICES, FliteVoice } from '../../../runtime/prompt/tts/flite';
import { soundOf, spokenBy } from '../../support/sound-of';
import { listeningLogger, rms, temporaryFolder } from '../sounds';

const root = join(__dirname, '..', '..', '..');
const folder = temporaryFolder();
const clock = new VirtualClock();
const open: FliteVoice[] = [];

jest.setTimeout(60_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((voice) => voice.close()));
  // Nothing may be left of any voice: no folder, and no timer.
  expect(readdirSync(folder)).toEqual([]);
  expect(clock.pending).toBe(0);
});

function newVoice(options: Partial<ConstructorParameters<typeof FliteVoice>[0]> = {}): FliteVoice {
  const voice = new FliteVoice({ clock, temporaryFolder: folder, ...options });
  open.push(voice);
  return voice;
}

function alive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Lets the event loop turn until a condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 1_000_000) throw new Error('it did not happen');
    await turn();
  }
}

describe('the built-in voice', () => {
  it('speaks: so much sound for so much text, and not silence', async () => {
    const { sampleRate, samples } = await spokenBy(
      newVoice(),
      'Welcome. Please press one for sales, or two for support.',
    );
    expect(sampleRate).toBe(16_000);
    expect(samples.length / sampleRate).toBeGreaterThan(2.5);
    expect(samples.length / sampleRate).toBeLessThan(6);
    expect(rms(samples)).toBeGreaterThan(500);
  });

  it('speaks the same text the same way every time', async () => {
    const voice = newVoice();
    const first = await spokenBy(voice, 'Good morning.');
    expect(await spokenBy(voice, 'Good morning.')).toEqual(first);
  });

  it('speaks the words of SSML, with its breaks as silence', async () => {
    const voice = newVoice();
    const [one, two] = [await spokenBy(voice, 'Good morning.'), await spokenBy(voice, 'Goodbye.')];
    const ssml = '<emphasis>Good</emphasis> morning.<break time="700ms"/>Goodbye.';
    const { sampleRate, samples } = await soundOf(voice.speak({ ssml }));
    expect(samples.length).toBe(one.samples.length + 0.7 * sampleRate + two.samples.length);
    expect(voice.check({ ssml: 'Good <b>morning' })).toContain('not well-formed');
  });

  it('speaks sentence by sentence, each as soon as it is made, and short texts in between', async () => {
    const voice = newVoice();
    const order: string[] = [];
    const long = (async () => {
      const text = 'This is the first sentence. This is another one. And this is the last.';
      for await (const { rest } of voice.speak({ text })) order.push(`long, then "${rest}"`);
    })();
    await Promise.all([long, spokenBy(voice, 'Short.').then(() => order.push('short'))]);
    expect(order).toEqual([
      'long, then "This is another one. And this is the last."',
      'short',
      'long, then "And this is the last."',
      'long, then ""',
    ]);
  });

  it('has four speakers, each with another sound', async () => {
    const voice = newVoice();
    const lengths = new Set<number>();
    for (const speaker of FLITE_VOICES) {
      const { sampleRate, samples } = await spokenBy(voice, 'Good morning.', { speaker });
      expect(sampleRate).toBe(speaker === 'kal' ? 8000 : 16_000);
      lengths.add(samples.length);
    }
    expect(lengths.size).toBe(FLITE_VOICES.length);
  });

  it('speaks in another process, started with the first text', async () => {
    const voice = newVoice();
    expect(voice.processId).toBeUndefined();
    await spokenBy(voice, 'One.');
    expect(voice.processId).not.toBe(process.pid);
    expect(alive(voice.processId)).toBe(true);
  });

  it('takes no text for an option, and writes nothing but sound', async () => {
    const voice = newVoice();
    const spoken = await spokenBy(voice, '-o /speech/other.wav --help');
    expect(spoken.samples.length).toBeGreaterThan(16_000);
    const [own] = readdirSync(folder);
    expect(readdirSync(join(folder, own!)).sort()).toEqual(['speech.wav', 'text.txt']);
  });

  it('speaks a text with control characters, accents and signs like one without', async () => {
    const voice = newVoice();
    const plain = await spokenBy(voice, "Jurgen's cafe opens");
    expect(await spokenBy(voice, 'Jürgen’s\u0000\ncafé\u001b\u202e opens 😀')).toEqual(plain);
  });

  it('speaks long texts without a stop in parts: they used to end the process', async () => {
    const { sampleRate, samples } = await spokenBy(newVoice(), 'word '.repeat(300));
    expect(samples.length / sampleRate).toBeGreaterThan(60);
  });

  it.each([
    ['too long', 'x'.repeat(2001), undefined, 'more than the 2000'],
    ['without anything to say', '世界 …', undefined, 'nothing to say'],
    ['for a speaker that is not there', 'x', 'slf', 'Did you mean slt?'],
  ])('refuses a text %s, before it starts anything', async (_why, text, voice, message) => {
    const flite = newVoice();
    expect(flite.check({ text, speaker: voice })).toContain(message);
    await expect(
      spokenBy(flite, text, voice === undefined ? {} : { speaker: voice }),
    ).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
      message: expect.stringContaining(message) as string,
    });
    expect(flite.processId).toBeUndefined();
    expect(flite.check({ text: 'A good text.' })).toBeUndefined();
  });

  it('cannot be made with a speaker that is not there', () => {
    expect(() => new FliteVoice({ clock, voice: 'rmss' })).toThrow('Did you mean rms?');
  });

  it('fails the one text whose process crashes, and speaks the next with a new one', async () => {
    const logger = listeningLogger();
    const voice = newVoice({ logger });
    await spokenBy(voice, 'One.');
    const pid = voice.processId!;
    const crashing = spokenBy(voice, 'Two.');
    const next = spokenBy(voice, 'Three.');
    process.kill(pid, 'SIGKILL');
    await expect(crashing).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
      message: expect.stringContaining('ended by SIGKILL') as string,
    });
    expect((await next).samples.length).toBeGreaterThan(0);
    expect(voice.processId).not.toBe(pid);
    expect(logger.warnings).toEqual(['the process of the built-in voice ended by itself']);
  });

  it('gives up a text that takes too long, with its process, and speaks the next', async () => {
    const voice = newVoice({ timeout: 5000 });
    await spokenBy(voice, 'One.');
    const pid = voice.processId;
    const late = spokenBy(voice, 'Two.');
    clock.advance(5000);
    await expect(late).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
      message: expect.stringContaining('no sound came within 5000 ms') as string,
    });
    expect((await spokenBy(voice, 'Three.')).samples.length).toBeGreaterThan(0);
    expect(voice.processId).not.toBe(pid);
    await until(() => !alive(pid));
  });

  it('ends its process when idle, and starts another when needed', async () => {
    const voice = newVoice({ idleTimeout: 60_000 });
    await spokenBy(voice, 'One.');
    const pid = voice.processId;
    clock.advance(59_999);
    expect(alive(pid)).toBe(true);
    await spokenBy(voice, 'Two.');
    expect(voice.processId).toBe(pid);
    clock.advance(59_999);
    expect(voice.processId).toBe(pid);
    clock.advance(1);
    expect(voice.processId).toBeUndefined();
    await until(() => !alive(pid));
    expect((await spokenBy(voice, 'Three.')).samples.length).toBeGreaterThan(0);
  });

  it('leaves no process after close, and fails what was waiting', async () => {
    const voice = newVoice();
    await spokenBy(voice, 'One.');
    const pid = voice.processId;
    const texts = ['Two.', 'Three.', 'Four.'].map((text) => spokenBy(voice, text));
    const settled = Promise.allSettled(texts);
    await voice.close();
    expect(alive(pid)).toBe(false);
    for (const result of await settled) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'CALLCHART_VOICE_FAILED' },
      });
    }
    await expect(spokenBy(voice, 'Five.')).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
    });
    expect(voice.processId).toBeUndefined();
  });

  it('leaves no process when it is closed while that starts', async () => {
    const voice = newVoice();
    const starting = spokenBy(voice, 'One.');
    const failed = expect(starting).rejects.toMatchObject({ code: 'CALLCHART_VOICE_FAILED' });
    await voice.close();
    await failed;
    expect(voice.processId).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('drops a text that nobody waits for any more', async () => {
    const voice = newVoice();
    const caller = new AbortController();
    const first = spokenBy(voice, 'One.');
    const dropped = spokenBy(voice, 'Two.', { signal: caller.signal });
    caller.abort();
    await expect(dropped).rejects.toMatchObject({ code: 'CALLCHART_VOICE_FAILED' });
    await expect(spokenBy(voice, 'Two.', { signal: caller.signal })).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
    });
    expect((await first).samples.length).toBeGreaterThan(0);
  });

  it('bounds how many texts wait', async () => {
    const voice = newVoice();
    const texts = Array.from({ length: 300 }, () => spokenBy(voice, 'One.'));
    const settled = Promise.allSettled(texts);
    const last = texts.at(-1)!;
    await expect(last).rejects.toMatchObject({
      message: expect.stringContaining('waiting') as string,
    });
    await voice.close();
    await settled;
  });
});

describe('outside of the tests, the built-in voice', () => {
  const program = (extension: string): string => `
    const { FliteVoice } = require('./prompt/tts/flite${extension}');
    const { RealClock } = require('./core/clock${extension}');
    const voice = new FliteVoice({ clock: new RealClock() });
    (async () => {
      for await (const { samples } of voice.speak({ text: 'One.' })) console.log(samples.length);
      await voice.close();
    })();`;

  it('works from compiled files, without a warning', async () => {
    const compiled = join(root, '.cache', `prompt-test-${process.pid}`);
    try {
      for (const source of sources(
        join(root, 'runtime', 'core'),
        join(root, 'runtime', 'prompt'),
      )) {
        const target = join(compiled, relative(join(root, 'runtime'), source));
        const { code } = transformSync(readFileSync(source, 'utf8'), {
          filename: source,
          jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
          module: { type: 'commonjs' },
        });
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target.replace(/\.ts$/, '.js'), code);
      }
      const { stdout, stderr } = await run(['-e', program('.js')], compiled);
      expect(Number(stdout)).toBeGreaterThan(1000);
      expect(stderr).toBe('');
    } finally {
      rmSync(compiled, { recursive: true, force: true });
    }
  });

  it('works under ts-node, without a warning', async () => {
    const { stdout, stderr } = await run(
      ['-r', join(root, 'node_modules', 'ts-node', 'register'), '-e', program('')],
      join(root, 'runtime'),
    );
    expect(Number(stdout)).toBeGreaterThan(1000);
    expect(stderr).toBe('');
  });
});

function sources(...folders: string[]): string[] {
  return folders.flatMap((directory) =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
    }),
  );
}

function run(args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, args, { cwd });
}
