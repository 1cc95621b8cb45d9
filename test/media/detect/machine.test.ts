import { SeededRandom } from '../../../runtime/core/random';
import { MachineDetector } from '../../../runtime/media/detect/machine';
import type { MachineOptions, MachineResult } from '../../../runtime/media/port';
import { ToneGenerator } from '../../../runtime/media/tone';
import { amplitude, gaussian } from '../../support/dtmf-signals';
import { concat, throughCodec } from '../../support/media-pair';
import { Speaker } from '../../support/speech';

const VOICES = ['slt', 'rms', 'awb', 'kal'];
const GREETINGS = [
  'Hello, you have reached the voicemail of Julia Miller. I am not able to take your call right now. Please leave your name and your number after the tone.',
  'Hi, this is Sam. Sorry I missed your call. Leave a message and I will get back to you as soon as I can.',
  'The person you are calling is not available at present. At the tone, please record your message. When you have finished recording you may hang up.',
];
const HUMANS = ['Hello?', 'Yes?', 'Miller speaking.', 'Good morning.', 'Hi, Sam here.'];

let speaker: Speaker;

beforeAll(() => {
  speaker = new Speaker();
});

afterAll(async () => {
  await speaker.close();
});

const silence = (duration: number): Int16Array => new Int16Array(duration * 8);

function tone(frequency: number, duration: number, level = -12): Int16Array {
  const generator = new ToneGenerator({ frequencies: [frequency], cadence: [], duration, level });
  const samples = new Int16Array(generator.length);
  generator.fill(samples, 0, samples.length);
  return samples;
}

/** What a line makes of it: noise at -55 dBm0, G.711. */
function line(...parts: readonly Int16Array[]): Int16Array {
  const samples = concat(parts);
  const random = new SeededRandom(13);
  const noise = amplitude(-55) * Math.SQRT1_2;
  return throughCodec(samples.map((sample) => sample + Math.round(noise * gaussian(random))));
}

async function verdict(
  samples: Int16Array,
  options: MachineOptions = {},
  frames = samples.length / 160,
): Promise<MachineResult> {
  let ended = 0;
  const detector = new MachineDetector(options, () => (ended += 1));
  for (let i = 0; i < Math.floor(frames); i += 1) {
    detector.hear(samples.subarray(i * 160, (i + 1) * 160), 'audio');
  }
  detector.stop();
  const result = await detector.done;
  expect(ended).toBe(1);
  return result;
}

