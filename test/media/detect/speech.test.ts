import { SeededRandom } from '../../../runtime/core/random';
import { SpeechDetector } from '../../../runtime/media/detect/speech';
import type { FrameKind } from '../../../runtime/media/jitter-buffer';
import { VoiceActivity } from '../../../runtime/media/voice-activity';
import { amplitude, gaussian } from '../../support/dtmf-signals';
import { throughCodec } from '../../support/media-pair';
import { paragraph, Speaker } from '../../support/speech';

const FRAME = 160;
const VOICES = ['slt', 'rms', 'awb', 'kal'];

/** Speech with pauses in noise, and for each frame whether somebody speaks. */
interface Labelled {
  readonly samples: Int16Array;
  /** Frames in which speech is, and in which certainly nothing is; what is at the edges is neither. */
  readonly speech: readonly boolean[];
  readonly pause: readonly boolean[];
}

/** The first and the last sample of what is said that is no fainter than 30 dB below its mean. */
function spoken(samples: Int16Array): Int16Array {
  const floor = levelOf(samples) * 10 ** (-30 / 20);
  let from = 0;
  let to = samples.length;
  while (from < to && Math.abs(samples[from] ?? 0) < floor) from += 1;
  while (to > from && Math.abs(samples[to - 1] ?? 0) < floor) to -= 1;
  return samples.subarray(from, to);
}

function levelOf(samples: Int16Array): number {
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  return Math.sqrt(sum / Math.max(1, samples.length));
}

let utterances: Int16Array[];

beforeAll(async () => {
  const speaker = new Speaker();
  const random = new SeededRandom(21);
  utterances = [];
  for (let i = 0; i < 24; i += 1) {
    utterances.push(spoken(await speaker.say(paragraph(random, 1), VOICES[i % 4])));
  }
  await speaker.close();
});

/** dBm0: of the speech as a mean, and of the noise; hertz and dBm0 of a hum. */
function conversation(speech: number, noise: number, hum?: readonly [number, number]): Labelled {
  const random = new SeededRandom(5);
  const pauses = utterances.map(() => 8_000 + (random.uint32() % 12_000));
  const total = utterances.reduce((sum, each, i) => sum + each.length + (pauses[i] ?? 0), 16_000);
  const samples = new Int16Array(total);
  const spokenAt = new Uint8Array(total);
  let at = 16_000;
  utterances.forEach((each, i) => {
    const gain = (amplitude(speech) * Math.SQRT1_2) / levelOf(each);
    each.forEach((sample, n) => {
      samples[at + n] = Math.round(sample * gain);
      spokenAt[at + n] = 1;
    });
    at += each.length + (pauses[i] ?? 0);
  });
  const hiss = amplitude(noise) * Math.SQRT1_2;
  for (let i = 0; i < total; i += 1) {
    let added = hiss * gaussian(random);
    if (hum !== undefined)
      added += amplitude(hum[1]) * Math.sin((2 * Math.PI * hum[0] * i) / 8_000);
    samples[i] = (samples[i] ?? 0) + Math.round(added);
  }
  const frames = Math.floor(total / FRAME);
  const any = (from: number, to: number): boolean =>
    spokenAt.subarray(Math.max(0, from), to).includes(1);
  return {
    samples: throughCodec(samples),
    speech: Array.from(
      { length: frames },
      (_, i) => !spokenAt.subarray(i * FRAME, (i + 1) * FRAME).includes(0),
    ),
    pause: Array.from({ length: frames }, (_, i) => !any((i - 2) * FRAME, (i + 2) * FRAME)),
  };
}

interface Accuracy {
  /** Percent of the frames of speech, and of pauses, that are told right. */
  readonly speech: number;
  readonly pause: number;
}

/** With a hangover of 300 ms, as long as pauses between words are; the second and a half at first is for learning. */
function accuracyOf({ samples, speech, pause }: Labelled, hangover = 300): Accuracy {
  let speaking = false;
  const detector = new SpeechDetector({ onset: 60, hangover }, (now) => (speaking = now));
  const right = { speech: 0, pause: 0 };
  const all = { speech: 0, pause: 0 };
  let sincePause = 0;
  let sinceSpeech = 0;
  for (let i = 0; i < speech.length; i += 1) {
    detector.hear(samples.subarray(i * FRAME, (i + 1) * FRAME), 'audio');
    sincePause = pause[i] === true ? 0 : sincePause + 20;
    sinceSpeech = pause[i] === true ? sinceSpeech + 20 : 0;
    if (i < 75) continue;
    if (speech[i] === true && sincePause > 200) {
      all.speech += 1;
      if (speaking) right.speech += 1;
    } else if (pause[i] === true && sinceSpeech > hangover + 40) {
      all.pause += 1;
      if (!speaking) right.pause += 1;
    }
  }
  return { speech: (100 * right.speech) / all.speech, pause: (100 * right.pause) / all.pause };
}

const figures: string[] = [];

afterAll(() => {
  process.stdout.write(`voice activity\n${figures.join('\n')}\n`);
});

