import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resample } from '../../runtime/prompt/resample';
import { type AudioComparison, compareAudio, readWavFile } from '../support/audio-compare';
import { Baresip, delay } from './support/baresip';
import { CallchartProcess, type RecordLine } from './support/callchart-process';
import { type BaresipCodec, baresipCodecs } from './support/codecs';
import { until } from './support/command';
import { heardBy, leastSnr, readStereo, snrOfHalfSeconds } from './support/listening';
import { promptSamples, writeSpeech } from './support/speech';
import { saidByFlow, speak, writeWideSpeech } from './support/wide-speech';

jest.setTimeout(90_000);

const users = { alice: 'wonderland', bob: 'builder' };
type User = keyof typeof users;

/** What a call must sound like, once its two ends are aligned. */
interface Quality {
  /** Samples a second at which it is compared. */
  readonly rate: 8_000 | 16_000;
  /** The flow that speaks. */
  readonly flow: string;
  /** What the phone hears, in dB: of the whole, and the mean of frames of 20 ms. */
  readonly heard: { readonly snr: number; readonly segmental: number };
  /** Of half seconds of what it is heard to speak, in dB. */
  readonly spoken: number;
  /** Samples by which parts may seem to be shifted: none, where the shape of the wave is kept. */
  readonly shift: number;
}

const g711: Quality = {
  ...{ rate: 8_000, flow: 'talk' },
  heard: { snr: leastSnr, segmental: 36 },
  ...{ spoken: leastSnr, shift: 0 },
};

/**
 * G.722 keeps the shape of the wave; its two bits for 4 to 8 kHz leave 31 dB of one voice, and 22 dB of the other, whose s
 * is louder. Opus does not: it keeps what is heard, so that the difference to what was said is large however good it
 * sounds, and parts may seem to be shifted by fractions of a millisecond. At our 20 kbit/s for speech of 16 kHz 8.7 dB
 * are left, at baresip's 100 kbit/s 22 dB. Other sound than what was said has less than 0 dB. That the highs have come is
 * looked at by itself.
 */
const qualities: Readonly<Record<BaresipCodec, Quality>> = {
  PCMU: g711,
  PCMA: g711,
  G722: {
    ...{ rate: 16_000, flow: 'talk-wide' },
    heard: { snr: 29, segmental: 29 },
    ...{ spoken: 20, shift: 0 },
  },
  opus: {
    ...{ rate: 16_000, flow: 'talk-wide' },
    heard: { snr: 7, segmental: 5 },
    ...{ spoken: 18, shift: 8 },
  },
};

let directory: string;
let server: CallchartProcess;
let phones: Baresip[] = [];
/** What phones speak: at 8 kHz, and at 16 kHz for codecs of a wide band. */
const speech = new Map<number, Int16Array>();
const prompts = new Map<string, Int16Array>();

const fileOf = (rate: number): string => join(directory, `${rate}.wav`);

async function phone(user: User, codec: BaresipCodec): Promise<Baresip> {
  const { codecs, rate } = baresipCodecs[codec];
  const started = await Baresip.start({
    ...{ user, codecs, rate, speaks: fileOf(rate) },
    registrar: { port: server.port, password: users[user] },
  });
  phones.push(started);
  await until(`${user} is registered`, () => started.output.includes('200 OK'));
  return started;
}

async function nextRecord(seen: number): Promise<RecordLine> {
  const record = (await server.records(seen + 1))[seen];
  if (record === undefined) throw new Error('there is no record');
  return record;
}

function recordingOf(record: RecordLine): { left: Int16Array; right: Int16Array } {
  const [recording] = record['recordings'] as readonly { readonly path: string }[];
  if (recording === undefined) throw new Error('the record names no recording');
  return readStereo(recording.path);
}

function expectLike(found: AudioComparison, { heard, shift: most }: Quality): void {
  expect(found).toMatchObject({ silentFrames: 0, gaps: [] });
  expect(found.shifts.length).toBeGreaterThan(0);
  expect(found.shifts.filter((shift) => Math.abs(shift) > most)).toEqual([]);
  expect(found.snr).toBeGreaterThanOrEqual(heard.snr);
  expect(found.segmentalSnr).toBeGreaterThanOrEqual(heard.segmental);
}

/** The level of what is above 4 kHz, in dB below full scale. */
function highs(samples: Int16Array): number {
  const low = resample(resample(samples, 16_000, 8_000), 8_000, 16_000);
  const energy = samples.reduce((sum, sample, i) => sum + (sample - (low[i] ?? 0)) ** 2, 0);
  return 10 * Math.log10(energy / samples.length / 32_768 ** 2);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-media-'));
  speech.set(8_000, writeSpeech(fileOf(8_000)));
  for (const rate of [16_000, 48_000]) {
    speech.set(16_000, await writeWideSpeech(fileOf(rate), rate));
  }
  prompts.set('talk', promptSamples('survey-satisfied'));
  prompts.set('talk-wide', await speak(saidByFlow, 'slt'));
  server = await CallchartProcess.start({ users, config: { media: { workers: 1 } } });
}, 180_000);

