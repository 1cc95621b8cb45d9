import type { CodecFormat, CodecKind } from './codec/port';
import { availableCodecs, codecKind } from './codec/registry';
import { JitterBuffer } from './jitter-buffer';
import { EncodedStore } from './rtp/encoded-store';
import type { RtpPacket } from './rtp/packet';
import type { SoundPayload } from './sound-line';

/** A codec that the peer may send: how long its payloads last, and where their sound waits. */
export class Sound implements SoundPayload {
  readonly family: string;

  /** @param kind of G.711 none is needed: a byte is a sample, whichever the law. */
  constructor(
    readonly format: CodecFormat,
    private readonly kind: CodecKind | undefined,
  ) {
    const { name, clockRate, channels = 1 } = format;
    this.family = kind === undefined ? 'G711' : `${name}/${clockRate}/${channels}`;
  }

  /** Units of its clock that a packet lasts; -1 when its payload is none of this codec. */
  unitsOf(packet: RtpPacket): number {
    const { payloadLength, payloadOffset, bytes } = packet;
    if (this.kind === undefined) return payloadLength === 0 ? -1 : payloadLength;
    return this.kind.duration(this.format, bytes, payloadOffset, payloadLength);
  }

  buffer(): JitterBuffer {
    const { kind, format } = this;
    if (kind === undefined) return new JitterBuffer();
    const { clockRate } = format;
    return new JitterBuffer({ clockRate, store: () => new EncodedStore(kind, format) });
  }

  /** Whether it is the same as another, as far as what is received goes. */
  equals(other: CodecFormat): boolean {
    const { name, clockRate, channels = 1 } = this.format;
    return (
      other.name === name && other.clockRate === clockRate && (other.channels ?? 1) === channels
    );
  }
}

/** Of sound that listeners can be served with. */
const SAMPLE_RATES: readonly number[] = [8_000, 16_000, 24_000, 32_000, 48_000];

/** What there is for a format; undefined for one that cannot be received here. */
export function soundOf(format: CodecFormat): Sound | undefined {
  const { name, clockRate } = format;
  if (name === 'PCMU' || name === 'PCMA') {
    return clockRate === 8_000 ? new Sound(format, undefined) : undefined;
  }
  if (!availableCodecs().includes(name)) return undefined;
  const kind = codecKind(name);
  return SAMPLE_RATES.includes(kind.sampleRate(format)) ? new Sound(format, kind) : undefined;
}
