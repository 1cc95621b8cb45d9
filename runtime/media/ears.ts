import type { Logger } from '../core/logger';
import { encodeG711 } from './codec/g711';
import { FrameLane, type FrameListener, type FrameListenerOptions } from './frame-lane';
import { EchoSource } from './packet-source';
import { Interpolation } from './interpolation';
import type { CodecName } from './port';
import type { Recorder } from './recorder';
import type { RtpInput } from './rtp-input';

export type { FrameListener, FrameListenerOptions };

/** Samples of a frame: 20 ms at 8 kHz. */
export const FRAME = 160;

/** Of what an echo and a recording hear. */
const NARROW = 8_000;

/** Frames: more than the jitter buffer holds as a rule. */
const MAX_DRAINED = 10;

/**
 * Who hears what a session receives: listeners at any sample rate, an echo, a recording. Pulls frames only while
 * there is anyone, decoded at the lowest rate that serves all of them.
 */
export class Ears {
  recorder: Recorder | undefined;
  /** What goes back to the peer, while an echo is asked for. */
  echo: EchoSource | undefined;
  private echoes = 0;
  private lanes: readonly FrameLane[] = [];
  /** For an echo and a recording, among {@link lanes} while somebody else hears at that rate. */
  private narrow: FrameLane | undefined;
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
    return this.lanes.length > 0 || this.narrowly;
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

  /** Frames of 20 ms at `sampleRate`: 8 000, 16 000, 24 000 or 48 000. Returns what ends it. */
  listen(sampleRate: number, listener: FrameListener, options?: FrameListenerOptions): () => void;
  listen(listener: FrameListener): () => void;
  listen(
    rate: number | FrameListener,
    given?: FrameListener,
    options?: FrameListenerOptions,
  ): () => void {
    const sampleRate = typeof rate === 'number' ? rate : NARROW;
    const listener = typeof rate === 'number' ? given : rate;
    if (listener === undefined) return () => undefined;
    let lane = this.lanes.find((each) => each.sampleRate === sampleRate);
    if (lane === undefined) {
      lane = this.narrow?.sampleRate === sampleRate ? this.narrow : makeLane(sampleRate);
      this.lanes = [...this.lanes, lane];
    }
    const taken = lane;
    const remove = taken.add(listener, options);
    this.update();
    return () => {
      remove();
      if (!taken.open) this.lanes = this.lanes.filter((each) => each !== taken);
      this.update();
    };
  }

  /** After a change of the recorder. */
  update(): void {
    let rate = this.narrowly ? NARROW : 0;
    for (const lane of this.lanes) rate = Math.max(rate, lane.sampleRate);
    this.input.listen(rate);
    this.onChange();
  }

  /** Hears the frame of a tick; `codec` is what an echo is sent in. */
  hear(time: number, codec: CodecName | undefined): void {
    this.lastTick = time;
    const { input, lanes } = this;
    const kind = input.pull(time);
    const { frame, sampleRate, keyDown } = input;
    let narrow: Int16Array | undefined;
    for (let i = 0; i < lanes.length; i += 1) {
      const lane = lanes[i] as FrameLane;
      const heard = lane.convert(frame, sampleRate, kind);
      if (lane.sampleRate === NARROW) narrow = heard;
      lane.tell(heard, time, kind, keyDown, this.logger);
    }
    if (!this.narrowly) return;
    narrow ??= (this.narrow ??= makeLane(NARROW)).convert(frame, sampleRate, kind);
    if (this.recorder?.started === true) this.recorder.push(narrow);
    if (this.echo !== undefined && codec !== undefined && kind !== 'silence') {
      const bytes = (this.encoded ??= new Uint8Array(FRAME));
      encodeG711(codec, narrow, 0, FRAME, bytes, 0);
      this.echo.push(bytes);
    }
  }

  /** A recording ends with the last sound that has arrived, not with the last that was played out. */
  drainInto(recorder: Recorder, period: number): void {
    if (!recorder.started || this.lanes.length > 0 || this.echoes > 0) return;
    const { input } = this;
    const lane = (this.narrow ??= makeLane(NARROW));
    for (let ahead = 1; ahead <= MAX_DRAINED && input.buffered > 0; ahead += 1) {
      const kind = input.pull(this.lastTick + ahead * period);
      recorder.push(lane.convert(input.frame, input.sampleRate, kind));
    }
  }

  close(): void {
    this.lanes = [];
    this.echoes = 0;
    this.echo = undefined;
    this.input.listen(0);
  }

  private get narrowly(): boolean {
    return this.echoes > 0 || this.recorder?.started === true;
  }
}

function makeLane(sampleRate: number): FrameLane {
  return new FrameLane(sampleRate, (from, to) => new Interpolation(from, to));
}
