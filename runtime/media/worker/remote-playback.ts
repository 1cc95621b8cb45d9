import type { PlayItem } from '../../core/audio';
import type { OpenPlayback, PlaybackOptions, PlaybackResult } from '../port';
import type { MediaWorker, Remote } from './media-worker';
import type { Id, PlaybackCommand, PlayedAs, Report } from './protocol';

/** A playback in a media thread. */
export class RemotePlayback implements OpenPlayback, Remote {
  readonly done: Promise<PlaybackResult>;
  private settle: (result: PlaybackResult) => void = () => undefined;
  private ended = false;

  /** @param worker undefined when there is nobody who would play it. */
  constructor(
    private readonly id: Id,
    private readonly worker: MediaWorker | undefined,
  ) {
    this.done = new Promise((resolve) => {
      this.settle = resolve;
    });
    if (worker === undefined) this.end({ type: 'stopped', position: 0 });
    else worker.watch(id, this);
  }

  start(
    target: Id,
    items: readonly PlayItem[],
    options: PlaybackOptions | undefined,
    as: PlayedAs = 'whole',
  ): void {
    const { id: playback } = this;
    if (!this.ended) this.worker?.post({ type: 'play', target, playback, items, options, as });
  }

  append(items: readonly PlayItem[], last: boolean): void {
    this.tell({ do: 'append', items, last });
  }

  stop(): void {
    this.tell({ do: 'stop' });
  }

  pause(): void {
    this.tell({ do: 'pause' });
  }

  resume(): void {
    this.tell({ do: 'resume' });
  }

  seek(position: number, { relative = false }: { readonly relative?: boolean } = {}): void {
    this.tell({ do: 'seek', position, relative });
  }

  setGain(gain: number): void {
    this.tell({ do: 'gain', gain });
  }

  receive(report: Report): void {
    if (report.type === 'played') this.end(report.result);
  }

  /** How far it came nobody can say any more. */
  onDeath(): void {
    this.end({ type: 'stopped', position: 0 });
  }

  private tell(command: PlaybackCommand): void {
    if (!this.ended) this.worker?.post({ type: 'playback', playback: this.id, command });
  }

  private end(result: PlaybackResult): void {
    this.ended = true;
    this.worker?.forget(this.id);
    this.settle(result);
  }
}
