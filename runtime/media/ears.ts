import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { encodeG711 } from './codec/g711';
import { EchoSource } from './packet-source';
import type { CodecName } from './port';
import type { Recorder } from './recorder';
import type { RtpInput } from './rtp-input';

/** Samples of a frame: 20 ms at 8 kHz. */
export const FRAME = 160;

/** Frames: more than the jitter buffer holds as a rule. */
const MAX_DRAINED = 10;

/** Gets a frame that is only valid during the call, and the tick at which it is heard. */
export type FrameListener = (frame: Int16Array, time: number) => void;

/** Who hears what a session receives: listeners, an echo, a recording. Pulls frames only while there is anyone. */
export class Ears {
  recorder: Recorder | undefined;
  /** What goes back to the peer, while an echo is asked for. */
  echo: EchoSource | undefined;
  private echoes = 0;
  private listeners: readonly FrameListener[] = [];
  private frame: Int16Array | undefined;
  private encoded: Uint8Array | undefined;
  private lastTick = 0;

  /** @param onChange called when somebody began or ceased to hear. */
  constructor(
    private readonly input: RtpInput,
    private readonly logger: Logger,
    private readonly onChange: () => void,
  ) {}

  /** Whether anybody hears. */
  get open(): boolean {
    return this.listeners.length > 0 || this.echoes > 0 || this.recorder?.started === true;
  }

  beginEcho(): () => void {
    this.echoes += 1;
    this.echo ??= new EchoSource();
    this.update();
    let active = true;
    return () => {
      if (!active) return;
      active = false;
      this.echoes -= 1;
      if (this.echoes <= 0) this.echo = undefined;
      this.update();
    };
  }

  listen(listener: FrameListener): () => void {
    const entry: FrameListener = (frame, time) => listener(frame, time);
    this.listeners = [...this.listeners, entry];
    this.update();
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry);
      this.update();
    };
  }

  /** After a change of the recorder. */
  update(): void {
    this.input.listen(this.open);
    this.onChange();
  }

  /** Hears the frame of a tick; `codec` is what an echo is sent in. */
  hear(time: number, codec: CodecName | undefined): void {
    this.lastTick = time;
    const frame = (this.frame ??= new Int16Array(FRAME));
    const kind = this.input.pull(frame, time);
    for (const listener of this.listeners) {
      try {
        listener(frame, time);
      } catch (thrown) {
        this.logger.error({ error: describeError(thrown) }, 'a listener failed');
      }
    }
    if (this.recorder?.started === true) this.recorder.push(frame);
    if (this.echo !== undefined && codec !== undefined && kind !== 'silence') {
      const bytes = (this.encoded ??= new Uint8Array(FRAME));
      encodeG711(codec, frame, 0, FRAME, bytes, 0);
      this.echo.push(bytes);
    }
  }

  /** A recording ends with the last sound that has arrived, not with the last that was played out. */
  drainInto(recorder: Recorder, period: number): void {
    if (!recorder.started || this.listeners.length > 0 || this.echoes > 0) return;
    const frame = (this.frame ??= new Int16Array(FRAME));
    for (let ahead = 1; ahead <= MAX_DRAINED && this.input.buffered > 0; ahead += 1) {
      this.input.pull(frame, this.lastTick + ahead * period);
      recorder.push(frame);
    }
  }

  close(): void {
    this.listeners = [];
    this.echoes = 0;
    this.echo = undefined;
    this.input.listen(false);
  }
}
