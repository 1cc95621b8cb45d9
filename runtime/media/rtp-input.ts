import type { Clock } from '../core/clock';
import { trace } from '../core/trace';
import { EventReceiver, isPlausibleEvent, type EventReceiverHandler } from './dtmf/event-receiver';
import { JitterBuffer, type FrameKind } from './jitter-buffer';
import type { CodecName, MediaParameters } from './port';
import { isRtcp, RtpPacket } from './rtp/packet';
import { ReceiverStatistics, type SequenceVerdict } from './rtp/receiver-statistics';
import { SAMPLE_RATE } from './encoded-clips';
import type { SourceLatch } from './source-latch';

/** RFC 3551 §6: the static payload type of comfort noise (RFC 3389). */
const COMFORT_NOISE = 13;

/** Bytes: 120 ms. */
const LONGEST_PACKET = 960;

/** Packets that a peer may have passed on in a millisecond, twice what the shortest need, and at once. */
const PASSED_A_MS = 0.2;
const PASSED_AT_ONCE = 200;

type PayloadKind = CodecName | 'event' | 'comfort-noise' | undefined;

/** Gets the packets of the peer at once, in the order of their arrival, without doubles. */
export interface PacketRelay {
  /** Sound, or comfort noise in its place. The packet is only valid during the call. */
  onAudio(
    packet: RtpPacket,
    kind: CodecName | 'comfort-noise',
    verdict: SequenceVerdict,
    now: number,
  ): void;
  /** A packet that has a number in the stream but nothing to pass on: a telephone event, sound in a hold. */
  onOther(packet: RtpPacket, verdict: SequenceVerdict): void;
}

/** What became of a datagram on the RTP port. `rtcp` is for the caller to hand on (RFC 5761). */
export type InputVerdict = 'taken' | 'dropped' | 'rtcp';

/**
 * The incoming half of a session: checks a datagram, finds its place in the stream, and hands sound to
 * the jitter buffer and key presses to the handler. Nothing is decoded while nobody listens.
 */
export class RtpInput {
  readonly statistics = new ReceiverStatistics(SAMPLE_RATE);
  /** When the last packet of the peer came, in milliseconds since the epoch; 0 before. */
  lastHeard = 0;
  discarded = 0;
  /** Who else gets what the peer sends. */
  relay: PacketRelay | undefined;

  private readonly packet = new RtpPacket();
  private readonly events: EventReceiver;
  /** What each payload type stands for: two or three, so that a list is smaller and as quick as a table. */
  private readonly kinds: { readonly type: number; kind: PayloadKind }[] = [];
  private eventClock = SAMPLE_RATE;
  private receiving = false;
  private jitter: JitterBuffer | undefined;
  private listening = false;
  private ssrc: number | undefined;
  private candidate: number | undefined;
  /** How many packets may be passed on, as of when. */
  private credit = PASSED_AT_ONCE;
  private creditedAt = 0;

  constructor(
    private readonly clock: Clock,
    private readonly latch: SourceLatch,
    handler: EventReceiverHandler,
  ) {
    this.events = new EventReceiver(handler);
  }

  /** Packets that came after their time to be heard. */
  get late(): number {
    return this.jitter?.late ?? 0;
  }

  /** Milliseconds of sound that wait to be pulled. */
  get buffered(): number {
    return this.listening ? (this.jitter?.buffered ?? 0) : 0;
  }

  configure(parameters: MediaParameters, newSource: boolean): void {
    const { codec, telephoneEvent, direction } = parameters;
    // What was agreed before stays understood: packets that left before the answer arrive after it.
    this.understand(codec.receivePayloadType ?? codec.payloadType, codec.name);
    if (telephoneEvent !== undefined) {
      this.understand(telephoneEvent.receivePayloadType ?? telephoneEvent.payloadType, 'event');
      if (telephoneEvent.clockRate !== this.eventClock) {
        this.eventClock = telephoneEvent.clockRate;
        this.events.reset(telephoneEvent.clockRate);
      }
    }
    this.receiving = direction === 'sendrecv' || direction === 'recvonly';
    if (newSource) {
      this.ssrc = undefined;
      this.candidate = undefined;
    }
  }

  /** Whether sound is kept for {@link pull}. Starts afresh each time. */
  listen(listening: boolean): void {
    if (listening === this.listening) return;
    this.listening = listening;
    if (listening) {
      this.jitter ??= new JitterBuffer();
      this.jitter.reset();
    }
  }

  /** The next 20 ms of sound: always a whole frame, of silence when there is none. */
  pull(frame: Int16Array, time: number): FrameKind {
    if (this.jitter !== undefined && this.listening) return this.jitter.pull(frame, time);
    frame.fill(0);
    return 'silence';
  }

  /** Lets a press end whose end packets were lost. */
  poll(now: number): void {
    this.events.poll(now);
  }

