import { fraction, SeededRandom, type Random } from '../../runtime/core/random';
import type { CodecFormat } from '../../runtime/media/codec/port';
import { codecKind } from '../../runtime/media/codec/registry';
import type { FrameKind } from '../../runtime/media/jitter-buffer';
import { RtpPacket, writeRtpHeader } from '../../runtime/media/rtp/packet';
import { SoundLine } from '../../runtime/media/sound-line';
import { soundOf } from '../../runtime/media/sound-payload';

export const FORMATS = {
  PCMU: { name: 'PCMU', clockRate: 8_000 },
  PCMA: { name: 'PCMA', clockRate: 8_000 },
  G722: { name: 'G722', clockRate: 8_000 },
  opus: { name: 'opus', clockRate: 48_000, channels: 2, opus: { useInbandFec: true } },
  L16: { name: 'L16', clockRate: 16_000 },
} as const satisfies Record<string, CodecFormat>;

/** A packet on its way; times are milliseconds. */
export interface SoundPacket {
  readonly sent: number;
  readonly bytes: Uint8Array;
  readonly units: number;
}

export interface Stream {
  readonly format: CodecFormat;
  readonly packets: readonly SoundPacket[];
  /** What is heard when nothing happens on the way, at `sampleRate`. */
  readonly reference: Int16Array;
  readonly sampleRate: number;
}

export interface StreamOptions {
  readonly ptime?: number;
  /** At which it is decoded. */
  readonly sampleRate?: number;
  readonly ssrc?: number;
  readonly sequence?: number;
  readonly timestamp?: number;
  /** How many times faster the sender's clock is. */
  readonly speed?: number;
  /** What the encoder expects to be lost. */
  readonly loss?: number;
}

/** Encodes sound that has the codec's own rate. */
export function streamOf(
  format: CodecFormat,
  sound: Int16Array,
  options: StreamOptions = {},
): Stream {
  const { ptime = 20, ssrc = 7, sequence = 60_000, timestamp = 0xffff_0000, speed = 1 } = options;
  const kind = codecKind(format.name);
  const encoder = kind.encoder(format);
  if (options.loss !== undefined) encoder.expectLoss?.(options.loss);
  const decoder = kind.decoder(format, options.sampleRate);
  const count = (encoder.sampleRate * ptime) / 1_000;
  const units = (format.clockRate * ptime) / 1_000;
  const heard = (decoder.sampleRate * ptime) / 1_000;
  const packets: SoundPacket[] = [];
  const reference = new Int16Array(Math.floor(sound.length / count) * heard);
  const payload = new Uint8Array(encoder.maxBytes(count));
  for (let i = 0; (i + 1) * count <= sound.length; i += 1) {
    const length = encoder.encode(sound, i * count, count, payload, 0);
    decoder.decode(payload, 0, length, reference, i * heard);
    const bytes = new Uint8Array(12 + length);
    writeRtpHeader(
      bytes,
      i === 0,
      96,
      (sequence + i) & 0xffff,
      (timestamp + i * units) >>> 0,
      ssrc,
    );
    bytes.set(payload.subarray(0, length), 12);
    packets.push({ sent: (i * ptime) / speed, bytes, units });
  }
  encoder.close();
  decoder.close();
  return { format, packets, reference, sampleRate: decoder.sampleRate };
}

/** When each copy of a packet arrives, in milliseconds after it was sent; none is lost. */
export type SoundFate = (index: number) => readonly number[];

export interface Heard {
  readonly line: SoundLine;
  readonly samples: Int16Array;
  readonly kinds: readonly FrameKind[];
}

/** Lets a listener hear streams over a network: pulls every 20 ms until all is heard. */
export function listenTo(
  streams: readonly { readonly stream: Stream; readonly from?: number }[],
  fate: SoundFate,
  options: {
    readonly sampleRate?: number;
    readonly until?: number;
    readonly line?: SoundLine;
    readonly eachTick?: (now: number, line: SoundLine) => void;
  } = {},
): Heard {
  const { line = new SoundLine() } = options;
  line.listen(options.sampleRate ?? 48_000);
  const arrivals = streams.flatMap(({ stream, from = 0 }) => {
    const sound = soundOf(stream.format);
    if (sound === undefined) throw new Error('no such codec');
    return stream.packets.flatMap((packet, i) =>
      fate(i).map((delay) => ({ at: from + packet.sent + delay, packet, sound })),
    );
  });
  arrivals.sort((a, b) => a.at - b.at);
  const until = options.until ?? (arrivals.at(-1)?.at ?? 0) + 300;
  const frames: Int16Array[] = [];
  const kinds: FrameKind[] = [];
  const parsed = new RtpPacket();
  let next = 0;
  // Timers fire a little after their instant, and real packets arrive at any time in between.
  for (let now = 7; now < until; now += 20) {
    for (; next < arrivals.length && (arrivals[next]?.at ?? 0) <= now; next += 1) {
      const arrival = arrivals[next];
      if (arrival === undefined || parsed.parse(arrival.packet.bytes) !== 'ok') continue;
      line.push(parsed, arrival.sound, arrival.sound.unitsOf(parsed), arrival.at);
    }
    options.eachTick?.(now, line);
    kinds.push(line.pull(now));
    frames.push(line.frame.slice());
  }
  const samples = new Int16Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    samples.set(frame, at);
    at += frame.length;
  }
  return { line, samples, kinds };
}

/** Delay distributions of networks, in milliseconds; packets may overtake each other. */
export const DELAYS: Readonly<Record<string, (random: Random) => number>> = {
  normal: (random) => {
    // Box and Muller.
    const radius = Math.sqrt(-2 * Math.log(1 - fraction(random)));
    return Math.max(1, 40 + 8 * radius * Math.cos(2 * Math.PI * fraction(random)));
  },
  exponential: (random) => 5 - 12 * Math.log(1 - fraction(random)),
  spiky: (random) => (fraction(random) < 0.02 ? 60 + 60 * fraction(random) : 10),
};

export function delayed(delay: (random: Random) => number, seed: number, loss = 0): SoundFate {
  const random = new SeededRandom(seed);
  return () => {
    const after = delay(random);
    return fraction(random) < loss ? [] : [after];
  };
}
