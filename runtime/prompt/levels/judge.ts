import type { Levels } from './measure';

/** What callers like: the RMS of speech that most systems and telephones keep to. */
export const targetLevel = -20;

export type LevelProblem =
  | 'unreadable'
  | 'dead'
  | 'clipped'
  | 'quiet'
  | 'loud'
  | 'quieter'
  | 'louder'
  | 'leading'
  | 'trailing'
  | 'rate'
  | 'offset';

export interface LevelFinding {
  readonly problem: LevelProblem;
  /** One sentence of what is wrong, and one of what to do. */
  readonly message: string;
}

/** dB on either side of {@link targetLevel}, and of what the others have. */
const tolerance = 6;
const toleranceToOthers = 4;
/** Milliseconds that a caller does not notice. */
const mostLeading = 300;
const mostTrailing = 600;
/** Samples a second that a telephone carries. */
const leastRate = 8_000;
/** Of full scale. */
const mostOffset = 0.01;

const normalise = '`callchart prompts normalise` corrects it.';

/**
 * What is wrong with a recording. `usual` is the level that those of the same language have, undefined where there are
 * too few to tell.
 */
export function judge(levels: Levels, usual?: number): LevelFinding[] {
  const { active, clipped, leading, trailing, sampleRate, offset } = levels;
  const found: LevelFinding[] = [];
  const find = (problem: LevelProblem, message: string): void => {
    found.push({ problem, message });
  };
  if (sampleRate < leastRate) {
    find(
      'rate',
      `It has ${sampleRate} samples a second, and a telephone carries ${leastRate}. Record it again, with 8000, 16000 or 48000.`,
    );
  }
  if (active === undefined) {
    find('dead', 'Nothing is heard in it. Record it again.');
    return found;
  }
  if (clipped > 0) {
    find(
      'clipped',
      `It is clipped in ${clipped} ${clipped === 1 ? 'place' : 'places'}: too loud for its file. Record it again, with less gain.`,
    );
  }
  const off = level(Math.abs(active - targetLevel));
  const others = usual === undefined ? 0 : active - usual;
  if (active < targetLevel - tolerance) {
    find('quiet', `Its speech is at ${level(active)}, ${off} too quiet. ${normalise}`);
  } else if (active > targetLevel + tolerance) {
    find('loud', `Its speech is at ${level(active)}, ${off} too loud. ${normalise}`);
  } else if (Math.abs(others) > toleranceToOthers) {
    const than = others < 0 ? 'quieter' : 'louder';
    find(than, `It is ${level(Math.abs(others))} ${than} than the others. ${normalise}`);
  }
  if (leading > mostLeading) {
    find('leading', `It begins with ${Math.round(leading)} ms of silence. ${normalise}`);
  }
  if (trailing > mostTrailing) {
    find('trailing', `It ends with ${Math.round(trailing)} ms of silence. ${normalise}`);
  }
  if (Math.abs(offset) > mostOffset) {
    const percent = (Math.abs(offset) * 100).toFixed(1);
    find('offset', `It is ${percent} % off the middle of the scale, which clicks. ${normalise}`);
  }
  return found;
}

/** The median; undefined of fewer than three. */
export function usualLevel(levels: readonly (number | undefined)[]): number | undefined {
  const sorted = levels.filter((one) => one !== undefined).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length < 3) return undefined;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function level(value: number): string {
  return `${value.toFixed(1)} dB`;
}
