import { isIP } from 'node:net';
import { codecMappings, type CodecMapping, packetTime } from './codecs';
import { common, mirrored, receives, sends, withoutSending, type Direction } from './direction';
import { PayloadTypes } from './payload-types';
import type {
  AcceptResult,
  AnswerResult,
  AudioCapabilities,
  LocalDescription,
  NegotiatedAudio,
  NegotiatedFormat,
  MediaSecurity,
  OfferAnswerSession,
} from './port';
import {
  readAudioLine,
  readDescription,
  type AudioFormat,
  type AudioLine,
  type ReadDescription,
  type Refusal,
  type SideFormat,
} from './read';
import { type OfferedProtection, type Protection, Security } from './security';
import {
  writeDescription,
  writeMedia,
  writtenEvent,
  writtenNoise,
  type WrittenAudio,
  type WrittenFormat,
} from './write';

/** RFC 3551 §6: of comfort noise at 8000 Hz. */
const comfortNoiseType = 13;

/** The number that we like for RFC 4733 events, by their clock rate. */
const eventTypes: ReadonlyMap<number, number> = new Map([
  [8_000, 101],
  [48_000, 110],
  [16_000, 111],
]);

/** No packet of ours to be heard is longer, in milliseconds, nor should one of theirs be: Opus could have 120. */
const longestPacket = 60;

/** Which refusal says most about an offer that has nothing for us, best first. */
const tellingWarnings: readonly number[] = [305, 302, 300, 301, 330, 399, 304];

interface OfferedFormat {
  readonly mapping: CodecMapping;
  readonly payloadType: number;
}

interface PendingOffer {
  readonly lines: readonly (string | undefined)[];
  readonly formats: readonly OfferedFormat[];
  readonly telephoneEvents: readonly SideFormat[];
  readonly comfortNoise: boolean;
  readonly direction: Direction;
  readonly rtcpMux: boolean;
  readonly protection: OfferedProtection;
}

/** A line of an offer that we can answer, and how it would be protected. */
interface Candidate {
  readonly line: AudioLine;
  readonly protection: Protection;
}

/** What an answer, ours or theirs, settles beside the peer's line. */
interface Terms {
  readonly format: AudioFormat;
  readonly telephoneEvent: NegotiatedAudio['telephoneEvent'];
  readonly comfortNoise: number | undefined;
  readonly direction: Direction;
  readonly wanted: Direction;
  readonly ptime: number;
  readonly rtcpMux: boolean;
  readonly security: MediaSecurity | undefined;
  /** Our number of the codec, where we gave one. */
  readonly receivePayloadType?: number | undefined;
  readonly alternatives?: readonly NegotiatedFormat[];
}

/** The offer and answer state of one leg with one audio stream (RFC 3264). */
export class SdpSession implements OfferAnswerSession {
  current: NegotiatedAudio | undefined;

  private readonly family: number;
  private readonly security: Security;
  private readonly payloadTypes = new PayloadTypes();
  private version = 0;
  private sent = '';
  private timing = '0 0';
  /** The session's media lines in their order, undefined at our audio (RFC 3264 §8: none ever goes). */
  private lines: readonly (string | undefined)[] = [undefined];
  /** Of our audio line, once it was agreed. */
  private protocol: string | undefined;
  /** What we want of the stream, until a later offer of ours says otherwise. */
  private wanted: Direction = 'sendrecv';
  private pending: PendingOffer | undefined;
  private lastOffer: PendingOffer | undefined;

  constructor(
    private readonly local: LocalDescription,
    private readonly capabilities: AudioCapabilities,
  ) {
    this.family = isIP(local.host);
    this.security = new Security(capabilities.security);
  }

