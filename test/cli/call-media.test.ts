import { readWav, writeWav } from '../../runtime/prompt/wav';
import { rms, sine } from '../prompt/sounds';
import { flow, Project } from './support/project';

jest.setTimeout(120_000);

/** Two seconds of a tone. */
const sound = sine(440, 8_000, 2_000);

const flows = {
  'flows/echo.flow.ts': flow(
    `first: { invoke: { src: 'echo', input: { maxDuration: 60_000 }, onDone: 'done', onError: 'done' } },`,
  ),
  'flows/keys.flow.ts': flow(
    `first: { invoke: { src: 'gather', input: { prompt: { silence: 100 }, maxDigits: 3 },
       onDone: choices({ '12': 'right', otherwise: 'done' }), onError: 'done' } },
     right: { invoke: { src: 'play', input: { prompt: 'sound' }, onDone: 'done', onError: 'done' } },`,
    'callActors, choices',
  ),
};

interface Outcome {
  readonly answered: boolean;
  readonly media: {
    readonly codec: string;
    readonly security: string;
    readonly packetsLost: number;
    readonly packetsDiscarded: number;
  };
}

let project: Project;
let host: string;

beforeAll(async () => {
  project = Project.create(flows);
  project.write('prompts/sound.wav', writeWav({ sampleRate: 8_000, samples: sound }));
  project.write('say.wav', writeWav({ sampleRate: 8_000, samples: sound }));
  ({ host } = await project.serve());
});

afterAll(() => project.remove());

async function call(name: string, ...args: readonly string[]): Promise<Outcome> {
  const done = await project.run(['call', `sip:${name}@${host}`, '--json', ...args]);
  expect({ status: done.status, said: done.stderr }).toMatchObject({ status: 0 });
  return JSON.parse(done.stdout) as Outcome;
}

/** The part of a recording with sound in it: as long and as loud as the tone, but for what a busy machine loses. */
function expectSound(file: string, rate: number): void {
  const { sampleRate, samples } = readWav(project.read(file));
  expect(sampleRate).toBe(rate);
  const loud = (sample: number): boolean => Math.abs(sample) > 1_000;
  const heard = samples.subarray(samples.findIndex(loud), samples.findLastIndex(loud) + 1);
  expect((1_000 * heard.length) / rate).toBeGreaterThan(1_700);
  expect((1_000 * heard.length) / rate).toBeLessThan(2_900);
  expect(Math.abs(20 * Math.log10(rms(heard) / rms(sound)))).toBeLessThan(4);
}

describe('the test phone is heard, and hears itself, with', () => {
  test.each([
    ['G722', [], 16_000, 'none'],
    ['opus', ['--srtp'], 48_000, 'sdes AES_CM_128_HMAC_SHA1_80'],
    ['PCMA', ['--srtp', 'dtls'], 8_000, 'dtls SRTP_AES128_CM_HMAC_SHA1_80'],
  ] as const)('%s %j', async (codec, options, rate, security) => {
    const args = ['--codec', codec, ...options, '--play', 'say.wav'];
    const file = `${codec}.wav`;
    const { media } = await call('echo', ...args, '--record', file, '--duration', '3000');
    expect(media).toMatchObject({ codec, packetsLost: 0 });
    expect(media.security).toContain(security.split(' ')[0]);
    expectSound(file, rate);
  });
});

describe('keys of the test phone are digits', () => {
  test.each([
    ['opus', 'event'],
    ['PCMU', 'inband'],
    ['G722', 'inband'],
  ])('in %s, sent as %s', async (codec, form) => {
    const args = ['--codec', codec, '--dtmf', form, '--press', '12#', '--record', 'keys.wav'];
    await call('keys', ...args);
    expectSound('keys.wav', codec === 'opus' ? 48_000 : codec === 'G722' ? 16_000 : 8_000);
  });
});
