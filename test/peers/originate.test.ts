import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareAudio } from '../support/audio-compare';
import { Baresip, type BaresipOptions } from './support/baresip';
import { CallchartProcess } from './support/callchart-process';
import { until } from './support/command';
import { Kamailio } from './support/kamailio';
import { heardBy, leastSnr } from './support/listening';
import { promptSamples, writeSpeech } from './support/speech';

jest.setTimeout(90_000);

const open: { stop(): Promise<unknown> }[] = [];
let directory: string;
let speech: string;

function opened<T extends { stop(): Promise<unknown> }>(thing: T): T {
  open.push(thing);
  return thing;
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-originate-'));
  speech = join(directory, 'speech.wav');
  writeSpeech(speech);
});

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function phone(
  user: string,
  port: number,
  password: string,
  options: Partial<BaresipOptions> = {},
): Promise<Baresip> {
  const started = opened(
    await Baresip.start({ user, speaks: speech, registrar: { port, password }, ...options }),
  );
  await until(`${user} is registered`, () => started.output.includes('200 OK'));
  return started;
}

/** That it heard the menu of the flow `prompt`, whole and as it was recorded. */
async function expectMenu(listener: Baresip): Promise<void> {
  const menu = promptSamples('menu');
  const comparison = compareAudio(menu, await heardBy(listener));
  expect(comparison.snr).toBeGreaterThanOrEqual(leastSnr);
  expect(comparison.gaps).toEqual([]);
  // It throws away what is in its buffer when the BYE comes.
  expect(comparison.overlap).toBeGreaterThan(menu.length - 8 * 200);
}

describe('callchart originate', () => {
  let server: CallchartProcess;

  beforeEach(async () => {
    server = opened(await CallchartProcess.start({ users: { alice: 'wonderland' } }));
  });

  it('calls a registered phone, which hears the prompt of the flow', async () => {
    const alice = await phone('alice', server.port, 'wonderland');
    const { status, output } = await server.command('originate', 'alice', '--flow', 'prompt');
    expect(output).toMatch(/answered, ended by the flow, 0:0\d/);
    expect(status).toBe(0);
    await expectMenu(alice);
    const [record] = await server.records(1);
    expect(record).toMatchObject({
      direction: 'outbound',
      answered: true,
      flow: { name: 'prompt' },
      end: { by: 'flow', cause: 'bye' },
    });
  });

  it('says that nobody is registered', async () => {
    const { status, output } = await server.command('originate', 'alice', '--flow', 'prompt');
    expect(output).toContain('unreachable: 480');
    expect(status).toBe(1);
  });

  it('says that the phone is busy', async () => {
    const alice = await phone('alice', server.port, 'wonderland', { answer: 'manual' });
    const command = server.command('originate', 'alice', '--flow', 'prompt');
    await alice.waitFor('CALL_INCOMING');
    await alice.command('hangup');
    const { status, output } = await command;
    expect(output).toMatch(/^busy$/m);
    expect(status).toBe(1);
  });

  it('gives up when nobody answers in time, and the phone stops ringing', async () => {
    const alice = await phone('alice', server.port, 'wonderland', { answer: 'manual' });
    const { status, output } = await server.command(
      ...['originate', 'alice', '--flow', 'prompt', '--timeout', '2000'],
    );
    expect(output).toMatch(/^no answer$/m);
    expect(status).toBe(1);
    await alice.waitFor('CALL_CLOSED');
  });
});

describe('callchart originate through a trunk to Kamailio, with digest', () => {
  const number = '+4930123456';

  async function trunkTo(carrier: Kamailio, password: string): Promise<CallchartProcess> {
    return opened(
      await CallchartProcess.start({
        args: ['--trace'],
        config: {
          trunks: {
            carrier: {
              servers: `sip:127.0.0.1:${carrier.port}`,
              username: 'office',
              password,
              callerId: { number: '+4989555', displayName: 'The Office', in: 'both' },
              numbers: { outbound: { format: 'e164', country: '49', nationalPrefix: '0' } },
              headers: { 'X-Contract': '4711' },
            },
          },
        },
      }),
    );
  }

  it('reaches the phone there, which sees the number and the name of the trunk', async () => {
    const carrier = opened(await Kamailio.start({ password: 'carrier-secret' }));
    const callee = await phone(number, carrier.port, 'carrier-secret', { trace: true });
    const server = await trunkTo(carrier, 'carrier-secret');
    const { status, output } = await server.command(
      ...['originate', '030123456', '--trunk', 'carrier', '--flow', 'prompt'],
    );
    expect(output).toContain('answered, ended by the flow');
    expect(status).toBe(0);
    await expectMenu(callee);
    const invite = /^INVITE [\s\S]*?\r?\n\r?\n/m.exec(callee.output)?.[0] ?? '';
    expect(invite).toMatch(/^From: "The Office" ?<sip:\+4989555@127\.0\.0\.1[^>]*>;tag=/m);
    expect(invite).toMatch(/^P-Asserted-Identity: ("The Office" ?)?<sip:\+4989555@127\.0\.0\.1/m);
    expect(invite).toMatch(/^X-Contract: 4711\r?$/m);
    // What was for Kamailio alone, it took out.
    expect(invite).not.toMatch(/carrier-secret/);
    expect(await server.records(1)).toMatchObject([{ trunk: 'carrier', answered: true }]);
  });

  it('is refused for a wrong password, and says so', async () => {
    const carrier = opened(await Kamailio.start({ password: 'carrier-secret' }));
    const server = await trunkTo(carrier, 'guess');
    const { status, output } = await server.command(
      ...['originate', '030123456', '--trunk', 'carrier', '--flow', 'prompt'],
    );
    expect(output).toMatch(/40[37]/);
    expect(status).toBe(1);
  });

  it('says that the carrier knows no such number', async () => {
    const carrier = opened(await Kamailio.start({ password: 'carrier-secret' }));
    const server = await trunkTo(carrier, 'carrier-secret');
    const { status, output } = await server.command(
      ...['originate', '030999', '--trunk', 'carrier', '--flow', 'prompt'],
    );
    expect(output).toContain('404');
    expect(status).toBe(1);
  });
});
