/**
 * The DTMF table: what the receiver of keys in sound does, item by item, beside what is required; false keys in
 * an hour and more of speech and of music; and what a frame costs. `--quick` for five minutes of either.
 */
import { DtmfDetector } from '../../runtime/media/detect/dtmf-detector';
import { KEYS } from '../../runtime/media/dtmf/keys';
import { keySignal } from '../support/dtmf-signals';
import { dtmfTable, tableText, type DtmfFigure } from '../support/dtmf-table';
import { music } from '../support/music';
import { Speaker } from '../support/speech';

const MINUTE = 60_000;
const FRAME = 160;
/** Microseconds a frame. */
const BUDGET = 2;

export interface TalkOff {
  minutes: number;
  readonly falseKeys: string[];
}

/** Hears all of it, and counts keys. */
function listen(detector: DtmfDetector, samples: Int16Array, result: TalkOff): void {
  for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
    detector.hear(samples.subarray(at, at + FRAME));
  }
  result.minutes += samples.length / 8 / MINUTE;
}

function counting(): { readonly result: TalkOff; readonly detector: DtmfDetector } {
  const result: TalkOff = { minutes: 0, falseKeys: [] };
  const detector = new DtmfDetector({
    onDigit: (digit) => result.falseKeys.push(digit),
    onRelease: () => undefined,
  });
  return { result, detector };
}

/** False keys in speech of the built-in voices. */
export async function speechTalkOff(minutes: number, seed = 1): Promise<TalkOff> {
  const { result, detector } = counting();
  const speaker = new Speaker();
  try {
    for await (const piece of speaker.talk(minutes * MINUTE, seed)) listen(detector, piece, result);
  } finally {
    await speaker.close();
  }
  return result;
}

/** False keys in synthetic music. */
export function musicTalkOff(minutes: number, seed = 1): TalkOff {
  const { result, detector } = counting();
  for (let piece = 0; result.minutes < minutes; piece += 1) {
    listen(detector, music(MINUTE, 1_000 * seed + piece), result);
  }
  return result;
}

/** Microseconds that a frame of a sound costs. */
export function cost(samples: Int16Array, rounds = 30): number {
  const detector = new DtmfDetector({ onDigit: () => undefined, onRelease: () => undefined });
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const started = process.hrtime.bigint();
    for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
      detector.hear(samples.subarray(at, at + FRAME));
    }
    const elapsed = Number(process.hrtime.bigint() - started) / 1_000;
    best = Math.min(best, elapsed / (samples.length / FRAME));
  }
  return best;
}

function talkOffFigure(item: string, { minutes, falseKeys }: TalkOff): DtmfFigure {
  return {
    item: `talk-off, ${minutes.toFixed(0)} minutes of ${item}`,
    required: 'at most one false key',
    figure: `${falseKeys.length}${falseKeys.length > 0 ? ` (${falseKeys.join(' ')})` : ''}`,
    ok: falseKeys.length <= 1,
  };
}

function costFigure(item: string, samples: Int16Array): DtmfFigure {
  const figure = cost(samples);
  return {
    item: `cost, ${item}`,
    required: `<= ${BUDGET} µs a frame of 20 ms`,
    figure: `${figure.toFixed(2)} µs`,
    ok: figure <= BUDGET,
  };
}

export async function run(quick: boolean): Promise<DtmfFigure[]> {
  const figures: DtmfFigure[] = [];
  const print = (...lines: readonly DtmfFigure[]): void => {
    figures.push(...lines);
    console.log(tableText(lines));
  };
  print(...dtmfTable(quick ? 2 : 10));
  const speaker = new Speaker();
  const words = await speaker.say('Please say in a few words what you are calling about today.');
  await speaker.close();
  print(
    costFigure('speech', words),
    costFigure('music', music(10_000)),
    costFigure('keys 100/100 ms', keySignal({ digits: KEYS, on: 100, off: 100 })),
    costFigure('silence', new Int16Array(80_000)),
  );
  print(talkOffFigure('music', musicTalkOff(quick ? 5 : 60)));
  print(talkOffFigure('speech', await speechTalkOff(quick ? 5 : 65)));
  return figures;
}

if (require.main === module) {
  void run(process.argv.includes('--quick')).then((figures) => {
    if (figures.some(({ ok }) => !ok)) process.exitCode = 1;
  });
}
