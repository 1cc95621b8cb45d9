import type { NetworkAddress } from '../../core/address';
import type { Clock } from '../../core/clock';
import type { Random } from '../../core/random';
import { trace } from '../../core/trace';
import type { SipMessage } from '../message/message';
import { parseMessage } from '../message/parse';
import type { Connection } from './connection';
import type { TransportLimits } from './options';
import type { Channel } from './port';
import type { StreamListener } from './stream-listener';

/** What the listeners and connections of one layer report to. */
export interface Hub {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  /** Whether anything is taken from this address: asked before it costs more than that. */
  readonly admit: ((remote: NetworkAddress) => boolean) | undefined;
  /** Names a connection that is new (RFC 5626 §3.1). */
  nextFlow(): string;
  onFlowOpened(connection: Connection, listener: StreamListener): void;
  /** @param closing we closed it ourselves, together with its listener. */
  onFlowClosed(connection: Connection, closing: boolean): void;
  /** A datagram, or a message of a WebSocket. The channel leads back to its sender. */
  onBytes(bytes: Uint8Array, channel: ReplyChannel): void;
  /** A message that a stream framer has read. */
  onMessage(message: SipMessage, channel: ReplyChannel): void;
  /** What a stream framer could not read. */
  onMalformed(error: unknown, channel: ReplyChannel): void;
  drop(reason: string, remote: NetworkAddress, detail?: string): void;
}

/** A channel that leads back to the sender of a message, once its Via was read. */
export interface ReplyChannel extends Channel {
  /**
   * @param sentByPort the port in the top Via's sent-by, or the default.
   * @param rport the source port, when the sender asked for it (RFC 3581 §4).
   * @param maddr a literal that responses must go to instead (RFC 3261 §18.2.2).
   * @param sentByHost the host of the sent-by, which a TLS peer would have to prove to be.
   */
  aim(
    sentByPort: number,
    rport: number | undefined,
    maddr: string | undefined,
    sentByHost: string,
  ): void;
}

/** Publishes a message that leaves or has come, if anybody listens. */
export function traceMessage(
  clock: Clock,
  direction: 'in' | 'out',
  channel: Pick<Channel, 'protocol' | 'local' | 'remote'>,
  bytes: Uint8Array,
  message: SipMessage | undefined,
): void {
  if (!trace.sipMessage.active) return;
  const { protocol, local, remote } = channel;
  const callId = message?.headers.get('Call-ID') ?? callIdOf(bytes);
  const time = clock.now();
  trace.sipMessage.publish({ time, direction, protocol, local, remote, callId, bytes });
}

/** Of what is sent again only the octets are kept, so for the trace they are read once more. */
function callIdOf(bytes: Uint8Array): string {
  try {
    return parseMessage(bytes).callId;
  } catch {
    return '';
  }
}
