import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../runtime/prompt/wav';
import { readWavFile } from '../support/audio-compare';
import { Baresip, delay } from './support/baresip';
import { CallchartProcess } from './support/callchart-process';
import { type BaresipCodec, baresipCodecs } from './support/codecs';
import { AMPLITUDE, level } from './support/tone-level';

jest.setTimeout(60_000);

let directory: string;
let server: CallchartProcess;
let phones: Baresip[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-queue-'));
  // Their calls are in different threads.
  server = await CallchartProcess.start({ config: { media: { workers: 2 } } });
});

afterAll(async () => {
  await Promise.all(phones.map((each) => each.stop()));
  phones = [];
  rmSync(directory, { recursive: true, force: true });
  expect(await server.stop()).toBe(0);
});

/** A phone that speaks a tone and calls a flow. */
async function speaker(flow: string, codec: BaresipCodec, tone: number): Promise<Baresip> {
  const { codecs, rate } = baresipCodecs[codec];
  const speaks = join(directory, `${flow}.wav`);
  const samples = Int16Array.from({ length: 30 * rate }, (_, i) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * tone * i) / rate)),
  );
  writeFileSync(speaks, writeWav({ sampleRate: rate, samples }));
  const phone = await Baresip.start({ user: flow, codecs, rate, speaks });
  phones.push(phone);
  await phone.dial(`sip:${flow}@127.0.0.1:${server.port}`);
  await phone.waitFor('CALL_ESTABLISHED');
  return phone;
}

it('lets two baresips of different codecs hear each other, and each not himself', async () => {
  const caller = await speaker('help', 'PCMU', 1_130);
  await delay(500);
  const agent = await speaker('agent', 'G722', 710);
  await delay(2_500);
  await agent.command('hangup');
  await Promise.all([caller.waitFor('CALL_CLOSED'), agent.waitFor('CALL_CLOSED')]);
  for (const [phone, own, other] of [
    [caller, 1_130, 710],
    [agent, 710, 1_130],
  ] as const) {
    const [file = ''] = phone.files('dec');
    const { sampleRate, samples } = readWavFile(file);
    const heard = samples.subarray(-1.5 * sampleRate, -0.5 * sampleRate);
    expect(Math.abs(level(heard, sampleRate, other))).toBeLessThan(2);
    expect(level(heard, sampleRate, own)).toBeLessThan(-40);
  }
  const records = await server.records(2);
  expect(records.map(({ from }) => from.user).sort()).toEqual(['agent', 'help']);
});
