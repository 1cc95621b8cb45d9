import type { ChildProcess } from 'node:child_process';
import { next, pin, startChild, stopChild } from './children';
import {
  HOST,
  type FromMeasured,
  type FromSink,
  type Streams,
  type ToSink,
} from './media-protocol';
import { sleep } from './process';

/** A process of `test/bench/support` with calls in it, and what it is told at first. */
export interface Subject {
  readonly program: string;
  readonly start: (sink: { readonly host: string; readonly port: number }) => object;
  /** What is sent to its ports; nothing when absent. */
  readonly streams?: Streams | undefined;
}

export interface Measurement {
  /** Microseconds of CPU, of all threads, and of time. */
  readonly cpu: number;
  readonly elapsed: number;
  /** Packets, as the process counted them, and those that reached the sink. */
  readonly counted: number;
  readonly arrived: number;
  /** Milliseconds between two packets of a stream, at the sink. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Bytes that the process holds at the end. */
  readonly rss: number;
}

/** Milliseconds: until compilers are done. */
const WARM_UP = 2_000;
/** Milliseconds that a process has to end by itself when everything in it is closed. */
const PATIENCE = 5_000;

/**
 * Lets a process with calls run for so many milliseconds, on a core of its own, with a sink for its packets on another, and then end; throws
 * when anything in it does not.
 */
export async function measureCalls(subject: Subject, duration: number): Promise<Measurement> {
  const sink = startChild('media-sink');
  const child = startChild(subject.program);
  pin(child, 0);
  pin(sink, 1);
  const toSink = (message: ToSink): boolean => sink.send(message);
  try {
    const { port } = await next<FromSink, 'ready'>(sink, 'ready');
    const ready = next<FromMeasured, 'ready'>(child, 'ready');
    child.send(subject.start({ host: HOST, port }));
    const { ports } = await ready;
    const { streams } = subject;
    if (streams !== undefined) toSink({ type: 'stream', host: HOST, ports, ...streams });
    await sleep(WARM_UP);
    toSink({ type: 'mark' });
    child.send({ type: 'mark' });
    await sleep(duration);
    const reported = next<FromMeasured, 'report'>(child, 'report');
    const arrived = next<FromSink, 'report'>(sink, 'report');
    child.send({ type: 'report' });
    toSink({ type: 'report' });
    const { cpu, elapsed, counted, rss } = await reported;
    const { packets, p50, p99, max } = await arrived;
    await end(child, subject.program);
    return { cpu, elapsed, counted, arrived: packets, p50, p99, max, rss };
  } finally {
    await stopChild(child);
    await stopChild(sink);
  }
}

/** Lets a process end, and looks that it has nothing left. */
export async function end(child: ChildProcess, name: string): Promise<void> {
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stopped = next<FromMeasured, 'stopped'>(child, 'stopped');
  child.send({ type: 'stop' });
  const { open } = await stopped;
  if (open !== 0) throw new Error(`${name} has ${open} sessions, ports or threads left`);
  const code = await Promise.race([exited, sleep(PATIENCE).then(() => 'never' as const)]);
  if (code !== 0) throw new Error(`${name} does not end when all is closed (${code})`);
}
