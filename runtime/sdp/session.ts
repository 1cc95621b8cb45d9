import { isIP } from 'node:net';
import { common, mirrored, receives, sends, withoutSending, type Direction } from './direction';
import type {
  AcceptResult,
  AnswerResult,
  AudioCapabilities,
  CodecName,
  LocalDescription,
  NegotiatedAudio,
  OfferAnswerSession,
} from './port';
import {
  readAudioLine,
  readDescription,
  type AudioFormat,
  type AudioLine,
  type ReadDescription,
  type Refusal,
} from './read';
import { writeDescription, writeMedia, type WrittenFormat } from './write';

const payloadTypes: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8, G722: 9, opus: 107, L16: 108 };
const offeredEventType = 101;

/** Which refusal says most about an offer that has nothing for us, best first. */
const tellingWarnings: readonly number[] = [305, 302, 300, 301, 330, 399, 304];

interface PendingOffer {
  readonly lines: readonly (string | undefined)[];
  readonly formats: readonly WrittenFormat[];
  readonly telephoneEvent: number | undefined;
  readonly direction: Direction;
}

/** The offer and answer state of one leg with one audio stream (RFC 3264). */
export class SdpSession implements OfferAnswerSession {
  current: NegotiatedAudio | undefined;

  private readonly family: number;
  private version = 0;
  private sent = '';
  private timing = '0 0';
  /** The session's media lines in their order, undefined at our audio (RFC 3264 §8: none ever goes). */
  private lines: readonly (string | undefined)[] = [undefined];
  /** What we want of the stream, until a later offer of ours says otherwise. */
  private wanted: Direction = 'sendrecv';
  private pending: PendingOffer | undefined;

  constructor(
    private readonly local: LocalDescription,
    private readonly capabilities: AudioCapabilities,
  ) {
    this.family = isIP(local.host);
  }

  answer(offer: string): AnswerResult {
    const description = readDescription(offer);
    if (description === undefined) {
      return reject({ code: 399, text: 'Malformed session description' });
    }
    const line = this.chooseLine(description);
    if ('code' in line) return reject(line);
    const format = this.chooseFormat(line);
    const telephoneEvent = this.capabilities.telephoneEvent ? line.telephoneEvent : undefined;
    const ptime = this.choosePtime(line);
    // RFC 3264 §6.1: our direction mirrors theirs, less what we do not want.
    const direction = common(mirrored(line.direction), this.wanted);

    this.lines = description.lines.map(({ type, protocol, formats }, index) =>
      // RFC 3264 §6: each refused line keeps its place, its protocol and its formats.
      index === line.index ? undefined : `${type} 0 ${protocol} ${formats.join(' ')}`,
    );
    // RFC 3264 §6: the t= line of the answer equals that of the offer.
    const { start, stop } = description.session.timing ?? {};
    this.timing = `${start || 0} ${stop || 0}`;
    this.pending = undefined;
    this.current = negotiated(line, format, telephoneEvent, direction, this.wanted, ptime);
    const sdp = this.write(
      writeMedia(this.local, this.timing, this.lines, {
        formats: [format],
        telephoneEvent,
        direction,
        ptime,
      }),
    );
    return { type: 'answer', sdp, audio: this.current };
  }

