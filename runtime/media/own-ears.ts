import type { Logger } from '../core/logger';
import type { CodecFormat, Decoder } from './codec/port';
import { codecKind } from './codec/registry';
import { tonesOfDigit } from './dtmf/keys';
import { digitOfEvent } from './dtmf/telephone-event';
import { FrameLanes } from './frame-lanes';
import { ToneGenerator } from './tone';

/** Gets a frame that is only valid during the call, and the tick in which it is sent. */
export type OwnFrameListener = (frame: Int16Array, time: number) => void;

/** Before anything was sent. */
const FIRST_RATE = 8_000;
/** Milliseconds of sound that may lie ahead, and that are kept. */
const MOST_AHEAD = 500;
const CAPACITY = 1_000;
/** Milliseconds without a packet after which what follows need not follow on. */
const PAUSE = 200;
/** dBm0 of each tone of a key that is sent as an event: about what a peer makes of it. */
const KEY_LEVEL = -10;

/**
 * What we send, as the peer will hear it: the payloads that go out are decoded and put where their time
 * stamps say. Nothing is decoded while nobody listens.
 */
export class OwnEars {
  private readonly lanes: FrameLanes;
  private format: CodecFormat | undefined;
  private decoder: Decoder | undefined;
  private rate = FIRST_RATE;
  private ring: Int16Array = NO_SAMPLES;
  private decoded: Int16Array = NO_SAMPLES;
  private frame: Int16Array = NO_SAMPLES;
  /** The sample that is heard next, and the end of what was sent; of that also the time stamp. */
  private head = 0;
  private tail = 0;
  private tailTimestamp = 0;
  /** The key that is sent as events. */
  private key = -1;
  private tone: ToneGenerator | undefined;

  constructor(logger: Logger) {
    this.lanes = new FrameLanes(logger, () => {
      if (!this.open) this.forget();
    });
  }

  /** Whether anybody hears. */
  get open(): boolean {
    return this.lanes.open;
  }

  /** Frames of 20 ms, `sampleRate` samples a second. */
  listen(sampleRate: number, listener: OwnFrameListener): () => void {
    return this.lanes.listen(sampleRate, listener);
  }

  /**
   * Takes note of a payload that is sent, with the time stamp of its packet and how many units it lasts. `ahead` is
   * by how many milliseconds it begins after the frame that is heard next.
   */
  sent(
    format: CodecFormat,
    bytes: Uint8Array,
    from: number,
    length: number,
    timestamp: number,
    units: number,
    ahead: number,
  ): void {
    this.key = -1;
    if (!this.understands(format)) this.understand(format);
    const { decoder, decoded } = this;
    const count = decoder?.decode(bytes, from, length, decoded, 0) ?? -1;
    if (count > 0) this.place(count, timestamp, units, ahead);
  }

  /** The same for a telephone event that goes on for `duration` milliseconds. */
  sentEvent(
    format: CodecFormat,
    event: number,
    duration: number,
    timestamp: number,
    ahead: number,
  ): void {
    if (!this.understands(format)) this.understand(format);
    if (event !== this.key || this.tone === undefined) {
      this.key = event;
      const frequencies = tonesOfDigit(digitOfEvent(event) ?? '') ?? [];
      const tone = { frequencies, cadence: [], duration: 3_600_000, level: KEY_LEVEL };
      this.tone = new ToneGenerator(tone, this.rate);
    }
    const count = Math.min(this.decoded.length, Math.round((duration * this.rate) / 1_000));
    this.tone.fill(this.decoded, 0, count);
    this.place(count, timestamp, Math.round((duration * format.clockRate) / 1_000), ahead);
  }

  /** The frame of a tick, once all that is sent in it has been. */
  hear(time: number): void {
    if (this.ring.length === 0) this.tune(FIRST_RATE);
    const { ring, frame, head } = this;
    const size = frame.length;
    const there = Math.max(0, Math.min(size, this.tail - head));
    for (let i = 0; i < there; i += 1) frame[i] = ring[(head + i) % ring.length] as number;
    frame.fill(0, there);
    this.head = head + size;
    this.lanes.tell(frame, this.rate, time, there > 0 ? 'audio' : 'silence', 'none');
  }

  close(): void {
    this.lanes.clear();
    this.forget();
  }

  private understands(format: CodecFormat): boolean {
    const known = this.format;
    return (
      known === format ||
      (known?.name === format.name &&
        known.clockRate === format.clockRate &&
        known.channels === format.channels)
    );
  }

  private understand(format: CodecFormat): void {
    this.decoder?.close();
    this.format = format;
    this.decoder = codecKind(format.name).decoder(format, this.lanes.highestRate);
    this.tune(this.decoder.sampleRate);
  }

  private tune(rate: number): void {
    if (rate === this.rate && this.ring.length > 0) return;
    this.rate = rate;
    this.ring = new Int16Array((CAPACITY * rate) / 1_000);
    this.decoded = new Int16Array((CAPACITY * rate) / 1_000);
    this.frame = new Int16Array(rate / 50);
    this.tone = undefined;
    this.head = 0;
    this.tail = 0;
  }

  private forget(): void {
    this.decoder?.close();
    this.decoder = undefined;
    this.format = undefined;
    this.tone = undefined;
    this.tail = this.head;
  }

  private place(count: number, timestamp: number, units: number, ahead: number): void {
    const { ring, decoded, head, format } = this;
    const perUnit = this.rate / (format?.clockRate ?? this.rate);
    const perMillisecond = this.rate / 1_000;
    const gap = Math.round(((timestamp - this.tailTimestamp) | 0) * perUnit);
    let at = this.tail + gap;
    const far = at > head + MOST_AHEAD * perMillisecond;
    if (gap < 0 || gap > PAUSE * perMillisecond || far) {
      at = head + Math.round(ahead * perMillisecond);
    }
    // What comes after its time is heard late, and all behind it with it.
    if (at < head) at = head;
    for (let i = Math.max(this.tail, head); i < at; i += 1) ring[i % ring.length] = 0;
    for (let i = 0; i < count; i += 1) ring[(at + i) % ring.length] = decoded[i] as number;
    this.tail = at + count;
    this.tailTimestamp = (timestamp + units) >>> 0;
  }
}

const NO_SAMPLES = new Int16Array(0);
