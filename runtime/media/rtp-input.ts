import type { Clock } from '../core/clock';
import { trace } from '../core/trace';
import type { CodecFormat } from './codec/port';
import { EventReceiver, isPlausibleEvent, type EventReceiverHandler } from './dtmf/event-receiver';
import type { FrameKind } from './jitter-buffer';
import type { CodecName, MediaParameters, MediaStatistics } from './port';
import { meanOpinion, rating } from './rtp/e-model';
import { isRtcp, RtpPacket } from './rtp/packet';
import { ReceiverStatistics, type SequenceVerdict } from './rtp/receiver-statistics';
import { SoundLine } from './sound-line';
import { soundOf, type Sound } from './sound-payload';
import type { SourceLatch } from './source-latch';
import { TokenBucket } from './token-bucket';

/** RFC 3551 §6: the static payload type of comfort noise (RFC 3389). */
const COMFORT_NOISE = 13;

/** Milliseconds. */
const LONGEST_PACKET = 120;

/** Packets that a peer may have passed on in a millisecond, twice what the shortest need, and at once. */
const PASSED_A_MS = 0.2;
const PASSED_AT_ONCE = 200;
/**
 * Datagrams that are looked at, in a millisecond and at once, of the peer: four times what packets of 10 ms need,
 * and what waited while the network stood still for seconds. All others together get half of it: enough for a peer that is
 * to be found.
 */
const TAKEN_A_MS = 0.4;
const TAKEN_AT_ONCE = 500;
const STRANGERS = 0.5;

/** Milliseconds behind the end of a key in which its tone may still sound beside the events. */
const KEY_TAIL = 20;

/** Milliseconds that sound would wait if somebody listened. */
const ASSUMED_DELAY = 40;

/** What a payload type stands for. */
interface Payload {
  readonly type: number;
  use: 'audio' | 'event' | 'comfort-noise';
  /** With `audio`. */
  sound: Sound | undefined;
  /** Of its timestamps, in hertz. */
  clockRate: number;
}

/** Gets the packets of the peer at once, in the order of their arrival, without doubles. */
export interface PacketRelay {
  /**
   * Sound, or comfort noise in its place. The packet is only valid during the call. `format` is what the peer
   * speaks, `units` how long the packet lasts by the clock of that; 0 with comfort noise.
   */
  onAudio(
    packet: RtpPacket,
    kind: CodecName | 'comfort-noise',
    verdict: SequenceVerdict,
    now: number,
    format: CodecFormat,
    units: number,
  ): void;
  /** A packet that has a number in the stream but nothing to pass on: a telephone event, sound in a hold. */
  onOther(packet: RtpPacket, verdict: SequenceVerdict): void;
}

/** What is known of how the peer is heard. */
export type InputQuality = Pick<
  MediaStatistics,
  | 'octetsReceived'
  | 'packetsDuplicated'
  | 'framesConcealed'
  | 'framesRecovered'
  | 'delay'
  | 'maxDelay'
  | 'mos'
  | 'level'
  | 'talkTime'
  | 'drops'
>;

/** What became of a datagram on the RTP port. `rtcp` is for the caller to hand on (RFC 5761). */
export type InputVerdict = 'taken' | 'dropped' | 'rtcp';

/**
 * The incoming half of a session: checks a datagram, finds its place in the stream, and hands sound to
 * the jitter buffer and key presses to the handler. Nothing is decoded while nobody listens.
 */
export class RtpInput {
  readonly statistics = new ReceiverStatistics();
  /** The sound of the peer: what it is like, and how it came. */
  readonly line = new SoundLine();
  /** When the last packet of the peer came, in milliseconds since the epoch; 0 before. */
  lastHeard = 0;
  discarded = 0;
  /** Datagrams that were of no use, by reason. */
  readonly drops: Record<string, number> = {};
  /** Payload bytes of the peer. */
  octets = 0;
  /** In the frame that was pulled last a key of the peer may be heard, which telephone events report. */
  keyDown = false;
  /** Who else gets what the peer sends. */
  relay: PacketRelay | undefined;
  /** The relay gets no sound. */
  muted = false;

  private readonly packet = new RtpPacket();
  private readonly events: EventReceiver;
  /** What each payload type stands for: a few, so that a list is smaller and as quick as a table. */
  private readonly payloads: Payload[] = [];
  /** What the peer spoke last, or is to speak. */
  private sound: Sound | undefined;
  private eventClock = 8_000;
  private receiving = false;
  private listening = false;
  private ssrc: number | undefined;
  private candidate: number | undefined;
  private readonly passed = new TokenBucket(PASSED_A_MS, PASSED_AT_ONCE);
  private readonly taken = new TokenBucket(TAKEN_A_MS, TAKEN_AT_ONCE);
  private strangers: TokenBucket | undefined;
  /** Until when a key that is up again may be heard. */
  private keyUntil = 0;