afterEach(async () => {
  await Promise.all(phones.map((each) => each.stop()));
  phones = [];
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  expect(await server.stop()).toBe(0);
});

describe.each(['PCMU', 'PCMA', 'G722', 'opus'] as const)('baresip with %s', (codec) => {
  it.each(['calls', 'is called'] as const)(
    '%s, hears what is played, and is heard as it speaks',
    async (way) => {
      const quality = qualities[codec];
      const { rate, flow } = quality;
      const seen = (await server.records(0)).length;
      const alice = await phone('alice', codec);
      if (way === 'calls') {
        await alice.dial(`sip:${flow}@127.0.0.1:${server.port}`);
      } else {
        const { output } = await server.command('originate', 'alice', '--flow', flow);
        expect(output).toContain('answered, ended by the flow');
      }
      await alice.waitFor('CALL_CLOSED', 30_000);
      const record = await nextRecord(seen);
      expect(record).toMatchObject({
        direction: way === 'calls' ? 'inbound' : 'outbound',
        end: { by: 'flow', cause: 'bye' },
        media: { codec, security: 'none', packetsLost: 0 },
      });
      const [file = ''] = alice.files('dec');
      const sound = readWavFile(file);
      expect(sound.sampleRate).toBe(baresipCodecs[codec].rate);
      const ear = resample(sound.samples, sound.sampleRate, rate);
      const prompt = prompts.get(flow) ?? new Int16Array();
      const played = compareAudio(prompt, ear, rate);
      const { left } = recordingOf(record);
      const said = speech.get(rate) ?? new Int16Array();
      // The jitter buffer is empty when the call begins: the first frames have nothing to hold.
      const begin = left.findIndex((sample) => sample !== 0);
      expectLike(played, quality);
      // It throws away what is in its buffer when the BYE comes.
      expect(played.overlap).toBeGreaterThan(prompt.length - 0.2 * rate);
      expect(left.length - begin).toBeGreaterThan(4 * rate);
      expect(snrOfHalfSeconds(left.subarray(begin), said, rate)).toBeGreaterThanOrEqual(
        quality.spoken,
      );
      if (rate === 8_000) return;
      expect(Math.abs(highs(ear) - highs(prompt))).toBeLessThan(3);
      expect(Math.abs(highs(left) - highs(said.subarray(0, left.length)))).toBeLessThan(3);
    },
  );
});

describe('baresips of different codecs', () => {
  it.each([
    ['opus', 'PCMU', 7, 18],
    ['G722', 'opus', 18, 4],
    ['PCMA', 'G722', 25, 33],
  ] as const)('%s and %s are bridged: each hears the other', async (...test) => {
    const [callers, callees, byCaller, byCallee] = test;
    const bob = await phone('bob', callees);
    const alice = await phone('alice', callers);
    const seen = (await server.records(0)).length;
    await alice.dial(`sip:dial@127.0.0.1:${server.port}`);
    await bob.waitFor('CALL_ESTABLISHED');
    await delay(4_000);
    await alice.command('hangup');
    const at8kHz = async (listener: Baresip, codec: BaresipCodec): Promise<Int16Array> =>
      resample(await heardBy(listener), baresipCodecs[codec].rate, 8_000);
    const saidIn = (codec: BaresipCodec): Int16Array => {
      const wide = baresipCodecs[codec].rate > 8_000;
      const said = speech.get(wide ? 16_000 : 8_000) ?? new Int16Array();
      return wide ? resample(said, 16_000, 8_000) : said;
    };
    expect(snrOfHalfSeconds(await at8kHz(alice, callers), saidIn(callees))).toBeGreaterThan(
      byCaller,
    );
    expect(snrOfHalfSeconds(await at8kHz(bob, callees), saidIn(callers))).toBeGreaterThan(byCallee);
    expect(await nextRecord(seen)).toMatchObject({
      media: { codec: callers },
      legs: [{ target: 'bob', media: { codec: callees } }],
    });
  });
});

describe('the recording of a whole call', () => {
  it('has both sides of one moment within one packet of each other', async () => {
    const seen = (await server.records(0)).length;
    const alice = await phone('alice', 'PCMU');
    await alice.dial(`sip:echo-recorded@127.0.0.1:${server.port}`);
    await alice.waitFor('CALL_CLOSED', 30_000);
    // What comes goes back at once, and should stand there once more beside itself.
    const { left, right } = recordingOf(await nextRecord(seen));
    expect(left.length).toBeGreaterThan(4.8 * 8_000);
    const { offset, snr, gaps } = compareAudio(left.subarray(0, 4.8 * 8_000), right);
    expect(Math.abs(offset)).toBeLessThanOrEqual(160);
    expect(snr).toBeGreaterThan(leastSnr);
    expect(gaps).toEqual([]);
  });
});
