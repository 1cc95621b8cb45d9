import type { Clock } from '../core/clock';
import { BridgeWay } from './bridge-way';
import type { BridgeOptions, MediaBridge, Recording, RecordingOptions } from './port';
import { recordSides } from './recorded-sides';
import type { RtpSession } from './session';
import type { RecordingFiles } from './recording-files';
import type { Recorder } from './recorder';

/** What a bridge gets from its engine. */
export interface BridgeContext {
  readonly clock: Clock;
  readonly files: RecordingFiles;
  onRecording(recording: Recording): void;
}

/** Two sessions whose peers hear each other. It owns no timer and keeps no packet. */
export class SessionBridge implements MediaBridge {
  private readonly ways: readonly BridgeWay[];
  private open: boolean;
  private recorder: Recorder | undefined;

  constructor(
    private readonly context: BridgeContext,
    private readonly first: RtpSession,
    private readonly second: RtpSession,
    options: BridgeOptions = {},
  ) {
    const close = (): void => this.close();
    const there = new BridgeWay(first, second, options, close);
    const back = new BridgeWay(second, first, options, close);
    this.ways = [there, back];
    this.open = !first.closed && !second.closed;
    if (!this.open) return;
    first.joinBridge(there);
    second.joinBridge(back);
    for (const way of this.ways) way.onConfigure();
  }

  record(options: RecordingOptions): Recording {
    this.recorder?.stop();
    const { context, first, second, open } = this;
    const channels = options.channels === 'mixed' ? 'mixed' : 'stereo';
    const none = { finishOn: '', startSilence: 0, endSilence: 0 };
    const recorder = recordSides(
      context,
      { ...options, ...none, channels, beep: options.beep && open },
      {
        left: first,
        right: second,
        beep: () => Promise.all([first.beep(), second.beep()]),
        onEnded: (ended) => {
          if (this.recorder === ended) this.recorder = undefined;
        },
      },
    );
    if (open) this.recorder = recorder;
    else recorder.stop();
    return recorder;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.recorder?.stop();
    for (const way of this.ways) way.close();
    this.first.leaveBridge();
    this.second.leaveBridge();
  }
}