  answer(offer: string): AnswerResult {
    const description = readDescription(offer);
    if (description === undefined) {
      return reject({ code: 399, text: 'Malformed session description' });
    }
    const candidate = this.chooseLine(description);
    if ('code' in candidate) return reject(candidate);
    const { line, protection } = candidate;
    const format = this.chooseFormat(line);
    const { mapping } = format;
    const event = this.capabilities.telephoneEvent
      ? fitting(line.telephoneEvents, mapping)
      : undefined;
    const noise =
      this.capabilities.comfortNoise === true ? atClock(line.comfortNoise, mapping) : undefined;
    const formats = [
      writtenCodec(mapping, format.payloadType),
      ...(noise === undefined ? [] : [writtenNoise(noise.payloadType, noise.clockRate)]),
      ...(event === undefined ? [] : [writtenEvent(event.payloadType, event.clockRate)]),
    ];
    const ptime = this.choosePtime(line, mapping);
    // RFC 3264 §6.1: our direction mirrors theirs, less what we do not want.
    const direction = common(mirrored(line.direction), this.wanted);
    // RFC 8035 §3: only where it was offered. RFC 5761 §4: not with numbers that RTCP's types look like.
    const rtcpMux = line.rtcpMux && !formats.some(({ payloadType }) => looksLikeRtcp(payloadType));
    const { security, attributes } = this.security.take(protection, this.hasMoved(line));

    for (const [payloadType, map] of line.maps) this.payloadTypes.note(payloadType, map);
    this.lines = description.lines.map(({ type, protocol, formats: refused }, index) =>
      // RFC 3264 §6: each refused line keeps its place, its protocol and its formats.
      index === line.index ? undefined : `${type} 0 ${protocol} ${refused.join(' ')}`,
    );
    this.protocol = line.protocol;
    // RFC 3264 §6: the t= line of the answer equals that of the offer.
    const { start, stop } = description.session.timing ?? {};
    this.timing = `${start || 0} ${stop || 0}`;
    this.pending = undefined;
    this.current = negotiated(line, {
      format,
      telephoneEvent: event,
      comfortNoise: noise?.payloadType,
      direction,
      wanted: this.wanted,
      ptime,
      rtcpMux,
      security,
    });
    const sdp = this.write({
      protocol: line.protocol,
      formats,
      direction,
      ptime,
      maxptime: maxptimeOf([mapping]),
      attributes: [...(rtcpMux ? ['rtcp-mux'] : []), ...attributes],
    });
    return { type: 'answer', sdp, audio: this.current };
  }

  offer(options: { readonly direction?: Direction } = {}): string {
    const { capabilities } = this;
    const direction = options.direction ?? this.wanted;
    const formats = this.offeredFormats();
    const clocks = [...new Set(formats.map(({ mapping }) => mapping.clockRate))];
    const telephoneEvents = capabilities.telephoneEvent ? this.offeredEvents(clocks) : [];
    // RFC 3389 §4: 13 is for a clock of 8000 Hz.
    const comfortNoise = capabilities.comfortNoise === true && clocks.includes(8_000);
    const protection = this.security.offer(this.protocol);
    // RFC 5761 §5.1.1: what was agreed once has to be asked for again.
    const rtcpMux =
      this.current?.rtcpMux ?? (this.current === undefined && capabilities.rtcpMux === true);
    this.pending = this.lastOffer = {
      lines: this.lines,
      formats,
      telephoneEvents,
      comfortNoise,
      direction,
      rtcpMux,
      protection,
    };
    return this.write({
      protocol: protection.protocol,
      formats: [
        ...formats.map(({ mapping, payloadType }) => writtenCodec(mapping, payloadType)),
        ...(comfortNoise ? [writtenNoise(comfortNoiseType, 8_000)] : []),
        ...telephoneEvents.map(({ payloadType, clockRate }) =>
          writtenEvent(payloadType, clockRate),
        ),
      ],
      direction,
      ptime: capabilities.ptime,
      maxptime: maxptimeOf(formats.map(({ mapping }) => mapping)),
      attributes: [
        // RFC 5761 §5.1.1: where a peer that does not know the other one sends its RTCP.
        ...(rtcpMux ? [`rtcp:${this.local.port + 1}`, 'rtcp-mux'] : []),
        ...protection.attributes,
      ],
    });
  }

  expectAnswer(): void {
    this.pending ??= this.lastOffer;
  }