describe('SpeechDetector', () => {
  it.each([
    ['loud speech, a quiet line', -16, -65, undefined],
    ['usual speech, a usual line', -22, -55, undefined],
    ['usual speech, a noisy line', -22, -42, undefined],
    ['faint speech', -40, -60, undefined],
    ['usual speech over the hum of the mains', -25, -60, [50, -25]],
    ['usual speech over its harmonic', -25, -60, [100, -30]],
    ['usual speech over a steady tone', -22, -60, [440, -42]],
  ] as const)('tells speech from pauses: %s (%d over %d dBm0)', (name, speech, noise, hum) => {
    const accuracy = accuracyOf(conversation(speech, noise, hum));
    figures.push(
      `${name.padEnd(40)} speech ${accuracy.speech.toFixed(1)} %, pauses ${accuracy.pause.toFixed(1)} %`,
    );
    expect(accuracy.speech).toBeGreaterThanOrEqual(95);
    expect(accuracy.pause).toBeGreaterThanOrEqual(95);
  });

  /** What is reported of these frames: [speaking, milliseconds]. */
  function reports(
    frames: readonly (readonly [Int16Array, FrameKind])[],
    options = {},
  ): [boolean, number][] {
    const found: [boolean, number][] = [];
    let time = 0;
    const detector = new SpeechDetector(options, (speaking) => found.push([speaking, time]));
    for (const [frame, kind] of frames) {
      time += 20;
      detector.hear(frame, kind);
    }
    return found;
  }

  const loud = Int16Array.from({ length: FRAME }, (_, i) => (i % 13 < 6 ? 300 : -300));
  const nothing = new Int16Array(FRAME);
  const times = (
    count: number,
    frame: Int16Array,
    kind: FrameKind = 'audio',
  ): [Int16Array, FrameKind][] => Array.from({ length: count }, () => [frame, kind]);

  it('says so after the onset and after the hangover, 100 and 500 ms', () => {
    const frames = [...times(10, nothing), ...times(20, loud), ...times(50, nothing)];
    expect(reports(frames)).toEqual([
      [true, 300],
      [false, 1_100],
    ]);
  });

  it('takes both from its options', () => {
    const frames = [...times(10, nothing), ...times(20, loud), ...times(80, nothing)];
    expect(reports(frames, { onset: 200, hangover: 1_000 })).toEqual([
      [true, 400],
      [false, 1_600],
    ]);
  });

  it('takes a click for no speech', () => {
    const frames = [...times(10, nothing), ...times(3, loud), ...times(60, nothing)];
    expect(reports(frames)).toEqual([]);
  });

  it('does not end where packets are lost', () => {
    const frames = [...times(10, loud), ...times(40, nothing, 'lost'), ...times(10, loud)];
    expect(reports(frames)).toEqual([[true, 100]]);
  });

  it('ends in comfort noise, however loud', () => {
    const frames = [...times(10, loud), ...times(40, loud, 'comfort-noise')];
    expect(reports(frames)).toEqual([
      [true, 100],
      [false, 700],
    ]);
  });
});

describe('VoiceActivity', () => {
  /** For how long of some seconds of sound it says that somebody speaks, after the first second and a half. */
  function heardOf(samples: Int16Array): number {
    const activity = new VoiceActivity();
    let count = 0;
    for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
      if (activity.hears(samples.subarray(at, at + FRAME)) && at >= 12_000) count += 1;
    }
    return count * 20;
  }

  const random = new SeededRandom(9);
  const noise = (level: number): Int16Array =>
    Int16Array.from({ length: 40_000 }, () =>
      Math.round(amplitude(level) * Math.SQRT1_2 * gaussian(random)),
    );
  const hum = (frequency: number, level: number): Int16Array =>
    Int16Array.from({ length: 40_000 }, (_, i) =>
      Math.round(amplitude(level) * Math.sin((2 * Math.PI * frequency * i) / 8_000)),
    );

  it.each([
    ['comfort noise at -60 dBm0', noise(-60)],
    ['comfort noise at -45 dBm0', noise(-45)],
    ['noise at -30 dBm0', noise(-30)],
    ['hum of 50 Hz at -20 dBm0', hum(50, -20)],
    ['hum of 100 Hz at -25 dBm0', hum(100, -25)],
    ['a whistle of 1 kHz at -30 dBm0', hum(1_000, -30)],
    ['silence', new Int16Array(40_000)],
  ])('hears nobody in %s', (_name, samples) => {
    expect(heardOf(samples)).toBe(0);
  });

  it('hears the same at every sample rate', () => {
    for (const rate of [8_000, 16_000, 48_000]) {
      const size = rate / 50;
      const activity = new VoiceActivity();
      const frame = (level: number): Int16Array =>
        Int16Array.from({ length: size }, (_, i) =>
          Math.round(amplitude(level) * Math.sin((2 * Math.PI * 500 * i) / rate)),
        );
      const hums = Int16Array.from({ length: size }, (_, i) =>
        Math.round(amplitude(-30) * Math.sin((2 * Math.PI * 50 * i) / rate)),
      );
      for (let i = 0; i < 20; i += 1) expect(activity.hears(hums)).toBe(false);
      expect(activity.hears(frame(-40))).toBe(true);
    }
  });
});
