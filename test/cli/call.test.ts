import { readWav, writeWav } from '../../runtime/prompt/wav';
import { rms, sine } from '../prompt/sounds';
import { flow, Project } from './support/project';

jest.setTimeout(120_000);

/** Two seconds of a tone. */
const sound = sine(440, 8_000, 2_000);

const flows = {
  'flows/hear.flow.ts': flow(
    `first: { invoke: { src: 'play', input: { prompt: 'sound' }, onDone: 'done', onError: 'done' } },`,
  ),
  'flows/early.flow.ts': flow(
    `first: { invoke: { src: 'ring', input: { earlyMedia: true, duration: 100 }, onDone: 'answer', onError: 'done' } },
     answer: { invoke: { src: 'play', input: { prompt: 'sound' }, onDone: 'done', onError: 'done' } },`,
  ),
  'flows/echo.flow.ts': flow(
    `first: { invoke: { src: 'echo', input: { maxDuration: 60_000 }, onDone: 'done', onError: 'done' } },`,
  ),
  'flows/keys.flow.ts': flow(
    `first: { invoke: { src: 'gather', input: { prompt: { silence: 100 }, maxDigits: 3 },
       onDone: choices({ '12#': 'right', '12': 'right', otherwise: 'done' }), onError: 'done' } },
     right: { invoke: { src: 'play', input: { prompt: 'sound' }, onDone: 'done', onError: 'done' } },`,
    'callActors, choices',
  ),
  'flows/busy.flow.ts': flow(
    `first: { invoke: { src: 'reject', input: { status: 486 }, onDone: 'done', onError: 'done' } },`,
  ),
  'flows/rings.flow.ts': flow(
    `first: { invoke: { src: 'ring', input: {}, onDone: 'wait', onError: 'done' } },
     wait: { on: { 'call.ended': 'done' } },`,
  ),
};

/** What `--json` says at the end of a call. */
interface CallOutcome {
  readonly callId: string;
  readonly answered: boolean;
  readonly end: { readonly by: string; readonly cause: string; readonly status: number };
  readonly talked: number;
  readonly media: { readonly packetsReceived: number; readonly packetsSent: number };
  readonly recording?: string;
}

let project: Project;
let host: string;
let tcpHost: string;

beforeAll(async () => {
  project = Project.create(flows);
  project.write('prompts/sound.wav', writeWav({ sampleRate: 8_000, samples: sound }));
  ({ host, tcpHost } = await project.serve(['--trace']));
});

afterAll(() => project.remove());

async function call(
  name: string,
  ...args: readonly string[]
): Promise<{ status: number | null; outcome: CallOutcome; stderr: string }> {
  const done = await project.run(['call', `sip:${name}@${host}`, '--json', ...args]);
  return {
    status: done.status,
    stderr: done.stderr,
    outcome: JSON.parse(done.stdout) as CallOutcome,
  };
}

/** The part of a recording with sound in it. */
function loudPart(file: string): Int16Array {
  const { sampleRate, samples } = readWav(project.read(file));
  expect(sampleRate).toBe(8_000);
  const loud = (sample: number): boolean => Math.abs(sample) > 1_000;
  return samples.subarray(samples.findIndex(loud), samples.findLastIndex(loud) + 1);
}

/** As long and as loud as the tone, but for what a busy machine loses. */
function expectSound(samples: Int16Array): void {
  expect(samples.length / 8).toBeGreaterThan(1_700);
  expect(samples.length / 8).toBeLessThan(2_400);
  expect(20 * Math.log10(rms(samples) / rms(sound))).toBeGreaterThan(-1.5);
  expect(20 * Math.log10(rms(samples) / rms(sound))).toBeLessThan(0.5);
}

