import { codecKind } from '../../../runtime/media/codec/registry';
import { writeRtpHeader } from '../../../runtime/media/rtp/packet';
import { MOST_OVERHEAD, SrtpSender } from '../../../runtime/media/srtp/srtp-sender';
import { FORMATS, streamOf } from '../../support/sound-network';
import { voice } from '../../support/voice';
import { KEYS, OPUS_TYPE, type Streams } from './media-protocol';

const HEADER = 12;

/** Ten seconds of speech, by packets. */
const payloads = new Map<'PCMU' | 'opus', readonly Uint8Array[]>();

function payloadsOf(name: 'PCMU' | 'opus'): readonly Uint8Array[] {
  let made = payloads.get(name);
  if (made === undefined) {
    const format = FORMATS[name];
    const sound = voice(codecKind(name).sampleRate(format), 10_000, 9);
    made = streamOf(format, sound).packets.map(({ bytes }) => bytes.subarray(HEADER));
    payloads.set(name, made);
  }
  return made;
}

/** Packets of speech to one port, made one by one. */
export class SinkStream {
  readonly ssrc: number;
  sequence: number;
  private readonly packet = new Uint8Array(1_500);
  private readonly payloads: readonly Uint8Array[];
  private readonly payloadType: number;
  private readonly units: number;
  private readonly srtp: SrtpSender | undefined;

  constructor(
    readonly port: number,
    index: number,
    { codecs = ['PCMU'], secure = false }: Streams,
  ) {
    const name = codecs[index % codecs.length] ?? 'PCMU';
    this.payloads = payloadsOf(name);
    this.payloadType = name === 'PCMU' ? 0 : OPUS_TYPE;
    this.units = FORMATS[name].clockRate / 50;
    this.ssrc = 0x1000_0000 + index;
    // Each begins at another place of the speech.
    this.sequence = 37 * index;
    this.srtp = secure ? new SrtpSender(KEYS.suite, KEYS.sendKey) : undefined;
  }

  /** The next packet; valid until the one after it. */
  next(): Uint8Array {
    this.sequence += 1;
    const { packet, payloads, sequence, ssrc, srtp } = this;
    const payload = payloads[sequence % payloads.length] ?? new Uint8Array(0);
    const timestamp = (sequence * this.units) >>> 0;
    writeRtpHeader(packet, false, this.payloadType, sequence & 0xffff, timestamp, ssrc);
    packet.set(payload, HEADER);
    const size = HEADER + payload.length;
    return packet.subarray(0, srtp?.protectRtp(packet, size, packet) ?? size);
  }

  /** A receiver report of nothing. */
  report(): Uint8Array {
    const report = new Uint8Array(8 + MOST_OVERHEAD);
    report.set([0x80, 201, 0, 1]);
    new DataView(report.buffer).setUint32(4, this.ssrc);
    return report.subarray(0, this.srtp?.protectRtcp(report, 8, report) ?? 8);
  }
}
