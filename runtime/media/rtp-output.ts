import type { Random } from '../core/random';
import { recodeTable } from './codec/recode';
import { DigitOutput } from './digit-output';
import { TELEPHONE_EVENT_SIZE } from './dtmf/telephone-event';
import type { FeedSource } from './feed-source';
import type { OwnEars } from './own-ears';
import { PacketCoder } from './packet-coder';
import type { PacketSource, SourceVerdict } from './packet-source';
import type { CodecName, MediaParameters, MediaSockets } from './port';
import { RTP_HEADER_SIZE, type RtpPacket } from './rtp/packet';
import type { SequenceVerdict } from './rtp/receiver-statistics';
import { RtpSender } from './rtp/sender';
import { Splice } from './rtp/splice';
import type { SourceLatch } from './source-latch';

const TICK = 20;
/** Milliseconds without a packet after which one of silence goes out: RFC 6263 §5, for NAT and impatient peers. */
const KEEP_ALIVE = 15_000;
/** Milliseconds behind what a tap has said in which the other leg of a bridge is not heard: two ticks. */
const FED = 40;

/** What packets leave by. */
export interface OutgoingSockets extends Pick<MediaSockets, 'sendRtp'> {
  /** False while they have to be protected and the keys are not agreed yet. */
  readonly ready: boolean;
}

/**
 * The outgoing half of a session: turns ticks into packets. Each packet has its instant on a schedule
 * of its own, `ptime` apart, and its timestamp is that instant in samples: after a pause or a stall
 * timestamps are where real time is.
 */
export class RtpOutput {
  readonly sender: RtpSender;
  readonly digits: DigitOutput;
  /** What is sent while no digits are: the prompt as long as it lasts, then what is fed, then the echo. */
  prompt: PacketSource | undefined;
  /** Goes before the prompt, which waits where it is. */
  over: PacketSource | undefined;
  /** Of two that are fed, the one of a tap goes first. */
  tap: FeedSource | undefined;
  feed: FeedSource | undefined;
  echo: FeedSource | undefined;
  /** Hears what is sent. */
  own: OwnEars | undefined;

  private parameters: MediaParameters | undefined;
  private coder: PacketCoder | undefined;
  private packet = new Uint8Array(0);
  /** When the next packet is due, and the instant that the sender's timestamp stands for. */
  private due = 0;
  private instant = 0;
  /** The tick in progress, or the last. */
  private time = 0;
  private lastSent = 0;
  /** The last tick in which something that is fed was sent. */
  private fedAt = 0;
  private verdict: SourceVerdict = 'nothing';
  /** Where relayed packets go in the stream; made with the first, and the one that was sent last was such. */
  private splice: Splice | undefined;
  private relaying = false;

  constructor(
    random: Random,
    private readonly sockets: OutgoingSockets,
    private readonly latch: SourceLatch,
  ) {
    this.sender = new RtpSender(random);
    this.digits = new DigitOutput(this.sender);
  }

  /** Samples a second that the peer can be sent without loss; undefined before it is known. */
  get sampleRate(): number | undefined {
    return this.coder?.highestRate;
  }

  configure(parameters: MediaParameters): void {
    const { codec, ptime } = parameters;
    const before = this.coder;
    const coder = new PacketCoder(codec, ptime);
    this.parameters = parameters;
    this.digits.configure(parameters);
    if (before?.key === coder.key && before.ptime === coder.ptime) return;
    if (before?.format.clockRate !== coder.format.clockRate) {
      // RFC 3551 §4.1: time stamps count by the codec's clock. What the splice knows is by another; our own time stamps go on from where they are.
      this.splice = undefined;
      this.relaying = false;
      this.sender.setClockRate(codec.clockRate);
    }
    before?.close();
    this.coder = coder;
  }

  /** Whether digits would be sent as events, as far as can be known now. */
  get takesDigits(): boolean {
    const { parameters } = this;
    return parameters?.telephoneEvent !== undefined && this.maySend(parameters);
  }

  /** What is made elsewhere and sent behind a prompt; undefined ends it. */
  feedFrom(source: FeedSource | undefined, by: 'call' | 'tap'): void {
    if (by === 'tap') this.tap = source;
    else this.feed = source;
    // What is relayed takes its place at once.
    if (source === undefined) this.fedAt = 0;
  }

  /** What the peer reports as lost of our packets, 0 to 1. */
  expectLoss(fraction: number): void {
    this.coder?.expectLoss(fraction);
  }