  constructor(
    private readonly clock: Clock,
    private readonly latch: SourceLatch,
    handler: EventReceiverHandler,
  ) {
    this.events = new EventReceiver({
      onDigit: (digit, duration) => handler.onDigit(digit, duration),
      onHold: (duration) => handler.onHold?.(duration),
      onRelease: (digit, duration) => {
        this.keyUntil = this.clock.now() + this.line.wait + KEY_TAIL;
        handler.onRelease(digit, duration);
      },
    });
  }

  /** Packets that came after their time to be heard. */
  get late(): number {
    return this.line.late;
  }

  /** What is heard of the peer, for {@link MediaStatistics}. `roundTrip` in milliseconds. */
  quality(roundTrip: number | undefined): InputQuality {
    const { statistics, line, sound } = this;
    const { refused } = line;
    return {
      octetsReceived: this.octets,
      packetsDuplicated: statistics.duplicates,
      framesConcealed: line.concealed,
      framesRecovered: Math.round(line.recovered),
      delay: Math.round(line.delay),
      maxDelay: Math.round(line.maxDelay),
      mos:
        statistics.received === 0 || sound === undefined ? undefined : this.mos(sound, roundTrip),
      level: line.level,
      talkTime: line.talkTime,
      drops: refused === 0 ? { ...this.drops } : { ...this.drops, 'audio-undecodable': refused },
    };
  }

  private mos(sound: Sound, roundTrip = 0): number {
    const { statistics, line } = this;
    const { lost, received, duplicates } = statistics;
    const missed = Math.max(0, lost + line.late + line.refused - line.recovered);
    const loss = missed / Math.max(1, received - duplicates + lost);
    const delay = (line.delay > 0 ? line.delay : ASSUMED_DELAY) + roundTrip / 2;
    return round2(meanOpinion(rating({ codec: sound.format.name, loss, delay })));
  }

  /** Milliseconds of sound that wait to be pulled. */
  get buffered(): number {
    return this.listening ? this.line.buffered : 0;
  }

  /** What {@link pull} found: 20 ms at {@link sampleRate}, valid until the next. */
  get frame(): Int16Array {
    return this.line.frame;
  }

  get sampleRate(): number {
    return this.line.sampleRate;
  }

  configure(parameters: MediaParameters, newSource: boolean): void {
    const { codec, alternatives, telephoneEvent, comfortNoise, direction } = parameters;
    // What was agreed before stays understood: packets that left before the answer arrive after it.
    for (const other of alternatives ?? []) this.understandSound(other.payloadType, other);
    const sound = this.understandSound(codec.receivePayloadType ?? codec.payloadType, codec);
    if (this.sound === undefined || newSource) this.speak(sound);
    if (comfortNoise !== undefined) this.understand(comfortNoise, 'comfort-noise', codec.clockRate);
    if (telephoneEvent !== undefined) {
      const { payloadType, receivePayloadType, clockRate } = telephoneEvent;
      this.understand(receivePayloadType ?? payloadType, 'event', clockRate);
    }
    this.receiving = direction === 'sendrecv' || direction === 'recvonly';
    if (newSource) {
      this.ssrc = undefined;
      this.candidate = undefined;
    }
  }

  /** Keeps sound for {@link pull} for those who want so many samples a second; 0 starts afresh the next time. */
  listen(sampleRate: number): void {
    this.listening = sampleRate > 0;
    this.line.listen(sampleRate);
  }

  /** Moves on to the next 20 ms of sound: always a whole frame, of silence when there is none. */
  pull(time: number): FrameKind {
    this.keyDown = this.events.pressed !== undefined || time < this.keyUntil;
    return this.line.pull(time);
  }

  /** Lets a press end whose end packets were lost. */
  poll(now: number): void {
    this.events.poll(now);
  }

  receive(bytes: Uint8Array, host: string, port: number): InputVerdict {
    const now = this.clock.now();
    if (!this.mayCome(host, port, now)) return this.drop('flood', host, port);
    const { packet } = this;
    const verdict = packet.parse(bytes);
    if (verdict !== 'ok') return this.drop(verdict, host, port);
    const payload = this.payloadOf(packet.payloadType);
    let use = payload?.use;
    if (use === undefined) {
      // RFC 5761 §4: what stands where RTCP has its types is RTP only where that was agreed.
      if (isRtcp(bytes)) return 'rtcp';
      if (packet.payloadType === COMFORT_NOISE) use = 'comfort-noise';
      else if (isPlausibleEvent(packet)) use = 'event';
      else return this.drop('payload-type-unknown', host, port);
    }
    if (!this.latch.accept(host, port, packet.ssrc, packet.sequence, now)) {
      return this.drop('stranger', host, port);
    }
    this.lastHeard = now;
    if (use === 'event') return this.receiveEvent(payload?.clockRate, host, port, now);
    const sound = use === 'audio' ? payload?.sound : undefined;
    if (use === 'audio' && sound === undefined) {
      return this.drop('payload-type-unknown', host, port);
    }
    return this.receiveAudio(sound, host, port, now);
  }

