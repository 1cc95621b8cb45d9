/**
 * How soon a prompt is silent when a key is pressed: from the first packet of the key to the last of the prompt, as the
 * phone sees both, over real sockets, through the media worker, the signalling thread and a flow, while 100 other calls
 * play. Beside it, in the same run, the floor: bare sockets that cease when they are sent something. `--quick` for a look.
 */
import { Callers, Ear } from './support/caller';
import { next, startChild, stopChild } from './support/children';
import type { FromMeasured } from './support/media-protocol';
import { end } from './support/measurement';
import { percentile, sleep } from './support/process';

export interface BargeInOptions {
  /** Calls in which keys are pressed, how often in each, and calls that only play. */
  readonly calls?: number;
  readonly presses?: number;
  readonly others?: number;
}

export interface BargeInFigure {
  readonly sender: 'bare dgram' | 'callchart';
  readonly presses: number;
  /** Presses behind which it did not become silent. */
  readonly unheard: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Milliseconds, at p99. */
const BUDGET = 20;

async function pressing(ear: Ear, port: number, presses: number): Promise<(number | undefined)[]> {
  const taken: (number | undefined)[] = [];
  for (let press = 0; press < presses; press += 1) {
    // Into the prompt, at any moment of its 20 ms.
    await sleep(700 + 400 * Math.random());
    taken.push(await ear.press(port));
  }
  return taken;
}

function figureOf(
  sender: BargeInFigure['sender'],
  taken: readonly (number | undefined)[],
): BargeInFigure {
  const heard = taken.filter((each) => each !== undefined).sort((a, b) => a - b);
  return {
    sender,
    presses: taken.length,
    unheard: taken.length - heard.length,
    p50: percentile(heard, 0.5),
    p99: percentile(heard, 0.99),
    max: heard[heard.length - 1] ?? Number.NaN,
  };
}

async function measure(
  sender: BargeInFigure['sender'],
  { calls = 25, presses = 40, others = 100 }: BargeInOptions,
): Promise<BargeInFigure> {
  const program = sender === 'callchart' ? 'barge-server' : 'barge-floor';
  const child = startChild(program);
  const ears: Ear[] = [];
  try {
    const ready = next<FromMeasured, 'ready'>(child, 'ready');
    child.send({ type: 'start', calls: calls + others });
    const { ports } = await ready;
    const callers = new Callers(ports[0] ?? 0);
    await callers.open();
    const targets: number[] = [];
    for (let index = 0; index < calls + others; index += 1) {
      const ear = await Ear.open(index);
      ears.push(ear);
      if (sender === 'callchart') {
        const flow = index < calls ? 'barge-in' : 'play';
        targets.push(await callers.call(`call${index}`, flow, ear));
      } else {
        targets.push(ports[index] ?? 0);
        ear.greet(ports[index] ?? 0);
      }
    }
    const pressed = ears
      .slice(0, calls)
      .map((ear, index) => pressing(ear, targets[index] ?? 0, presses));
    const taken = (await Promise.all(pressed)).flat();
    await callers.end();
    await end(child, program);
    return figureOf(sender, taken);
  } finally {
    for (const ear of ears) ear.close();
    await stopChild(child);
  }
}

/** Measures both and prints them. */
export async function run(options: BargeInOptions = {}): Promise<BargeInFigure[]> {
  console.log('from the first packet of a key to the last of the prompt, in ms');
  console.log(`${''.padEnd(34)}p50     p99     max`);
  const figures: BargeInFigure[] = [];
  for (const sender of ['bare dgram', 'callchart'] as const) {
    const figure = await measure(sender, options);
    const { presses, unheard, p50, p99, max } = figure;
    console.log(
      [
        sender.padEnd(12),
        `${presses} presses`.padStart(14),
        ...[p50, p99, max].map((value) => value.toFixed(1).padStart(8)),
        unheard === 0 ? '' : `   ${unheard} UNHEARD`,
        sender === 'bare dgram' ? '' : `   p99 at most ${BUDGET}${p99 > BUDGET ? ': MISSED' : ''}`,
      ].join(''),
    );
    figures.push(figure);
  }
  return figures;
}

if (require.main === module) {
  void run(process.argv.includes('--quick') ? { presses: 5 } : {});
}
