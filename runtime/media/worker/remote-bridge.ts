import { describeError } from '../../core/errors';
import type { BridgeOptions, MediaBridge, Recording, RecordingOptions } from '../port';
import { Guest } from './guest';
import type { MediaWorker, Remote } from './media-worker';
import type { Id, Report } from './protocol';
import { RemoteRecording } from './remote-recording';
import type { Company, RemoteContext, RemoteSession } from './remote-session';

/** Milliseconds of a key that is sent on for one that was pressed elsewhere, and of the silence behind it. */
const GAP = 50;

/** Two sessions of media threads that hear each other: of one thread, or the second as a guest of the first's. */
export class RemoteBridge implements MediaBridge, Remote, Company {
  private readonly id: Id;
  private readonly worker: MediaWorker;
  private readonly guest: Guest | undefined;
  private open = true;

  constructor(
    private readonly context: RemoteContext,
    private readonly first: RemoteSession,
    private readonly second: RemoteSession,
    private readonly options: BridgeOptions,
  ) {
    this.id = context.newId();
    this.worker = first.worker;
    if (first.closed || second.closed) {
      this.open = false;
      return;
    }
    first.company = second.company = this;
    if (second.worker !== first.worker) this.guest = new Guest(second, this.worker, context);
    this.worker.watch(this.id, this);
    this.worker.post({
      type: 'bridge',
      bridge: this.id,
      first: first.id,
      second: this.guest?.id ?? second.id,
      relayDigits: options.relayDigits,
    });
  }

  record(options: RecordingOptions): Recording {
    const home = this.open ? this.worker : undefined;
    const recording = new RemoteRecording(this.context.newId(), options, home);
    recording.start(this.id);
    return recording;
  }

  close(): void {
    if (!this.open) return;
    this.end();
    this.worker.post({ type: 'close-bridge', bridge: this.id });
  }

  onGone(): void {
    this.close();
  }

  /** The first's thread knows of the keys of its own sessions. */
  onDigit(session: RemoteSession, digit: string, duration: number): void {
    if (session === this.second) this.guest?.press(digit, duration);
  }

  receive(report: Report): void {
    if (report.type !== 'unsent-digit' || !this.open) return;
    const { digit, duration } = report;
    if (report.session === this.first.id) {
      this.unsent(this.first, digit, duration);
      return;
    }
    if (this.guest === undefined) {
      this.unsent(this.second, digit, duration);
      return;
    }
    // A guest takes no events: its own session sends them to its peer, if that takes them.
    this.second.sendDigits(digit, duration, GAP, 'event').catch(() => {
      this.unsent(this.second, digit, duration);
    });
  }

  onDeath(): void {
    if (this.open) this.end();
  }

  private unsent(to: RemoteSession, digit: string, duration: number): void {
    try {
      if (this.open) this.options.onUnsentDigit?.(to, digit, duration);
    } catch (thrown) {
      this.context.logger.error({ error: describeError(thrown) }, 'a media handler failed');
    }
  }

  private end(): void {
    this.open = false;
    this.worker.forget(this.id);
    this.guest?.leave();
    for (const session of [this.first, this.second]) {
      if (session.company === this) session.company = undefined;
    }
  }
}