  /** Counts a datagram that is of no use. */
  drop(reason: string, host: string, port: number): 'dropped' {
    this.discarded += 1;
    this.drops[reason] = (this.drops[reason] ?? 0) + 1;
    if (trace.drop.active) {
      const remote = { host, port };
      trace.drop.publish({ time: this.clock.now(), layer: 'media', reason, remote });
    }
    return 'dropped';
  }

  private receiveEvent(
    clockRate: number | undefined,
    host: string,
    port: number,
    now: number,
  ): InputVerdict {
    const { packet } = this;
    this.ssrc ??= packet.ssrc;
    // Some senders give their events a source of their own: theirs are no part of the audio's numbers.
    if (packet.ssrc === this.ssrc) {
      const { ssrc, sequence, timestamp } = packet;
      const verdict = this.statistics.update(ssrc, sequence, timestamp, now, false);
      if (this.listening) this.line.pushEvent(packet);
      this.relay?.onOther(packet, verdict);
    }
    if (!this.receiving) return 'taken';
    if (clockRate !== undefined && clockRate !== this.eventClock) {
      this.eventClock = clockRate;
      this.events.reset(clockRate);
    }
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

  /** @param sound undefined is comfort noise. */
  private receiveAudio(
    sound: Sound | undefined,
    host: string,
    port: number,
    now: number,
  ): InputVerdict {
    const { packet } = this;
    if (packet.ssrc !== this.ssrc && !this.changeSource(packet.ssrc)) {
      return this.drop('ssrc-unconfirmed', host, port);
    }
    this.candidate = undefined;
    if (sound !== undefined && sound !== this.sound) this.speak(sound);
    const { ssrc, sequence, timestamp } = packet;
    const place = this.statistics.update(ssrc, sequence, timestamp, now, sound !== undefined);
    const { relay } = this;
    if (!this.receiving) {
      relay?.onOther(packet, place);
      return 'taken';
    }
    if (this.muted) relay?.onOther(packet, place);
    this.octets += packet.payloadLength;
    const units = sound === undefined ? packet.payloadLength : sound.unitsOf(packet);
    const longest =
      sound === undefined ? Infinity : (LONGEST_PACKET * sound.format.clockRate) / 1e3;
    if (units <= 0 || units > longest) {
      // It has a number in the stream, but nothing to be heard.
      if (!this.muted) relay?.onOther(packet, place);
      return this.drop('audio-malformed', host, port);
    }
    // RFC 3550 §A.1: a number out of all order is nothing to pass on before the next one confirms it.
    if (relay !== undefined && !this.muted && place !== 'duplicate' && place !== 'suspect') {
      if (!this.passed.take(now)) return this.drop('audio-flood', host, port);
      const format = (sound ?? this.sound)?.format;
      if (format !== undefined) {
        if (sound === undefined) relay.onAudio(packet, 'comfort-noise', place, now, format, 0);
        else relay.onAudio(packet, format.name, place, now, format, units);
      }
    }
    if (!this.listening) return 'taken';
    if (sound === undefined) {
      this.line.pushComfortNoise(packet);
      return 'taken';
    }
    const verdict = this.line.push(packet, sound, units, now);
    // Late ones and doubles have counters of their own.
    return verdict === 'malformed' ? this.drop('audio-malformed', host, port) : 'taken';
  }

  /** Whether a datagram is looked at. Whoever floods the port from elsewhere uses up nothing of the peer's. */
  private mayCome(host: string, port: number, now: number): boolean {
    if (this.latch.found && this.latch.isSource(host, port)) return this.taken.take(now);
    this.strangers ??= new TokenBucket(TAKEN_A_MS * STRANGERS, TAKEN_AT_ONCE * STRANGERS);
    return this.strangers.take(now);
  }

  private speak(sound: Sound | undefined): void {
    this.sound = sound;
    if (sound !== undefined) this.statistics.setClockRate(sound.format.clockRate);
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

  private understandSound(type: number, format: CodecFormat): Sound | undefined {
    const known = this.payloadOf(type);
    if (known?.use === 'audio' && known.sound?.equals(format) === true) return known.sound;
    const sound = soundOf(format);
    this.understand(type, 'audio', format.clockRate, sound);
    return sound;
  }

  private understand(type: number, use: Payload['use'], clockRate: number, sound?: Sound): void {
    const known = this.payloadOf(type);
    if (known === undefined) this.payloads.push({ type, use, sound, clockRate });
    else Object.assign(known, { use, sound, clockRate });
  }

  private payloadOf(type: number): Payload | undefined {
    const { payloads } = this;
    for (let index = 0; index < payloads.length; index += 1) {
      const each = payloads[index];
      if (each?.type === type) return each;
    }
    return undefined;
  }
}

function round2(value: number): number {
  return Math.round(100 * value) / 100;
}