describe('a call that is answered and ends normally gives 0', () => {
  test('by the other end; --record keeps what was played', async () => {
    const { status, outcome } = await call('hear', '--record', 'heard.wav');
    expect(status).toBe(0);
    expect(outcome).toMatchObject({ answered: true, end: { by: 'remote', cause: 'bye' } });
    expect(outcome.recording).toContain('heard.wav');
    expectSound(loudPart('heard.wav'));
  });

  test('after sound before the answer, whose 200 need not answer the offer again', async () => {
    const { status, outcome } = await call('early');
    expect(status).toBe(0);
    expect(outcome).toMatchObject({ answered: true, end: { by: 'remote', cause: 'bye' } });
  });

  test('by --duration; --play is heard, for the echo brings it back', async () => {
    project.write('say.wav', writeWav({ sampleRate: 8_000, samples: sound }));
    const args = ['--play', 'say.wav', '--record', 'echoed.wav', '--duration', '3000'];
    const { status, outcome } = await call('echo', ...args);
    expect(status).toBe(0);
    expect(outcome).toMatchObject({ answered: true, end: { by: 'local', cause: 'bye' } });
    expect(outcome.talked).toBeGreaterThan(2_900);
    expectSound(loudPart('echoed.wav'));
  });

  test('--press presses; each key is a digit', async () => {
    const keys = ['--press', '1', '--press', 'wait:200,2#'];
    const { status, stderr } = await call('keys', ...keys, '--record', 'keys.wav');
    expect(stderr).toMatch(/pressed 1\npressed 2#/);
    expect(status).toBe(0);
    expectSound(loudPart('keys.wav'));
  });

  test('over TCP', async () => {
    const done = await project.run([
      'call',
      `sip:echo@${tcpHost};transport=tcp`,
      '--duration',
      '200',
    ]);
    expect(done.stderr).toMatch(/answered \(PCMU\)\n/);
    expect(done.status).toBe(0);
  });
});

describe('a call that is not gives 1, and says why', () => {
  test('no such flow', async () => {
    const { status, outcome, stderr } = await call('nobody');
    expect(status).toBe(1);
    expect(outcome).toMatchObject({ answered: false, end: { cause: 'rejected', status: 404 } });
    expect(stderr).toBe(`calling sip:nobody@${host}\n`);
  });

  test('busy', async () => {
    const done = await project.run(['call', `sip:busy@${host}`]);
    expect(done.stderr).toMatch(/not answered \(rejected 486 /);
    expect(done.status).toBe(1);
  });

  test('nobody answers within --ring: the call is cancelled', async () => {
    const { status, outcome, stderr } = await call('rings', '--ring', '500');
    expect(stderr).toMatch(/ringing \(180\)/);
    expect(status).toBe(1);
    expect(outcome).toMatchObject({ answered: false, end: { by: 'system', cause: 'timeout' } });
  });

  test('nobody is there at all: it gives up with --ring, not half a minute later', async () => {
    const started = performance.now();
    const done = await project.run(['call', 'sip:a@127.0.0.1:9', '--ring', '500']);
    expect(done.stderr).toMatch(/not answered \(timeout 408 /);
    expect(done.status).toBe(1);
    expect(performance.now() - started).toBeLessThan(15_000);
    const tcp = await project.run(['call', 'sip:a@127.0.0.1:9;transport=tcp', '--ring', '500']);
    expect(tcp.stderr).toMatch(/not answered \(transport 503 .*ECONNREFUSED/);
    expect(tcp.status).toBe(1);
  });
});

/** The record of a call, once it is written: lines wait a moment for company. */
async function recordOf(callId: string): Promise<Readonly<Record<string, unknown>>> {
  for (let tries = 0; tries < 50; tries += 1) {
    const { stdout } = await project.run(['calls', '--json']);
    const records = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const record = records.find((each) => each['callId'] === callId);
    if (record !== undefined) return record;
  }
  throw new Error(`no record of ${callId}`);
}

describe('what is kept of a call', () => {
  test('is listed by `calls`, as a table and as JSON', async () => {
    const { outcome } = await call('echo', '--duration', '100');
    const record = await recordOf(outcome.callId);
    expect(record).toMatchObject({ flow: { name: 'echo' }, end: { by: 'caller', cause: 'bye' } });
    const { status, stdout } = await project.run(['calls', '--last', '3']);
    expect(status).toBe(0);
    const [head, first] = stdout.split('\n');
    expect(head).toMatch(/^id +started +from +flow +duration +ended$/);
    expect(first).toContain(String(record['id']));
    expect(first).toMatch(/echo +0:00 +caller bye/);
  });

  test('is drawn by `trace`, by the first letters of its id, as a ladder and as JSON', async () => {
    const { outcome } = await call('busy');
    const record = await recordOf(outcome.callId);
    const id = String(record['id']);
    const ladder = await project.run(['trace', id.slice(0, 12)]);
    expect(ladder).toMatchObject({ status: 0, stderr: '' });
    expect(ladder.stdout).toMatch(/INVITE[^]*486[^]*ACK/);
    const json = await project.run(['trace', outcome.callId, '--json']);
    const texts = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { text: string }).text.split(/[\r\n]/)[0]);
    expect(texts.at(0)).toMatch(/^INVITE sip:busy@/);
    expect(texts.at(-1)).toMatch(/^ACK /);
    const full = await project.run(['trace', id, '--full']);
    expect(full.stdout).toContain('User-Agent: Callchart/');
  });

  test('unknown ids are said to be so', async () => {
    const { status, stdout, stderr } = await project.run(['trace', 'no-such-call']);
    expect(stderr).toMatch(
      /^callchart: no call "no-such-call" in .*; callchart calls lists them\n$/,
    );
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});
