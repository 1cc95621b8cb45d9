import type { MachineDetection, MachineResult } from '../port';
import { errorOf, workerGone } from './errors';
import type { MediaWorker, Remote } from './media-worker';
import type { Id, Report } from './protocol';

/** Digits that a media thread sends. */
export class RemoteSending implements Remote {
  readonly done: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    readonly id: Id,
    private readonly worker: MediaWorker,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    worker.watch(id, this);
  }

  receive(report: Report): void {
    if (report.type !== 'digits-sent') return;
    this.worker.forget(this.id);
    if (report.error === undefined) this.resolve();
    else this.reject(errorOf(report.error));
  }

  onDeath(reason: string): void {
    this.reject(workerGone(`media worker died: ${reason}`));
  }
}

/** A media thread that listens who has answered. */
export class RemoteDetection implements MachineDetection, Remote {
  readonly done: Promise<MachineResult>;
  private settle: (result: MachineResult) => void = () => undefined;
  private ended = false;

  /** @param worker undefined when there is nobody who would listen. */
  constructor(
    readonly id: Id,
    private readonly worker: MediaWorker | undefined,
  ) {
    this.done = new Promise((resolve) => {
      this.settle = resolve;
    });
    if (worker === undefined) this.end({ type: 'stopped', reason: 'stopped', decidedAt: 0 });
    else worker.watch(id, this);
  }

  stop(): void {
    if (!this.ended) this.worker?.post({ type: 'stop-detection', detection: this.id });
  }

  receive(report: Report): void {
    if (report.type === 'detected') this.end(report.result);
  }

  onDeath(): void {
    this.end({ type: 'stopped', reason: 'media-worker-died', decidedAt: 0 });
  }

  private end(result: MachineResult): void {
    this.ended = true;
    this.worker?.forget(this.id);
    this.settle(result);
  }
}
