import { CallchartError } from '../core/errors';
import type { Random } from '../core/random';
import { recodeTable } from './codec/recode';
import { EventSender, type HeldKey } from './dtmf/event-sender';
import { TELEPHONE_EVENT_SIZE } from './dtmf/telephone-event';
import { SAMPLE_RATE } from './encoded-clips';
import type { FeedSource } from './feed-source';
import type { OwnEars } from './own-ears';
import type { PacketSource } from './packet-source';
import type { CodecName, MediaParameters, MediaSockets } from './port';
import { RTP_HEADER_SIZE, type RtpPacket } from './rtp/packet';
import type { SequenceVerdict } from './rtp/receiver-statistics';
import { RtpSender } from './rtp/sender';
import { Splice } from './rtp/splice';
import type { SourceLatch } from './source-latch';

const SAMPLES_PER_MS = SAMPLE_RATE / 1_000;
const TICK = 20;
/** Milliseconds without a packet after which one of silence goes out: RFC 6263 §5, for NAT and impatient peers. */
const KEEP_ALIVE = 15_000;

interface QueuedDigits {
  readonly digits: string;
  /** The one digit is sent for as long as this key is down. */
  readonly held?: Readonly<HeldKey>;
  readonly duration: number;
  readonly gap: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The outgoing half of a session: turns ticks into packets. Each packet has its instant on a schedule
 * of its own, `ptime` apart, and its timestamp is that instant in samples: after a pause or a stall
 * timestamps are where real time is.
 */
export class RtpOutput {
  readonly sender: RtpSender;
  /** What is sent while no digits are: the prompt as long as it lasts, then what is fed, then the echo. */
  prompt: PacketSource | undefined;
  feed: FeedSource | undefined;
  echo: PacketSource | undefined;
  /** Hears what is sent. */
  own: OwnEars | undefined;

  private readonly events: EventSender;
  private parameters: MediaParameters | undefined;
  private packet = new Uint8Array(0);
  /** Of a packet: milliseconds and samples. */
  private ptime = TICK;
  private samples = TICK * SAMPLES_PER_MS;
  /** When the next packet is due, and the instant that the sender's timestamp stands for. */
  private due = 0;
  private instant = 0;
  /** The tick in progress, or the last. */
  private time = 0;
  private lastSent = 0;
  /** Where relayed packets go in the stream; made with the first, and the one that was sent last was such. */
  private splice: Splice | undefined;
  private relaying = false;
  private waiting: QueuedDigits[] = [];
  private sounding: QueuedDigits | undefined;

  constructor(
    random: Random,
    private readonly sockets: MediaSockets,
    private readonly latch: SourceLatch,
  ) {
    this.sender = new RtpSender(random);
    this.events = new EventSender(this.sender);
  }

  /** Whether digits are being sent or wait. */
  get dialling(): boolean {
    return this.sounding !== undefined || this.waiting.length > 0;
  }

  configure(parameters: MediaParameters): void {
    this.parameters = parameters;
    this.ptime = parameters.ptime;
    this.samples = parameters.ptime * SAMPLES_PER_MS;
    if (parameters.telephoneEvent === undefined && this.dialling) this.abandonDigits(noEvents());
  }

  /** Whether digits would be sent, as far as can be known now. */
  get takesDigits(): boolean {
    const { parameters } = this;
    return parameters?.telephoneEvent !== undefined && this.maySend(parameters);
  }

  /** Resolves when the last digit has been sent; digits asked for meanwhile follow. */
  sendDigits(digits: string, duration: number, gap: number): Promise<void> {
    return this.queueDigits(digits, duration, gap);
  }

  /** Sends one digit for as long as a key is held elsewhere. */
  holdDigit(digit: string, held: Readonly<HeldKey>): Promise<void> {
    return this.queueDigits(digit, 0, 0, held);
  }

  /** Sends what is due in the 20 ms that begin at `time`. */
  tick(time: number): void {
    const { parameters } = this;
    if (parameters === undefined) return;
    this.time = time;
    // After a pause there is nothing to make up for.
    if (this.due < time) this.due = time;
    while (this.due < time + TICK && this.step(parameters)) this.due += this.ptime;
    this.feed?.endTick(time);
  }

