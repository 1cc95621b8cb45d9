const bars = ' ▁▂▃▄▅▆▇█';
/** What the lowest bar stands for; quieter is shown as nothing. */
const floor = -60;

/** The loudness of a frame of 16-bit samples in dB below full scale; -Infinity for silence. */
export function level(frame: Int16Array): number {
  let sum = 0;
  for (const sample of frame) sum += sample * sample;
  return frame.length === 0 ? -Infinity : 10 * Math.log10(sum / frame.length / 32_768 ** 2);
}

/** One character for a loudness in dB. */
export function bar(decibels: number): string {
  const share = Math.max(0, Math.min(1, (decibels - floor) / -floor));
  return bars[Math.ceil(share * (bars.length - 1))] ?? ' ';
}

/** The last seconds of what is heard, as a row of bars, newest at the right. */
export class LevelMeter {
  private readonly history: number[];
  private peak = -Infinity;

  constructor(width: number) {
    this.history = new Array<number>(width).fill(-Infinity);
  }

  /** Takes a received frame. */
  add(frame: Int16Array): void {
    this.peak = Math.max(this.peak, level(frame));
  }

  /** Moves on by one bar: the loudest frame since the last call. Returns the whole row. */
  step(): string {
    this.history.shift();
    this.history.push(this.peak);
    this.peak = -Infinity;
    return this.history.map(bar).join('');
  }
}
