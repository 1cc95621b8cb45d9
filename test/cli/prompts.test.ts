import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from '../../runtime/prompt/levels/measure';
import { wavBytes } from '../../runtime/prompt/levels/recordings';
import { readWav } from '../../runtime/prompt/wav';
import { Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(180_000);

/** A sine of an RMS in dBFS, with silence around it; milliseconds. */
function tone(level: number, silence = 50): Uint8Array {
  const amplitude = Math.SQRT2 * 10 ** (level / 20) * 32_768;
  const quiet = new Array<number>(silence * 8).fill(0);
  const sound = Array.from({ length: 4_000 }, (_, at) =>
    Math.max(-32_768, Math.min(32_767, Math.round(amplitude * Math.sin(at / 3)))),
  );
  return wavBytes({ sampleRate: 8_000, samples: Int16Array.from([...quiet, ...sound, ...quiet]) });
}

const flow = `
import { callActors } from 'callchart';
import { setup } from 'xstate';

export default setup({ actors: callActors }).createMachine({
  id: 'shop',
  initial: 'welcome',
  states: {
    welcome: { invoke: { src: 'play', input: { prompt: 'welcome' }, onDone: 'bye', onError: 'bye' } },
    bye: { invoke: { src: 'play', input: { prompt: ['bye', { say: 'Goodbye.' }] }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
`;

let project: Project;

beforeEach(() => {
  project = Project.create({
    'flows/shop.flow.ts': flow,
    'prompts/en.yaml': 'welcome: Welcome.\nbye: Thank you.\nold: Old.\n',
    'prompts/de.yaml': 'welcome: Willkommen.\n',
    'prompts/en/welcome.wav': tone(-20),
  });
});
afterEach(() => project.remove());

const active = (name: string): number => measure(readWav(project.read(name))).active ?? -Infinity;

describe('callchart prompts list', () => {
  test('says how each prompt is had, and ends with 1 when a flow plays what is missing', async () => {
    const { status, stdout } = await project.run(['prompts', 'list']);
    expect(stdout).toBe(`prompt   de            en        used by
bye      missing (en)  spoken    shop: bye
old      missing (en)  spoken    unused
welcome  spoken        recorded  shop: welcome

3 prompts, 1 missing, 1 unused
`);
    expect(status).toBe(1);
  });

  test('prints one language, and JSON', async () => {
    const { status, stdout } = await project.run(['prompts', 'list', '-l', 'en', '--json']);
    expect(status).toBe(0);
    const entries = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(entries[2]).toEqual({
      name: 'welcome',
      usedBy: [{ flow: 'shop', state: 'welcome', certain: true }],
      unused: false,
      languages: { en: { state: 'recorded' } },
    });
  });
});

describe('callchart prompts build', () => {
  test('has every text spoken once, and finds it there the next time', async () => {
    const first = await project.run(['prompts', 'build', '--language', 'en']);
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(
      /^4 texts: 4 spoken now, 0 there already, 0 failed; \d+\.\d s of sound\n$/,
    );
    expect(first.status).toBe(0);
    const again = await project.run(['prompts', 'build', '--language', 'en']);
    expect(again.stdout).toMatch(/^4 texts: 0 spoken now, 4 there already, 0 failed/);
  });

  test('says which text no voice speaks, and why', async () => {
    const { status, stdout } = await project.run(['prompts', 'build', '--language', 'de']);
    expect(stdout).toMatch(/^failed, de, "Willkommen\.": .+/m);
    expect(status).toBe(1);
  });
});

describe('callchart prompts record', () => {
  test('writes a sheet of what has no recording', async () => {
    const written = await project.run(['prompts', 'record', '-l', 'en', '-o', 'sheet.csv']);
    expect(written).toEqual({
      status: 0,
      stdout: 'sheet.csv: 1 prompts to record in en\n',
      stderr: '',
    });
    expect(project.read('sheet.csv').toString()).toBe(`"file","text","heard in"
"${join('prompts', 'en', 'bye.wav')}","Thank you.","shop: bye"
"","Goodbye.","shop: bye"
`);
    const { stdout } = await project.run(['prompts', 'record', '--language', 'de']);
    expect(stdout).toContain('| (translate from en) Thank you. |');
  });

  test('does not guess a format', async () => {
    const { status, stderr } = await project.run(['prompts', 'record', '-o', 'sheet.doc']);
    expect(stderr).toBe(
      'callchart: -o sheet.doc: the name must end in .md, .html or .csv, or give --format\n',
    );
    expect(status).toBe(2);
  });
});

describe('callchart prompts check and normalise', () => {
  const vector = (name: string): Buffer =>
    readFileSync(join(__dirname, '..', 'vectors', 'sound', name));

  test('what check finds wrong, normalise corrects, and keeps what was recorded', async () => {
    project.write('prompts/en/quiet.wav', tone(-35, 900));
    project.write('prompts/en/music.mp3', vector('tone.mp3'));
    project.write(
      'prompts/en/dead.wav',
      wavBytes({ sampleRate: 8_000, samples: new Int16Array(800) }),
    );
    project.write('prompts/en/text.wav', 'no sound');
    const before = await project.run(['prompts', 'check']);
    const path = (name: string): string => join('prompts', 'en', name);
    expect(before.stdout).toContain(`${path('dead.wav')}: Nothing is heard in it.`);
    expect(before.stdout).toContain(`${path('text.wav')}: It cannot be read: it is none of`);
    expect(before.stdout).toContain(
      `${path('quiet.wav')}: Its speech is at -35.0 dB, 15.0 dB too quiet. \`callchart prompts normalise\` corrects it.`,
    );
    expect(before.stdout).toContain(`${path('quiet.wav')}: It ends with 900 ms of silence.`);
    expect(before.stdout).not.toContain(path('welcome.wav'));
    expect(before.status).toBe(1);

    const dry = await project.run(['prompts', 'normalise', 'quiet', '--dry-run']);
    expect(dry.stdout).toBe(
      `${path('quiet.wav')}: speech from -35.0 dB to -20.0 dB (+15.0 dB), 1500 ms of silence cut off\n1 would be changed, 0 left as they are, 0 failed\n`,
    );
    expect(active('prompts/en/quiet.wav')).toBeCloseTo(-35, 0);

    const recorded = project.read('prompts/en/quiet.wav');
    const made = await project.run(['prompts', 'normalise', 'quiet', 'music']);
    expect(made.stdout).toMatch(/\n2 changed, 0 left as they are, 0 failed\n$/);
    expect(active('prompts/en/quiet.wav')).toBeCloseTo(-20, 0);
    expect(project.read('prompts/en/quiet.wav.orig')).toEqual(recorded);
    // Compressed sound becomes a WAV file, and stays beside it.
    expect(active('prompts/en/music.wav')).toBeCloseTo(-20, 0);
    expect(existsSync(project.path('prompts/en/music.mp3'))).toBe(false);
    expect(project.read('prompts/en/music.mp3.orig')).toEqual(vector('tone.mp3'));

    // Recorded again: nothing that was recorded is ever lost.
    project.write('prompts/en/quiet.wav', tone(-30));
    await project.run(['prompts', 'normalise', 'quiet']);
    expect(project.read('prompts/en/quiet.wav.orig')).toEqual(recorded);
    expect(active('prompts/en/quiet.wav.orig2')).toBeCloseTo(-30, 0);
    project.write('prompts/en/music.flac', vector('tone.flac'));
    const twice = await project.run(['prompts', 'normalise', 'music']);
    expect(twice.stderr).toContain(`${path('music.wav')} is there already: remove one of both`);
    expect(existsSync(project.path('prompts/en/music.flac'))).toBe(true);
    rmSync(project.path('prompts/en/music.flac'));

    const again = await project.run(['prompts', 'normalise', '--json']);
    expect(again.status).toBe(2);
    const rest = await project.run(['prompts', 'normalise']);
    expect(rest.stderr).toContain(`callchart: ${path('text.wav')}: it is none of`);
    expect(rest.stdout).toBe('0 changed, 4 left as they are, 1 failed\n');
    expect(rest.status).toBe(1);
  });

  test('writes elsewhere when it is told to', async () => {
    project.write('prompts/en/welcome.wav', tone(-30));
    const { status } = await project.run(['prompts', 'normalise', '--out', 'levelled']);
    expect(status).toBe(0);
    expect(active('levelled/en/welcome.wav')).toBeCloseTo(-20, 0);
    expect(active('prompts/en/welcome.wav')).toBeCloseTo(-30, 0);
    expect(existsSync(project.path('prompts/en/welcome.wav.orig'))).toBe(false);
  });

  test('prints the levels as JSON, and ends with 0 when nothing is wrong', async () => {
    const { status, stdout } = await project.run(['prompts', 'check', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'welcome',
      language: 'en',
      levels: { sampleRate: 8_000, clipped: 0 },
      findings: [],
    });
    expect(status).toBe(0);
  });

  test('knows the prompts that there are', async () => {
    const { status, stderr } = await project.run(['prompts', 'normalise', 'welcom']);
    expect(stderr).toBe('callchart: there is no prompt welcom. Did you mean welcome?\n');
    expect(status).toBe(2);
  });
});
