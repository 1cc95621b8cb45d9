import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { InlineMediaEngine } from '../../runtime/media/engine';
import type {
  BridgeOptions,
  CodecName,
  MediaBridge,
  MediaParameters,
  MediaSession,
} from '../../runtime/media/port';
import type { RecordingFiles } from '../../runtime/media/recording-files';
import { writeRtpHeader } from '../../runtime/media/rtp/packet';
import { CODECS, EVENT_TYPE, parsed, type SentPacket } from '../support/media-pair';
import { MemoryMediaNetwork, type MediaFate } from '../support/memory-media-network';

/** One end: a session, and the keys it was told of. */
export interface End {
  readonly session: MediaSession;
  readonly digits: string[];
  readonly durations: number[];
  timeouts: number;
}

export interface SceneOptions {
  readonly fate?: MediaFate;
  /** Of the first and of the second leg. */
  readonly codecs?: readonly [CodecName, CodecName];
  readonly bridge?: BridgeOptions;
  readonly files?: RecordingFiles;
  readonly mediaTimeout?: number;
}

/**
 * Two phones, each in a call with a leg of ours, and the legs bridged:
 *
 *     left phone <-> first leg == second leg <-> right phone
 */
export class BridgeScene {
  readonly clock = new VirtualClock();
  readonly network: MemoryMediaNetwork;
  readonly engine: InlineMediaEngine;
  left!: End;
  first!: End;
  second!: End;
  right!: End;
  bridge!: MediaBridge;

  private constructor(options: SceneOptions) {
    this.network = new MemoryMediaNetwork(this.clock, options.fate);
    this.engine = new InlineMediaEngine({
      clock: this.clock,
      network: this.network,
      random: new SeededRandom(1),
      ...(options.files === undefined ? {} : { files: options.files }),
      ...(options.mediaTimeout === undefined ? {} : { mediaTimeout: options.mediaTimeout }),
    });
  }

  static async make(options: SceneOptions = {}): Promise<BridgeScene> {
    const scene = new BridgeScene(options);
    const [left, right] = options.codecs ?? ['PCMU', 'PCMU'];
    scene.left = await scene.end('10.0.1.1');
    scene.first = await scene.end('10.0.0.1');
    scene.second = await scene.end('10.0.0.2');
    scene.right = await scene.end('10.0.1.2');
    scene.left.session.configure(toward(scene.first, left));
    scene.first.session.configure(toward(scene.left, left));
    scene.second.session.configure(toward(scene.right, right));
    scene.right.session.configure(toward(scene.second, right));
    scene.bridge = scene.engine.bridge(
      scene.first.session,
      scene.second.session,
      options.bridge ?? {},
    );
    return scene;
  }

  /** RTP that an end has sent, in order. */
  sentBy(end: End): SentPacket[] {
    return this.network.sent
      .filter(({ kind, from }) => kind === 'rtp' && from.host === end.session.local.host)
      .map(parsed);
  }

  /** Puts a packet of a phone on the network as any program might. */
  send(from: End, to: End, packet: Uint8Array): void {
    this.network.send('rtp', from.session.local, to.session.local, packet);
  }

  async close(): Promise<void> {
    for (const { session } of [this.left, this.first, this.second, this.right])
      void session.close();
    await this.engine.close();
    await this.clock.run(500);
  }

  async end(localHost: string): Promise<End> {
    const end = { digits: [] as string[], durations: [] as number[], timeouts: 0 };
    const session = await this.engine.createSession({
      localHost,
      handler: {
        onDigit: (digit, duration) => {
          end.digits.push(digit);
          end.durations.push(duration);
        },
        onTimeout: () => {
          end.timeouts += 1;
        },
      },
    });
    return Object.assign(end, { session });
  }
}

/** What the answer of `peer` says. */
export function toward(
  peer: End,
  codec: CodecName = 'PCMU',
  changes: Partial<MediaParameters> = {},
): MediaParameters {
  return {
    remote: { rtp: peer.session.local },
    codec: CODECS[codec],
    telephoneEvent: { payloadType: EVENT_TYPE, clockRate: CODECS[codec].clockRate },
    direction: 'sendrecv',
    ptime: 20,
    ...changes,
  };
}

export interface PacketFields {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc?: number;
  readonly marker?: boolean;
  readonly payloadType?: number;
  readonly payload?: Uint8Array;
}

/** A packet as a phone might make it; 20 ms of a payload that tells its number unless it is given. */
export function rtp(fields: PacketFields): Buffer {
  const payload = fields.payload ?? new Uint8Array(160).fill(fields.sequence & 0xff);
  const packet = Buffer.alloc(12 + payload.length);
  writeRtpHeader(
    packet,
    fields.marker ?? false,
    fields.payloadType ?? 0,
    fields.sequence,
    fields.timestamp,
    fields.ssrc ?? 0x1234_5678,
  );
  packet.set(payload, 12);
  return packet;
}

/** The differences between neighbours, of sequence numbers modulo 2^16 and time stamps modulo 2^32. */
export function steps(packets: readonly SentPacket[]): {
  readonly sequence: number[];
  readonly timestamp: number[];
} {
  const next = packets.slice(1);
  return {
    sequence: next.map((packet, i) => ((packet.sequence - packets[i]!.sequence) << 16) >> 16),
    timestamp: next.map((packet, i) => (packet.timestamp - packets[i]!.timestamp) | 0),
  };
}
