import type { Recording, RecordingOptions, RecordingResult } from '../port';
import { rescueRecording } from './rescue-recording';
import { errorOf, workerGone } from './errors';
import type { MediaWorker, Remote } from './media-worker';
import type { Id, Report } from './protocol';

/** A recording that a media thread makes. */
export class RemoteRecording implements Recording, Remote {
  readonly done: Promise<RecordingResult>;
  private settle: (result: RecordingResult) => void = () => undefined;
  private ended = false;

  /** @param worker undefined when there is nobody who would record. */
  constructor(
    private readonly id: Id,
    private readonly options: RecordingOptions,
    private readonly worker: MediaWorker | undefined,
  ) {
    this.done = new Promise((resolve) => {
      this.settle = resolve;
    });
    if (worker === undefined) {
      this.end({ type: 'stopped', path: undefined, duration: 0, peak: 0 });
    } else worker.watch(id, this);
  }

  start(target: Id): void {
    const { id: recording, options } = this;
    if (!this.ended) this.worker?.post({ type: 'record', target, recording, options });
  }

  stop(): void {
    this.tell('stop');
  }

  pause(): void {
    this.tell('pause');
  }

  resume(): void {
    this.tell('resume');
  }

  receive(report: Report): void {
    if (report.type !== 'recorded') return;
    const { result, error } = report;
    this.end(error === undefined ? result : { ...result, error: errorOf(error) });
  }

  /** What the thread has written stands in the file: it is made whole, as after a crash of the process. */
  onDeath(reason: string): void {
    this.ended = true;
    const error = workerGone(`media worker died: ${reason}`);
    rescueRecording(this.options.path).then(
      (rescued) => {
        this.settle({
          type: 'failed',
          path: rescued?.path,
          duration: rescued?.duration ?? 0,
          peak: 0,
          error,
        });
      },
      () => this.settle({ type: 'failed', path: undefined, duration: 0, peak: 0, error }),
    );
  }

  private tell(command: 'stop' | 'pause' | 'resume'): void {
    if (!this.ended) this.worker?.post({ type: 'recording', recording: this.id, command });
  }

  private end(result: RecordingResult): void {
    this.ended = true;
    this.worker?.forget(this.id);
    this.settle(result);
  }
}