  /** Sends what is due in the 20 ms that begin at `time`. */
  tick(time: number): void {
    const { parameters, coder } = this;
    if (parameters === undefined || coder === undefined) return;
    this.time = time;
    // What is said before there are keys would be lost: it waits.
    if (!this.sockets.ready) return;
    // After a pause there is nothing to make up for.
    if (this.due < time) this.due = time;
    while (this.due < time + TICK && this.step(parameters, coder)) this.due += coder.ptime;
    this.tap?.endTick(time);
    this.feed?.endTick(time);
    this.echo?.endTick(time);
  }

  /** Call now and then while nothing ticks: keeps NAT bindings and the peer's time-out quiet. */
  keepAlive(now: number): void {
    const { parameters, coder } = this;
    if (parameters === undefined || coder === undefined || !this.maySend(parameters)) return;
    if (this.lastSent === 0) this.lastSent = now;
    if (now - this.lastSent < KEEP_ALIVE) return;
    this.advanceTo(Math.round(now), coder);
    this.time = this.instant;
    const length = coder.encodeSilence();
    this.sendAudio(parameters, coder, coder.bytes, 0, length);
  }

  /**
   * Sends a packet that another leg has received on at once, under numbers of our own. What may not be
   * sent, or has no place in the stream, is left out.
   */
  relay(
    packet: RtpPacket,
    kind: CodecName | 'comfort-noise',
    verdict: SequenceVerdict,
    now: number,
    units: number,
  ): void {
    const { parameters, coder } = this;
    if (parameters === undefined || coder === undefined) return;
    if (this.digits.busy || !this.maySend(parameters) || now - this.fedAt < FED) {
      this.splice?.cut();
      return;
    }
    const splice = (this.splice ??= new Splice(coder.format.clockRate / 1_000));
    if (!this.relaying) this.beginRelay(splice, coder, now);
    const noise = kind === 'comfort-noise';
    const inOrder = verdict !== 'reordered';
    const payloadType = noise ? parameters.comfortNoise : parameters.codec.payloadType;
    if (payloadType === undefined) {
      // RFC 3389 §5.1: a receiver that has not agreed to comfort noise gets a pause instead.
      if (inOrder) splice.swallow(packet);
      return;
    }
    const { payloadLength: length } = packet;
    const { sender } = this;
    const anew = verdict === 'restart';
    const place = splice.place(packet, units, inOrder, anew, sender.nextSequence, now);
    if (place === 'skipped') return;
    const target = this.roomyPacket(length);
    const { sequence, timestamp, marker } = splice;
    const at = sender.writeRelayed(target, payloadType, marker, sequence, timestamp, length);
    copyPayload(packet, target, at, noise ? undefined : recodeTable(kind, parameters.codec.name));
    sender.setClock((splice.clockTimestamp + splice.lead) >>> 0, splice.instant);
    this.instant = now;
    this.relaying = true;
    coder.lose();
    this.send(at + length);
    if (!noise && this.own?.open === true) {
      this.own.sent(parameters.codec, target, at, length, timestamp, units, 0);
    }
  }

  /** Leaves out a packet of the other leg without a gap in our numbers. */
  skipRelayed(packet: RtpPacket): void {
    this.splice?.swallow(packet);
  }

  /** Something else is heard in place of the other leg: what that sends next begins anew. */
  cutRelay(): void {
    this.splice?.cut();
  }

  close(): void {
    this.over = undefined;
    this.prompt = undefined;
    this.tap = undefined;
    this.feed = undefined;
    this.echo = undefined;
    this.digits.close();
    this.coder?.close();
    this.own?.close();
  }

  /** One packet's worth; false when there was nothing to do, so that whoever comes next may use its place. */
  private step(parameters: MediaParameters, coder: PacketCoder): boolean {
    const allowed = this.maySend(parameters);
    // RFC 4733 §2.5.1.1: events take the place of audio, so a prompt waits where it is.
    if (this.digits.busy) {
      this.tap?.clear();
      this.feed?.clear();
      this.echo?.clear();
      if (allowed) this.sendDigits(parameters, coder);
      return true;
    }
    const source = this.nextSource(coder);
    if (source === undefined) return false;
    // A prompt goes on while the peer does not want to hear it.
    if (!allowed || this.verdict === 'hold') return true;
    this.advanceTo(this.due, coder);
    this.sendAudio(parameters, coder, source.bytes, source.from, source.length);
    return true;
  }

  /** Who is heard; what it has to say is {@link verdict}. */
  private nextSource(coder: PacketCoder): PacketSource | undefined {
    const { over, prompt, tap, feed, echo } = this;
    const first = this.has(over, coder) ? over : this.has(prompt, coder) ? prompt : undefined;
    if (first !== undefined) {
      tap?.clear();
      feed?.clear();
      echo?.clear();
      return first;
    }
    if (this.has(tap, coder)) {
      feed?.clear();
      echo?.clear();
      this.fedAt = this.time;
      return tap;
    }
    if (this.has(feed, coder)) {
      echo?.clear();
      this.fedAt = this.time;
      return feed;
    }
    return this.has(echo, coder) ? echo : undefined;
  }