  accept(answer: string): AcceptResult {
    const { pending } = this;
    if (pending === undefined) return refuse('there is no offer to answer');
    this.pending = undefined;
    const description = readDescription(answer);
    if (description === undefined) return refuse('the answer is not a session description');
    // RFC 3264 §6: as many media lines as offered, in the same order.
    if (description.lines.length !== pending.lines.length) {
      return refuse(
        `the answer has ${description.lines.length} media lines for ${pending.lines.length} offered`,
      );
    }
    const line = readAudioLine(description, pending.lines.indexOf(undefined), this.family);
    if ('code' in line) return refuse(`the answer refuses our audio (${line.text})`);
    for (const [index, { port }] of description.lines.entries()) {
      if (index !== line.index && port !== 0) return refuse('the answer revives a refused stream');
    }
    const ours = (format: AudioFormat): OfferedFormat | undefined =>
      pending.formats.find(({ mapping }) => mapping === format.mapping);
    // The peer's first format is the one it prefers (RFC 3264 §7).
    const format = line.formats.find((each) => ours(each) !== undefined);
    if (format === undefined) return refuse('the answer has no codec that was offered');
    const protection = this.security.accept(line, pending.protection);
    if ('refused' in protection) return refuse(protection.refused);

    for (const [payloadType, map] of line.maps) this.payloadTypes.note(payloadType, map);
    this.protocol = line.protocol;
    this.wanted = pending.direction;
    this.current = negotiated(line, {
      format,
      telephoneEvent: acceptedEvent(line, format.mapping, pending.telephoneEvents),
      comfortNoise: pending.comfortNoise
        ? atClock(line.comfortNoise, format.mapping)?.payloadType
        : undefined,
      direction: common(mirrored(line.direction), pending.direction),
      wanted: pending.direction,
      ptime: this.choosePtime(line, format.mapping),
      rtcpMux: pending.rtcpMux && line.rtcpMux,
      security: protection.security,
      receivePayloadType: ours(format)?.payloadType,
      alternatives: line.formats.flatMap((each) => {
        const offered = ours(each);
        if (offered === undefined || each.mapping === format.mapping) return [];
        const { name, clockRate } = offered.mapping;
        return [{ name, payloadType: offered.payloadType, clockRate }];
      }),
    });
    return { type: 'accepted', audio: this.current };
  }

  /** The stream in use if it is still good, else the first that is, one that is protected before others. */
  private chooseLine(description: ReadDescription): Candidate | Refusal {
    let best: Refusal = { code: 304, text: 'Media type not available' };
    let found: Candidate | undefined;
    const used = this.current === undefined ? -1 : this.lines.indexOf(undefined);
    for (let index = 0; index < description.lines.length; index += 1) {
      const candidate = this.consider(description, index);
      if ('code' in candidate) best = moreTelling(best, candidate);
      else if (index === used) return candidate;
      else if (found === undefined || (isPlain(found) && !isPlain(candidate))) found = candidate;
    }
    return found ?? best;
  }

  private consider(description: ReadDescription, index: number): Candidate | Refusal {
    const line = readAudioLine(description, index, this.family);
    if ('code' in line) return line;
    if (!line.formats.some((format) => this.canSpeak(format))) {
      return { code: 305, text: 'Incompatible media format' };
    }
    const protection = this.security.consider(line);
    return 'code' in protection ? protection : { line, protection };
  }

  private canSpeak({ mapping }: AudioFormat): boolean {
    return this.capabilities.codecs.includes(mapping.name);
  }

  private chooseFormat(line: AudioLine): AudioFormat {
    const { codecs, preference } = this.capabilities;
    if (preference === 'ours') {
      for (const codec of codecs) {
        const format = line.formats.find(({ mapping }) => mapping.name === codec);
        if (format !== undefined) return format;
      }
    }
    return line.formats.find((format) => this.canSpeak(format)) as AudioFormat;
  }

  private choosePtime(line: AudioLine, mapping: CodecMapping): number {
    return packetTime(mapping, line.ptime ?? this.capabilities.ptime, line.maxptime);
  }

  private offeredFormats(): OfferedFormat[] {
    return this.capabilities.codecs.flatMap((name) =>
      codecMappings
        .filter((mapping) => mapping.name === name)
        .flatMap((mapping) => {
          const payloadType = this.payloadTypes.take(mapping.map, mapping.payloadType);
          return payloadType === undefined ? [] : [{ mapping, payloadType }];
        }),
    );
  }

  /** RFC 4733 §2.1: events go on the clock of the sound beside them, so there is a number for each clock. */
  private offeredEvents(clocks: readonly number[]): SideFormat[] {
    return clocks.flatMap((clockRate) => {
      const map = `telephone-event/${clockRate}`;
      const payloadType = this.payloadTypes.take(map, eventTypes.get(clockRate) ?? 101);
      return payloadType === undefined ? [] : [{ payloadType, clockRate }];
    });
  }

