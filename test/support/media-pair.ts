import type { AudioClip } from '../../runtime/core/audio';
import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { decodeG711, encodeG711 } from '../../runtime/media/codec/g711';
import { InlineMediaEngine, type InlineMediaEngineOptions } from '../../runtime/media/engine';
import type {
  CodecName,
  MediaDirection,
  MediaParameters,
  MediaSession,
} from '../../runtime/media/port';
import { RtpPacket } from '../../runtime/media/rtp/packet';
import { RtpSession } from '../../runtime/media/session';
import { MemoryMediaNetwork, type MediaDatagram, type MediaFate } from './memory-media-network';

export const EVENT_TYPE = 101;

/** Each encoding as an answer might name it. */
export const CODECS: Readonly<Record<CodecName, MediaParameters['codec']>> = {
  PCMU: { name: 'PCMU', payloadType: 0, clockRate: 8_000 },
  PCMA: { name: 'PCMA', payloadType: 8, clockRate: 8_000 },
  G722: { name: 'G722', payloadType: 9, clockRate: 8_000 },
  opus: { name: 'opus', payloadType: 111, clockRate: 48_000 },
  L16: { name: 'L16', payloadType: 96, clockRate: 16_000 },
};

export interface Party {
  readonly session: MediaSession;
  /** Digits that were reported, in order, with the time at which they were. */
  readonly digits: string[];
  readonly digitTimes: number[];
  timeouts: number;
  /** Everything heard since {@link hear}. */
  readonly heard: Int16Array[];
}

/** Two sessions that talk to each other over a network that loses what it is told to. */
export interface MediaPair {
  readonly clock: VirtualClock;
  readonly network: MemoryMediaNetwork;
  readonly engine: InlineMediaEngine;
  readonly a: Party;
  readonly b: Party;
  /** RTP packets that `party` sent so far, parsed. */
  rtpOf(party: Party): SentPacket[];
  close(): Promise<void>;
}

export interface SentPacket {
  readonly time: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

export interface MediaPairOptions extends Partial<InlineMediaEngineOptions> {
  readonly fate?: MediaFate;
  /** False leaves it to the test. */
  readonly configured?: boolean;
  readonly codec?: CodecName;
  /** Of both; 20. */
  readonly ptime?: number;
}

export async function mediaPair(options: MediaPairOptions = {}): Promise<MediaPair> {
  const clock = new VirtualClock();
  const network = new MemoryMediaNetwork(clock, options.fate);
  const engine = new InlineMediaEngine({
    clock,
    network,
    random: new SeededRandom(1),
    ...options,
  });
  const a = await party(engine, '10.0.0.1');
  const b = await party(engine, '10.0.0.2');
  if (options.configured !== false) {
    const codec = options.codec ?? 'PCMU';
    const ptime = options.ptime ?? 20;
    a.session.configure(parametersTo(b, { codec, ptime }));
    b.session.configure(parametersTo(a, { codec, ptime }));
  }
  return {
    clock,
    network,
    engine,
    a,
    b,
    rtpOf: (from) =>
      network.sent
        .filter((sent) => sent.kind === 'rtp' && sent.from.host === from.session.local.host)
        .map(parsed),
    async close() {
      void a.session.close();
      void b.session.close();
      await engine.close();
      await clock.run(500);
    },
  };
}

async function party(engine: InlineMediaEngine, localHost: string): Promise<Party> {
  const digits: string[] = [];
  const digitTimes: number[] = [];
  const result = { digits, digitTimes, timeouts: 0, heard: [] };
  const session = await engine.createSession({
    localHost,
    handler: {
      onDigit: (digit) => {
        digits.push(digit);
      },
      onTimeout: () => {
        result.timeouts += 1;
      },
    },
  });
  return Object.assign(result, { session });
}

/** Parameters for a session whose peer is `peer`. */
export function parametersTo(
  peer: Party,
  options: {
    readonly codec?: CodecName;
    readonly direction?: MediaDirection;
    readonly ptime?: number;
    readonly events?: boolean;
  } = {},
): MediaParameters {
  const codec = CODECS[options.codec ?? 'PCMU'];
  return {
    remote: { rtp: peer.session.local },
    codec,
    ...(options.events === false
      ? {}
      : { telephoneEvent: { payloadType: EVENT_TYPE, clockRate: codec.clockRate } }),
    direction: options.direction ?? 'sendrecv',
    ptime: options.ptime ?? 20,
  };
}

/** The session as its neighbours in the engine know it. */
export function inner(party: { readonly session: MediaSession }): RtpSession {
  if (!(party.session instanceof RtpSession)) throw new Error('not an inline session');
  return party.session;
}

/** Keeps all that a party hears from now on. */
export function hear(who: Party): () => void {
  return who.session.listen((frame) => {
    who.heard.push(frame.slice());
  });
}

/** Everything heard, as one piece. */
export function heardBy(who: Party): Int16Array {
  return concat(who.heard);
}

export function concat(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

let clips = 0;

/** Sound that is nowhere like itself: seeded noise, loud enough to be speech. */
export function noiseClip(duration: number, seed = 7, amplitude = 8_000): AudioClip {
  const random = new SeededRandom(seed);
  const samples = Int16Array.from(
    { length: duration * 8 },
    () => (random.uint32() % (2 * amplitude)) - amplitude,
  );
  return clipOf(samples);
}

export function clipOf(samples: Int16Array): AudioClip {
  clips += 1;
  return { id: `test-${clips}`, sampleRate: 8000, samples };
}

/** What is left of samples after they went through a codec. */
export function throughCodec(samples: Int16Array, codec: CodecName = 'PCMU'): Int16Array {
  const bytes = new Uint8Array(samples.length);
  encodeG711(codec, samples, 0, samples.length, bytes, 0);
  const out = new Int16Array(samples.length);
  decodeG711(codec, bytes, 0, samples.length, out, 0);
  return out;
}

/** Where `part` is found in `whole`, sample for sample; -1 if nowhere. */
export function indexOfSamples(whole: Int16Array, part: Int16Array): number {
  const bytes = (samples: Int16Array): Buffer =>
    Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const at = bytes(whole).indexOf(bytes(part));
  return at < 0 ? -1 : at / 2;
}

export function parsed(datagram: MediaDatagram): SentPacket {
  const packet = new RtpPacket();
  const verdict = packet.parse(datagram.bytes);
  if (verdict !== 'ok') throw new Error(`not an RTP packet: ${verdict}`);
  const { marker, payloadType, sequence, timestamp, ssrc, payloadOffset, payloadLength } = packet;
  const payload = datagram.bytes.subarray(payloadOffset, payloadOffset + payloadLength);
  return { time: datagram.time, marker, payloadType, sequence, timestamp, ssrc, payload };
}