  /** Call now and then while nothing ticks: keeps NAT bindings and the peer's time-out quiet. */
  keepAlive(now: number, silence: number): void {
    const { parameters } = this;
    if (parameters === undefined || !this.maySend(parameters)) return;
    if (this.lastSent === 0) this.lastSent = now;
    if (now - this.lastSent < KEEP_ALIVE) return;
    const packet = this.roomyPacket(this.samples);
    packet.fill(silence);
    this.advanceTo(Math.round(now));
    this.sendAudio(parameters, packet, RTP_HEADER_SIZE);
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
  ): void {
    const { parameters } = this;
    if (parameters === undefined || this.dialling || !this.maySend(parameters)) {
      this.splice?.cut();
      return;
    }
    const splice = (this.splice ??= new Splice(SAMPLES_PER_MS));
    if (!this.relaying) this.beginRelay(splice, now);
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
    const units = noise ? 0 : length;
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
    this.send(at + length);
    if (!noise && this.own?.open === true) {
      this.own.sent(parameters.codec, target, at, length, timestamp, 0);
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
    this.prompt = undefined;
    this.feed = undefined;
    this.echo = undefined;
    // An error costs more than all the rest of closing: made only for somebody to get it.
    if (this.dialling) this.abandonDigits(closedEarly());
  }

  /** One packet's worth; false when there was nothing to do, so that whoever comes next may use its place. */
  private step(parameters: MediaParameters): boolean {
    const allowed = this.maySend(parameters);
    // RFC 4733 §2.5.1.1: events take the place of audio, so a prompt waits where it is.
    if (this.dialling) {
      this.feed?.clear();
      if (allowed) this.sendEvent(parameters);
      return true;
    }
    const source = this.nextSource(parameters.codec.name);
    if (source === undefined) return false;
    // A prompt goes on while the peer does not want to hear it.
    if (!allowed) return true;
    this.advanceTo(this.due);
    this.sendAudio(parameters, source.bytes, source.from);
    return true;
  }

  private nextSource(codec: CodecName): PacketSource | undefined {
    const { prompt, feed, echo, time } = this;
    if (prompt?.next(codec, this.samples, time) === true) {
      feed?.clear();
      return prompt;
    }
    if (feed?.next(codec, this.samples, time) === true) return feed;
    return echo?.next(codec, this.samples, time) === true ? echo : undefined;
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

  private sendAudio(parameters: MediaParameters, payload: Uint8Array, from: number): void {
    const { codec } = parameters;
    this.sender.writeAudio(
      this.roomyPacket(this.samples),
      codec.payloadType,
      payload,
      from,
      this.samples,
    );
    this.send(RTP_HEADER_SIZE + this.samples);
    if (this.own?.open === true) {
      const { timestamp } = this.sender;
      this.own.sent(codec, payload, from, this.samples, timestamp, this.instant - this.time);
    }
  }

  private sendEvent(parameters: MediaParameters): void {
    const event = parameters.telephoneEvent;
    if (event === undefined) return;
    if (this.sounding === undefined) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.sounding = next;
      if (next.held === undefined) this.events.press(next.digits, next.duration, next.gap);
      else this.events.hold(next.digits, next.held);
    }
    this.advanceTo(this.due);
    const size = this.events.poll(this.roomyPacket(this.samples), event.payloadType, this.samples);
    if (size > 0) this.send(size);
    if (!this.events.busy) {
      const done = this.sounding;
      this.sounding = undefined;
      done.resolve();
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
  private advanceTo(instant: number): void {
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
    this.sender.advance(Math.round(elapsed * SAMPLES_PER_MS), instant);
    if (elapsed > this.ptime) this.sender.advance(0, instant);
  }

  private beginRelay(splice: Splice, now: number): void {
    const { sender, instant } = this;
    const end = (sender.timestamp + this.samples) >>> 0;
    // Before the first packet there is no clock to go by, and nothing to come after.
    if (instant === 0) splice.set(sender.timestamp, now, sender.timestamp);
    else if (splice.instant === 0) splice.set(sender.timestamp, instant, end);
    else splice.endOwn(end);
  }

  private queueDigits(
    digits: string,
    duration: number,
    gap: number,
    held?: Readonly<HeldKey>,
  ): Promise<void> {
    if (this.parameters !== undefined && this.parameters.telephoneEvent === undefined) {
      return Promise.reject(noEvents());
    }
    return new Promise((resolve, reject) => {
      const key = held === undefined ? {} : { held };
      this.waiting.push({ digits, duration, gap, ...key, resolve, reject });
    });
  }

  private abandonDigits(error: Error): void {
    const abandoned = this.sounding === undefined ? this.waiting : [this.sounding, ...this.waiting];
    this.waiting = [];
    this.sounding = undefined;
    this.events.cancel();
    for (const digits of abandoned) digits.reject(error);
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

function closedEarly(): CallchartError {
  return new CallchartError(
    'CALLCHART_MEDIA_CLOSED',
    'the session ended before the digits were sent',
  );
}

function noEvents(): CallchartError {
  return new CallchartError(
    'CALLCHART_MEDIA_NO_EVENTS',
    'the peer has not agreed to telephone events (RFC 4733), so no digits can be sent',
  );
}