  receive(bytes: Uint8Array, host: string, port: number): InputVerdict {
    const { packet } = this;
    const verdict = packet.parse(bytes);
    if (verdict !== 'ok') return this.drop(verdict, host, port);
    let kind = this.kindOf(packet.payloadType);
    if (kind === undefined) {
      if (isRtcp(bytes)) return 'rtcp';
      if (!isPlausibleEvent(packet)) return this.drop('payload-type-unknown', host, port);
      kind = 'event';
    }
    const now = this.clock.now();
    if (!this.latch.accept(host, port, packet.ssrc, packet.sequence, now)) {
      return this.drop('stranger', host, port);
    }
    this.lastHeard = now;
    return kind === 'event'
      ? this.receiveEvent(host, port, now)
      : this.receiveAudio(kind, host, port, now);
  }

  /** Counts a datagram that is of no use. */
  drop(reason: string, host: string, port: number): 'dropped' {
    this.discarded += 1;
    if (trace.drop.active) {
      const remote = { host, port };
      trace.drop.publish({ time: this.clock.now(), layer: 'media', reason, remote });
    }
    return 'dropped';
  }

  private receiveEvent(host: string, port: number, now: number): InputVerdict {
    const { packet } = this;
    this.ssrc ??= packet.ssrc;
    // Some senders give their events a source of their own: theirs are no part of the audio's numbers.
    if (packet.ssrc === this.ssrc) {
      const { ssrc, sequence, timestamp } = packet;
      const verdict = this.statistics.update(ssrc, sequence, timestamp, now, false);
      if (this.listening) this.jitter?.pushEvent(packet);
      this.relay?.onOther(packet, verdict);
    }
    if (!this.receiving) return 'taken';
    const verdict = this.events.receive(packet, now);
    switch (verdict) {
      case 'event-stale':
      case 'event-malformed':
      case 'event-unknown':
        return this.drop(verdict, host, port);
      default:
        return 'taken';
    }
  }

  private receiveAudio(
    kind: CodecName | 'comfort-noise',
    host: string,
    port: number,
    now: number,
  ): InputVerdict {
    const { packet } = this;
    if (packet.ssrc !== this.ssrc && !this.changeSource(packet.ssrc)) {
      return this.drop('ssrc-unconfirmed', host, port);
    }
    this.candidate = undefined;
    const timed = kind !== 'comfort-noise';
    const { ssrc, sequence, timestamp } = packet;
    const place = this.statistics.update(ssrc, sequence, timestamp, now, timed);
    const { relay } = this;
    if (!this.receiving) {
      relay?.onOther(packet, place);
      return 'taken';
    }
    if (relay !== undefined) {
      const { payloadLength } = packet;
      if (payloadLength === 0 || payloadLength > LONGEST_PACKET) {
        return this.drop('audio-malformed', host, port);
      }
      // RFC 3550 §A.1: a number out of all order is nothing to pass on before the next one confirms it.
      if (place !== 'duplicate' && place !== 'suspect') {
        if (!this.mayPass(now)) return this.drop('audio-flood', host, port);
        relay.onAudio(packet, kind, place, now);
      }
    }
    if (!this.listening || this.jitter === undefined) return 'taken';
    if (kind === 'comfort-noise') {
      this.jitter.pushComfortNoise(packet);
      return 'taken';
    }
    const verdict = this.jitter.push(packet, kind, now);
    // Late ones and doubles have counters of their own.
    return verdict === 'malformed' ? this.drop('audio-malformed', host, port) : 'taken';
  }

  /** The other leg must not suffer from what one sends: room for a stall of seconds, not for a flood. */
  private mayPass(now: number): boolean {
    const earned = (now - this.creditedAt) * PASSED_A_MS;
    this.creditedAt = now;
    this.credit = Math.min(PASSED_AT_ONCE, this.credit + earned);
    if (this.credit < 1) return false;
    this.credit -= 1;
    return true;
  }

  /** RFC 3550 §8.2: one odd packet must not break the stream; two in a row are the peer's new source. */
  private changeSource(ssrc: number): boolean {
    if (this.ssrc !== undefined && this.candidate !== ssrc) {
      this.candidate = ssrc;
      return false;
    }
    this.ssrc = ssrc;
    return true;
  }

  private understand(type: number, kind: PayloadKind): void {
    const known = this.kinds.find((each) => each.type === type);
    if (known === undefined) this.kinds.push({ type, kind });
    else known.kind = kind;
  }

  private kindOf(type: number): PayloadKind {
    const { kinds } = this;
    for (let index = 0; index < kinds.length; index += 1) {
      const each = kinds[index];
      if (each?.type === type) return each.kind;
    }
    return type === COMFORT_NOISE ? 'comfort-noise' : undefined;
  }
}