describe('MachineDetector', () => {
  it.each(HUMANS.flatMap((text) => VOICES.map((voice) => [text, voice] as const)))(
    'takes "%s" (%s) for a human',
    async (text, voice) => {
      const samples = line(silence(700), await speaker.say(text, voice), silence(4_000));
      const result = await verdict(samples);
      expect(result).toMatchObject({ type: 'human', reason: 'silence-after-greeting' });
      expect(result).not.toHaveProperty('beepAt');
    },
  );

  it.each(GREETINGS.flatMap((text) => VOICES.map((voice) => [text, voice] as const)))(
    'takes "%s" (%s) for a machine and finds its beep',
    async (text, voice) => {
      const greeting = await speaker.say(text, voice);
      const before = concat([silence(500), greeting, silence(400)]);
      const samples = line(before, tone(1_000, 400), silence(2_000));
      const result = await verdict(samples, { beepTimeout: 20_000 });
      expect(result.type).toBe('machine');
      expect(result.decidedAt).toBeLessThan(3_500);
      const end = before.length / 8 + 400;
      expect(Math.abs((result.beepAt ?? 0) - end)).toBeLessThanOrEqual(40);
    },
  );

  it.each([
    [440, 250],
    [850, 500],
    [1_400, 120],
    [2_000, 800],
    [2_100, 200],
  ])('finds a beep of %i Hz that lasts %i ms', async (frequency, duration) => {
    const greeting = await speaker.say(GREETINGS[1] ?? '');
    const before = concat([silence(300), greeting, silence(900)]);
    const samples = line(before, tone(frequency, duration, -20), silence(1_000));
    const { beepAt } = await verdict(samples, { beepTimeout: 20_000 });
    expect(Math.abs((beepAt ?? 0) - before.length / 8 - duration)).toBeLessThanOrEqual(40);
  });

  it('says machine when no beep came: after the greeting, or when it has waited long enough', async () => {
    const greeting = await speaker.say(GREETINGS[0] ?? '');
    const samples = line(silence(300), greeting, silence(10_000));
    const over = await verdict(samples, { beepTimeout: 60_000 });
    expect(over).toMatchObject({ type: 'machine', beepAt: undefined });
    const soon = await verdict(samples, { beepTimeout: 1_000 });
    expect(soon).toMatchObject({ type: 'machine', beepAt: undefined });
  });

  it('says machine at once when no beep was asked for', async () => {
    const greeting = await speaker.say(GREETINGS[0] ?? '');
    const result = await verdict(line(silence(300), greeting));
    expect(result.type).toBe('machine');
    expect(['long-greeting', 'words']).toContain(result.reason);
    expect(result).not.toHaveProperty('beepAt');
  });

  it('says fax for the tones of one', async () => {
    const answering = line(silence(600), tone(2_100, 3_000), silence(1_000));
    expect(await verdict(answering)).toMatchObject({ type: 'fax', reason: 'ced' });
    const calling = line(silence(600), tone(1_100, 500), silence(3_000));
    expect(await verdict(calling)).toMatchObject({ type: 'fax', reason: 'cng' });
  });

  it('does not know when nobody says anything', async () => {
    expect(await verdict(line(silence(6_000)))).toEqual({
      type: 'unknown',
      reason: 'initial-silence',
      decidedAt: 3_500,
    });
  });

  it('does not know when time runs out', async () => {
    // A word each half second: never silent for long, never a greeting.
    const word = tone(300, 150).map((sample, i) => sample + (i % 40 < 20 ? 2_000 : -2_000));
    const words = Array.from({ length: 20 }, () => concat([word, silence(450)]));
    const result = await verdict(line(...words), { maximumWords: 100, greeting: 60_000 });
    expect(result).toEqual({ type: 'unknown', reason: 'total-time', decidedAt: 5_000 });
  });

  it('does not wait for the end of a tone that has none', async () => {
    expect(await verdict(line(tone(450, 8_000)))).toEqual({
      type: 'unknown',
      reason: 'total-time',
      decidedAt: 5_000,
    });
    const greeting = await speaker.say(GREETINGS[0] ?? '');
    const samples = line(silence(300), greeting, tone(1_500, 20_000));
    const { type, beepAt } = await verdict(samples, { beepTimeout: 10_000 }, 1_200);
    expect({ type, beepAt }).toEqual({ type: 'machine', beepAt: undefined });
  });

  it('takes more words than a human says for a machine', async () => {
    const word = tone(300, 150).map((sample, i) => sample + (i % 40 < 20 ? 2_000 : -2_000));
    const words = Array.from({ length: 6 }, () => concat([word, silence(150)]));
    const result = await verdict(line(silence(300), ...words), { greeting: 60_000 });
    expect(result).toMatchObject({ type: 'machine', reason: 'words' });
  });

  it('is stopped', async () => {
    expect(await verdict(silence(1_000))).toMatchObject({ type: 'stopped' });
  });

  it('is a machine still when it is stopped while it waits for a beep', async () => {
    const greeting = await speaker.say(GREETINGS[0] ?? '');
    const result = await verdict(line(silence(300), greeting), { beepTimeout: 60_000 });
    expect(result).toMatchObject({ type: 'machine', beepAt: undefined });
  });

  it('refuses times that are none', () => {
    expect(() => new MachineDetector({ greeting: -1 }, () => undefined)).toThrow(/greeting/);
    expect(() => new MachineDetector({ totalTime: NaN }, () => undefined)).toThrow(/totalTime/);
  });
});