  private hasMoved({ rtp, nowhere }: AudioLine): boolean {
    const before = this.current?.remote.rtp;
    if (before === undefined || nowhere) return false;
    return before.host !== rtp.host || before.port !== rtp.port;
  }

  private write(audio: WrittenAudio): string {
    const media = writeMedia(this.local, this.timing, this.lines, audio);
    // RFC 3264 §8: the version counts by one when, and only when, the text is another.
    if (media !== this.sent) {
      this.sent = media;
      this.version += 1;
    }
    return writeDescription(this.local, this.version, media);
  }
}

function negotiated(line: AudioLine, terms: Terms): NegotiatedAudio {
  const { format, direction, alternatives = [], comfortNoise, security, telephoneEvent } = terms;
  const { payloadType, mapping, opus } = format;
  const { receivePayloadType = payloadType, rtcpMux } = terms;
  return {
    remote:
      line.rtcp === undefined || rtcpMux ? { rtp: line.rtp } : { rtp: line.rtp, rtcp: line.rtcp },
    codec: {
      name: mapping.name,
      payloadType,
      clockRate: mapping.clockRate,
      ...(opus === undefined ? {} : { opus }),
      ...(receivePayloadType === payloadType ? {} : { receivePayloadType }),
    },
    ...(alternatives.length === 0 ? {} : { alternatives }),
    ...(telephoneEvent === undefined ? {} : { telephoneEvent }),
    ...(comfortNoise === undefined ? {} : { comfortNoise }),
    // RFC 3264 §8.4: nothing is sent to an address of zeros, whatever the direction says.
    direction: line.nowhere ? withoutSending(direction) : direction,
    held: sends(terms.wanted) && (line.nowhere || !receives(line.direction)),
    ptime: terms.ptime,
    ...(rtcpMux ? { rtcpMux } : {}),
    ...(security === undefined ? {} : { security }),
  };
}

function writtenCodec({ map, parameters }: CodecMapping, payloadType: number): WrittenFormat {
  return { payloadType, map, parameters };
}

function atClock(formats: readonly SideFormat[], mapping: CodecMapping): SideFormat | undefined {
  return formats.find(({ clockRate }) => clockRate === mapping.clockRate);
}

/**
 * The events whose clock is that of the codec (RFC 4733 §2.1). Some phones offer Opus and events at 8000 Hz only:
 * these are better than none.
 */
function fitting(events: readonly SideFormat[], mapping: CodecMapping): SideFormat | undefined {
  return atClock(events, mapping) ?? events.find(({ clockRate }) => clockRate === 8_000);
}

function acceptedEvent(
  line: AudioLine,
  mapping: CodecMapping,
  offered: readonly SideFormat[],
): NegotiatedAudio['telephoneEvent'] {
  const ours = (clock: number): SideFormat | undefined =>
    offered.find(({ clockRate }) => clockRate === clock);
  const event = fitting(
    line.telephoneEvents.filter(({ clockRate }) => ours(clockRate) !== undefined),
    mapping,
  );
  if (event === undefined) return undefined;
  const { payloadType, clockRate } = event;
  const receivePayloadType = ours(clockRate)?.payloadType ?? payloadType;
  return {
    payloadType,
    clockRate,
    ...(receivePayloadType === payloadType ? {} : { receivePayloadType }),
  };
}

/** RFC 7587 §6.1: without it a packet of Opus may last 120 ms. */
function maxptimeOf(mappings: readonly CodecMapping[]): number | undefined {
  return mappings.some(({ name }) => name === 'opus') ? longestPacket : undefined;
}

/** RFC 5761 §4: with the marker bit these would be taken for RTCP. */
function looksLikeRtcp(payloadType: number): boolean {
  return payloadType >= 64 && payloadType <= 95;
}

function isPlain({ protection }: Candidate): boolean {
  return protection.type === 'plain';
}

function moreTelling(a: Refusal, b: Refusal): Refusal {
  return tellingWarnings.indexOf(b.code) < tellingWarnings.indexOf(a.code) ? b : a;
}

function reject(warning: Refusal): AnswerResult {
  return { type: 'reject', status: 488, warning };
}

function refuse(reason: string): AcceptResult {
  return { type: 'refused', reason };
}
