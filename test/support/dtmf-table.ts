import { KEYS } from '../../runtime/media/dtmf/keys';
import { heardKeys, keySignal, type KeySignal } from './dtmf-signals';

/** A line of the DTMF table: what a receiver has to do after ITU-T Q.24 and Mitel's list, and what ours does. */
export interface DtmfFigure {
  readonly item: string;
  readonly required: string;
  readonly figure: string;
  readonly ok: boolean;
}

/** Keys that were heard as they were sent, of so many, as a percentage; doubles and strangers count against it. */
export function score(signal: Omit<KeySignal, 'digits'>, rounds: number, keys = KEYS): number {
  const digits = keys.repeat(rounds);
  const { digits: heard } = heardKeys(keySignal({ ...signal, digits }));
  if (heard === digits) return 100;
  const right = commonLength(digits, heard);
  const wrong = heard.length - right;
  return (100 * Math.max(0, right - wrong)) / digits.length;
}

/** The length of the longest common subsequence. */
function commonLength(one: string, other: string): number {
  let row = new Array<number>(other.length + 1).fill(0);
  for (const a of one) {
    const next = [0];
    for (let j = 0; j < other.length; j += 1) {
      const same = a === other[j] ? (row[j] ?? 0) + 1 : 0;
      next.push(Math.max(same, row[j + 1] ?? 0, next[j] ?? 0));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

/** The last value, from `from` on by `step`, at which all keys are heard (or, with 0, none is). */
function lastAt(
  from: number,
  to: number,
  step: number,
  wanted: number,
  measure: (value: number) => number,
): number {
  let last = NaN;
  const count = Math.round((to - from) / step);
  for (let i = 0; i <= count; i += 1) {
    const value = from + i * step;
    if (measure(value) !== wanted) break;
    last = value;
  }
  return last;
}

/** Measures every item but talk-off; `rounds` of the sixteen keys each. */
export function dtmfTable(rounds = 10): DtmfFigure[] {
  const figures: DtmfFigure[] = [];
  const add = (item: string, required: string, figure: string, ok: boolean): void => {
    figures.push({ item, required, figure, ok });
  };
  const at = (signal: Omit<KeySignal, 'digits'>): number => score(signal, rounds);

  const decoded = at({});
  add('decode, -4 dBm0, 50/50 ms', 'all, once each', `${decoded.toFixed(1)} %`, decoded === 100);

  const operated = Math.min(
    ...[-1, 1].map((sign) =>
      at({ low: 1 + 0.015 * sign, high: 1 + 0.015 * sign, offset: 2 * sign }),
    ),
  );
  add('frequency off by 1.5 % and 2 Hz', 'operate', `${operated.toFixed(1)} %`, operated === 100);
  for (const sign of [-1, 1]) {
    const name = sign < 0 ? 'low' : 'high';
    const both = lastAt(0.01, 0.05, 0.001, 100, (off) =>
      at({ low: 1 + sign * off, high: 1 + sign * off }),
    );
    const none = lastAt(0.035, 0, -0.001, 0, (off) =>
      Math.max(at({ low: 1 + sign * off }), at({ high: 1 + sign * off })),
    );
    add(
      `frequency too ${name}`,
      'operate to 1.5 %, none from 3.5 %',
      `operates to ${(100 * both).toFixed(1)} %, none from ${(100 * none).toFixed(1)} % of one tone`,
      both >= 0.0149 && none <= 0.0351,
    );
  }

  const level = -14;
  const low = lastAt(2, 20, 0.5, 100, (twist) => at({ level, twist }));
  const high = lastAt(2, 20, 0.5, 100, (twist) => at({ level, twist: -twist }));
  add('twist, low tone louder', '>= 8 dB', `${low.toFixed(1)} dB`, low >= 8);
  add('twist, high tone louder', '>= 4 dB', `${high.toFixed(1)} dB`, high >= 4);

  const loudest = at({ level: 0 });
  const faintest = lastAt(-1, -60, -3, 100, (value) => at({ level: value }));
  const silent = lastAt(-57, 0, 2, 0, (value) => at({ level: value }));
  add(
    'level',
    'operate 0 to -25 dBm0',
    `operates 0 to ${faintest} dBm0`,
    loudest === 100 && faintest <= -25,
  );
  add('level', 'reject at -55 dBm0', `none to ${silent} dBm0`, silent >= -55);
  add('dynamic range', '>= 35 dB', `${-faintest} dB`, -faintest >= 35);

  const shortest = lastAt(50, 10, -2, 100, (on) => at({ on, off: 60 }));
  const tooShort = lastAt(17, 50, 1, 0, (on) => at({ on, off: 60 }));
  add('duration', 'operate at 40 ms', `operates from ${shortest} ms`, shortest <= 40);
  add('duration', 'reject at 23 ms', `none to ${tooShort} ms`, tooShort >= 23);
  const pause = lastAt(48, 10, -2, 100, (off) =>
    Math.min(...Array.from(KEYS.slice(0, rounds), (key) => score({ off }, rounds, key))),
  );
  add('pause, same key', 'operate at 40 ms', `operates from ${pause} ms`, pause <= 40);
  const gap = lastAt(0, 60, 5, 100, (value) => at({ on: 140, off: 60, gap: value }));
  add('break inside a key', '10 ms does not double', `none up to ${gap} ms`, gap >= 10);

  const ratio = lastAt(16, 0, -1, 100, (value) =>
    Math.min(...[1, 2].map((seed) => score({ level: -10, noise: -10 - value, seed }, 6 * rounds))),
  );
  const at15 = score({ level: -10, noise: -25 }, Math.ceil(6.25 * rounds));
  add(
    `signal to noise 15 dB, ${16 * Math.ceil(6.25 * rounds)} keys`,
    'all',
    `${at15.toFixed(1)} %; all down to ${ratio} dB`,
    at15 === 100,
  );
  const dial = lastAt(0, 30, 2, 100, (value) => at({ level: -22, dialTone: -22 + value }));
  add('dial tone 350 + 440 Hz over the key', '10 dB', `${dial} dB`, dial >= 10);
  return figures;
}

/** As lines of text. */
export function tableText(figures: readonly DtmfFigure[]): string {
  return figures
    .map(({ item, required, figure, ok }) =>
      `${ok ? 'ok    ' : 'MISSED'} ${item.padEnd(36)} ${required.padEnd(36)} ${figure}`.trimEnd(),
    )
    .join('\n');
}