  offer(options: { readonly direction?: Direction } = {}): string {
    const direction = options.direction ?? this.wanted;
    const { current } = this;
    // RFC 3264 §8.3.2: a payload type that was mapped once keeps its meaning for the session.
    const formats = this.capabilities.codecs.map((codec) => ({
      codec,
      payloadType:
        current?.codec.name === codec
          ? (current.codec.receivePayloadType ?? current.codec.payloadType)
          : payloadTypes[codec],
    }));
    const event = current?.telephoneEvent;
    const telephoneEvent = this.capabilities.telephoneEvent
      ? (event?.receivePayloadType ?? event?.payloadType ?? offeredEventType)
      : undefined;
    this.pending = { lines: this.lines, formats, telephoneEvent, direction };
    return this.write(
      writeMedia(this.local, this.timing, this.lines, {
        formats,
        telephoneEvent,
        direction,
        ptime: this.capabilities.ptime,
      }),
    );
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
    // The peer's first format is the one it prefers (RFC 3264 §7).
    const format = line.formats.find(({ codec }) => this.capabilities.codecs.includes(codec));
    if (format === undefined) return refuse('the answer has no codec that was offered');
    const ours = pending.formats.find(({ codec }) => codec === format.codec);
    const telephoneEvent = pending.telephoneEvent === undefined ? undefined : line.telephoneEvent;
    this.wanted = pending.direction;
    this.current = negotiated(
      line,
      format,
      telephoneEvent,
      common(mirrored(line.direction), pending.direction),
      pending.direction,
      this.choosePtime(line),
      { codec: ours?.payloadType, telephoneEvent: pending.telephoneEvent },
    );
    return { type: 'accepted', audio: this.current };
  }

  /** The stream in use if it is still good, else the first that is; the best refusal when none is. */
  private chooseLine(description: ReadDescription): AudioLine | Refusal {
    let best: Refusal = { code: 304, text: 'Media type not available' };
    let found: AudioLine | undefined;
    const used = this.current === undefined ? -1 : this.lines.indexOf(undefined);
    for (let index = 0; index < description.lines.length; index += 1) {
      const line = readAudioLine(description, index, this.family);
      if ('code' in line) {
        best = moreTelling(best, line);
      } else if (!line.formats.some(({ codec }) => this.capabilities.codecs.includes(codec))) {
        best = moreTelling(best, { code: 305, text: 'Incompatible media format' });
      } else if (index === used) {
        return line;
      } else {
        found ??= line;
      }
    }
    return found ?? best;
  }

  private chooseFormat(line: AudioLine): AudioFormat {
    const { codecs, preference } = this.capabilities;
    if (preference === 'ours') {
      for (const codec of codecs) {
        const format = line.formats.find((candidate) => candidate.codec === codec);
        if (format !== undefined) return format;
      }
    }
    return line.formats.find(({ codec }) => codecs.includes(codec)) as AudioFormat;
  }

  /**
   * RFC 3264 §6.1: packets are as long as the receiver asks, RFC 8866 §6.5: and never longer than
   * its maxptime; in steps of 10 ms, because G.711 packets are made of those.
   */
  private choosePtime(line: AudioLine): number {
    const asked = Math.min(line.ptime ?? this.capabilities.ptime, line.maxptime ?? Infinity, 100);
    return Math.max(10, Math.floor(asked / 10) * 10);
  }

  private write(media: string): string {
    // RFC 3264 §8: the version counts by one when, and only when, the text is another.
    if (media !== this.sent) {
      this.sent = media;
      this.version += 1;
    }
    return writeDescription(this.local, this.version, media);
  }
}

function negotiated(
  line: AudioLine,
  format: AudioFormat,
  telephoneEvent: number | undefined,
  direction: Direction,
  wanted: Direction,
  ptime: number,
  ours: { readonly codec?: number | undefined; readonly telephoneEvent?: number | undefined } = {},
): NegotiatedAudio {
  const { payloadType } = format;
  return {
    remote: line.rtcp === undefined ? { rtp: line.rtp } : { rtp: line.rtp, rtcp: line.rtcp },
    codec: {
      name: format.codec,
      payloadType,
      clockRate: 8000,
      ...(ours.codec === undefined || ours.codec === payloadType
        ? {}
        : { receivePayloadType: ours.codec }),
    },
    ...(telephoneEvent === undefined
      ? {}
      : {
          telephoneEvent: {
            payloadType: telephoneEvent,
            clockRate: 8000,
            ...(ours.telephoneEvent === undefined || ours.telephoneEvent === telephoneEvent
              ? {}
              : { receivePayloadType: ours.telephoneEvent }),
          },
        }),
    // RFC 3264 §8.4: nothing is sent to an address of zeros, whatever the direction says.
    direction: line.nowhere ? withoutSending(direction) : direction,
    held: sends(wanted) && (line.nowhere || !receives(line.direction)),
    ptime,
  };
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
