import { styleText } from 'node:util';

/** Where the phone shows itself: a status line on a terminal, plain lines elsewhere. */
export interface Screen {
  /** A line that stays. */
  line(text: string, tone?: 'plain' | 'good' | 'bad' | 'quiet'): void;
  /** The line that changes; only a terminal has one. */
  status(text: string): void;
  /** Ends the changing line. */
  close(): void;
}

/** What a screen writes to: `process.stderr`, so that results on stdout stay clean. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const colours = { good: 'green', bad: 'red', quiet: 'gray' } as const;

/** A screen for an output; colour and the changing line only on a terminal. */
export function createScreen(output: Output): Screen {
  const terminal = output.isTTY === true;
  let shown = false;
  const clear = (): void => {
    if (shown) output.write('\r\x1b[K');
    shown = false;
  };
  return {
    line(text, tone = 'plain') {
      clear();
      output.write(`${terminal && tone !== 'plain' ? styleText(colours[tone], text) : text}\n`);
    },
    status(text) {
      if (!terminal) return;
      output.write(`\r\x1b[K${text.slice(0, (output.columns ?? 80) - 1)}`);
      shown = true;
    },
    close: clear,
  };
}

/** `1:05`, from milliseconds. */
export function formatDuration(duration: number): string {
  const seconds = Math.floor(duration / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
