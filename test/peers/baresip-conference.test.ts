import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../runtime/prompt/wav';
import { readWavFile } from '../support/audio-compare';
import { Baresip, delay } from './support/baresip';
import { CallchartProcess } from './support/callchart-process';
import { type BaresipCodec, baresipCodecs } from './support/codecs';
import { AMPLITUDE, level } from './support/tone-level';

jest.setTimeout(90_000);

/** Who speaks which tone, in Hz: none is near a multiple, a sum or a difference of others. */
const parties = [
  { user: 'anna', codec: 'PCMU', tone: 440 },
  { user: 'ben', codec: 'PCMA', tone: 710 },
  { user: 'carl', codec: 'G722', tone: 1_130 },
  { user: 'dora', codec: 'opus', tone: 1_930 },
] as const;

let directory: string;
let server: CallchartProcess;
let phones: Baresip[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-conference-'));
  server = await CallchartProcess.start({ config: { media: { workers: 2 } } });
});

afterEach(async () => {
  await Promise.all(phones.map((each) => each.stop()));
  phones = [];
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  expect(await server.stop()).toBe(0);
});

/** A phone that speaks a tone for a minute. */
async function speaker(user: string, codec: BaresipCodec, tone: number): Promise<Baresip> {
  const { codecs, rate } = baresipCodecs[codec];
  const speaks = join(directory, `${user}.wav`);
  const samples = Int16Array.from({ length: 60 * rate }, (_, i) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * tone * i) / rate)),
  );
  writeFileSync(speaks, writeWav({ sampleRate: rate, samples }));
  const started = await Baresip.start({ user, codecs, rate, speaks });
  phones.push(started);
  return started;
}

describe('a conference of four baresips, each with a codec and a tone of its own', () => {
  it('gives each the tones of the other three, as loud as they are, and not its own', async () => {
    for (const { user, codec, tone } of parties) {
      const phone = await speaker(user, codec, tone);
      await phone.dial(`sip:meeting@127.0.0.1:${server.port}`);
      await phone.waitFor('CALL_ESTABLISHED');
    }
    await delay(4_000);
    await Promise.all(phones.map((each) => each.command('hangup')));
    await Promise.all(phones.map((each) => each.waitFor('CALL_CLOSED')));
    for (const [index, phone] of phones.entries()) {
      const own = parties[index]?.user;
      const [file = ''] = phone.files('dec');
      const { sampleRate, samples } = readWavFile(file);
      // Two seconds in which all four were there.
      const heard = samples.subarray(-3 * sampleRate, -1 * sampleRate);
      const levels = parties.map(({ user, tone }) => ({
        user,
        level: level(heard, sampleRate, tone),
      }));
      for (const found of levels) {
        const where = `${found.user} heard by ${own ?? ''}`;
        if (found.user === own) {
          expect({ where, silent: found.level < -40 }).toEqual({ where, silent: true });
        } else {
          expect({ where, ok: Math.abs(found.level) < 2 }).toEqual({ where, ok: true });
        }
      }
    }
    const records = await server.records(parties.length);
    expect(records.map(({ from }) => from.user).sort()).toEqual(parties.map(({ user }) => user));
    for (const record of records) {
      expect(record).toMatchObject({
        end: { by: 'caller', cause: 'bye' },
        media: { packetsLost: 0 },
      });
    }
  });
});
