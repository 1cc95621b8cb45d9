import { SeededRandom } from '../../../runtime/core/random';
import { silentLogger } from '../../../runtime/core/logger';
import type { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { MediaNetwork } from '../../../runtime/media/port';
import { WorkerMediaEngine } from '../../../runtime/media/worker/engine';
import { MediaHost } from '../../../runtime/media/worker/host';
import type { Command, Report } from '../../../runtime/media/worker/protocol';
import type { StartThread } from '../../../runtime/media/worker/thread-port';
import { MemoryMediaNetwork } from '../../support/memory-media-network';
import type { MemoryFiles } from '../../support/memory-files';

/** A media thread that runs in the test's own, on its clock; messages are copied as between threads. */
export interface InlineThread {
  readonly commands: Command[];
  readonly reports: Report[];
  /** As if it had died. */
  die(reason: string): void;
  readonly ended: boolean;
}

export interface InlineThreads {
  readonly engine: WorkerMediaEngine;
  readonly network: MemoryMediaNetwork;
  /** In the order in which they were started. */
  readonly threads: InlineThread[];
}

export function inlineThreads(
  clock: VirtualClock,
  options: { readonly workers?: number; readonly files?: MemoryFiles } = {},
): InlineThreads {
  const network = new MemoryMediaNetwork(clock);
  const threads: InlineThread[] = [];
  const start: StartThread = (settings, handler) => {
    const commands: Command[] = [];
    const reports: Report[] = [];
    let ended = false;
    const end = (reason: string): void => {
      if (ended) return;
      ended = true;
      handler.onEnd(reason);
    };
    const shared: MediaNetwork = {
      allocate: (host) => network.allocate(host),
      get open() {
        return network.open;
      },
      // The others go on.
      close: () => Promise.resolve(),
    };
    const host = new MediaHost({
      clock,
      random: new SeededRandom(threads.length + 1),
      logger: silentLogger,
      settings,
      network: shared,
      ...(options.files === undefined ? {} : { files: options.files }),
      post: (report) => {
        const copy = structuredClone(report);
        reports.push(copy);
        queueMicrotask(() => {
          if (ended) return;
          handler.onReport(copy);
          if (copy.type === 'ended') end('it ended with code 0');
        });
      },
    });
    const pending: Command[] = [];
    const next = (): void => {
      const command = pending.shift();
      if (command === undefined || ended) return;
      host.receive(command);
      if (pending.length > 0) setImmediate(next);
    };
    threads.push({
      commands,
      reports,
      get ended() {
        return ended;
      },
      die(reason) {
        // What it holds is let go, as by the end of a real one; nobody hears of it.
        end(reason);
        host.receive({ type: 'shut-down' });
      },
    });
    return {
      post(command) {
        const copy = structuredClone(command);
        commands.push(copy);
        pending.push(copy);
        // Between two messages of a real thread promises settle.
        if (pending.length === 1) setImmediate(next);
      },
      terminate: () => {
        end('it ended with code 1');
        return Promise.resolve();
      },
    };
  };
  const engine = new WorkerMediaEngine({
    clock,
    workers: options.workers ?? 2,
    startThread: start,
    mediaTimeout: 10_000,
  });
  return { engine, network, threads };
}