  private has(source: PacketSource | undefined, coder: PacketCoder): boolean {
    if (source === undefined) return false;
    this.verdict = source.next(coder, this.time);
    return this.verdict !== 'nothing';
  }

  private maySend(parameters: MediaParameters): boolean {
    const { direction } = parameters;
    return (direction === 'sendrecv' || direction === 'sendonly') && this.latch.reachable;
  }

  /** Made when the first packet is sent: a call that says nothing needs none. */
  private roomyPacket(length: number): Uint8Array {
    const size = RTP_HEADER_SIZE + Math.max(length, TELEPHONE_EVENT_SIZE);
    if (this.packet.length < size) this.packet = new Uint8Array(size);
    return this.packet;
  }

  private sendAudio(
    parameters: MediaParameters,
    coder: PacketCoder,
    payload: Uint8Array,
    from: number,
    length: number,
  ): void {
    const { codec } = parameters;
    const { sender, own } = this;
    sender.writeAudio(this.roomyPacket(length), codec.payloadType, payload, from, length);
    this.send(RTP_HEADER_SIZE + length);
    if (own?.open === true) {
      const ahead = this.instant - this.time;
      own.sent(codec, payload, from, length, sender.timestamp, coder.units, ahead);
    }
  }

  private sendDigits(parameters: MediaParameters, coder: PacketCoder): void {
    const { digits } = this;
    digits.begin();
    const { tones } = digits;
    if (tones === undefined) this.sendEvent(parameters, coder);
    else if (this.has(tones, coder) && this.verdict === 'packet') {
      this.advanceTo(this.due, coder);
      this.sendAudio(parameters, coder, tones.bytes, tones.from, tones.length);
    }
    digits.advance();
  }

  private sendEvent(parameters: MediaParameters, coder: PacketCoder): void {
    const { telephoneEvent, codec } = parameters;
    if (telephoneEvent === undefined) return;
    const { events } = this.digits;
    const { own } = this;
    this.advanceTo(this.due, coder);
    const target = this.roomyPacket(TELEPHONE_EVENT_SIZE);
    const tick = events.unitsIn(coder.ptime);
    const size = events.poll(target, telephoneEvent.payloadType, tick);
    if (size > 0) this.send(size);
    const { sounds } = events;
    if (sounds !== undefined && own?.open === true) {
      const ahead = this.instant - this.time;
      own.sentEvent(codec, sounds, coder.ptime, this.sender.timestamp, ahead);
    }
  }

  private send(size: number): void {
    const { packet } = this;
    this.lastSent = this.instant;
    this.sockets.sendRtp(
      size === packet.length ? packet : packet.subarray(0, size),
      this.latch.host,
      this.latch.port,
    );
  }

  /** Moves the sender's timestamp to an instant; more than a packet further is a pause, which ends a talkspurt. */
  private advanceTo(instant: number, coder: PacketCoder): void {
    if (this.relaying && this.splice !== undefined) {
      this.relaying = false;
      this.splice.cut();
      this.sender.setClock(this.splice.freeAt(instant), instant);
      this.instant = instant;
      return;
    }
    const elapsed = this.instant === 0 ? 0 : instant - this.instant;
    this.instant = instant;
    if (elapsed <= 0) return;
    this.sender.advance(Math.round((elapsed * coder.format.clockRate) / 1_000), instant);
    if (elapsed > coder.ptime) this.sender.advance(0, instant);
  }

  private beginRelay(splice: Splice, coder: PacketCoder, now: number): void {
    const { sender, instant } = this;
    const end = (sender.timestamp + coder.units) >>> 0;
    // Before the first packet there is no clock to go by, and nothing to come after.
    if (instant === 0) splice.set(sender.timestamp, now, sender.timestamp);
    else if (splice.instant === 0) splice.set(sender.timestamp, instant, end);
    else splice.endOwn(end);
  }
}

function copyPayload(
  packet: RtpPacket,
  target: Uint8Array,
  at: number,
  table: Uint8Array | undefined,
): void {
  const { bytes, payloadOffset: from, payloadLength: length } = packet;
  // A loop: a view for `set` would be garbage with each packet, and is no quicker at this length.
  if (table === undefined) {
    for (let i = 0; i < length; i += 1) target[at + i] = bytes[from + i] as number;
  } else {
    for (let i = 0; i < length; i += 1) target[at + i] = table[bytes[from + i] as number] as number;
  }
}
