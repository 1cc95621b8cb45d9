import type { Random } from '../../core/random';
import type { ReceiverStatistics } from './receiver-statistics';
import type { RtpSender } from './sender';

export type RtcpVerdict = 'ok' | 'rtcp-too-short' | 'rtcp-version' | 'rtcp-length' | 'rtcp-padding';

export interface RtcpSessionOptions {
  readonly random: Random;
  readonly sender: RtpSender;
  readonly receiver: ReceiverStatistics;
  readonly cname: string;
  readonly clockRate?: number;
}

export declare class RtcpSession {
  constructor(options: RtcpSessionOptions);
  /** Milliseconds, from the peer's report blocks; undefined before. */
  readonly roundTrip: number | undefined;
  /** 0 to 1: of ours, what the peer did not get in all. */
  readonly remoteLoss: number | undefined;
  /** The peer said BYE. */
  readonly ended: boolean;
  /** A compound SR or RR with SDES; returns its size (at most {@link MAX_RTCP_SIZE}). */
  writeReport(target: Uint8Array, now: number): number;
  writeBye(target: Uint8Array, now: number, reason?: string): number;
  /** `now` in milliseconds since the epoch. Never throws. */
  receive(bytes: Uint8Array, now: number): RtcpVerdict;
  /** Milliseconds until the next report: set a timer of this after each (also the first). */
  nextDelay(): number;
}
/** Bytes that hold any packet that we write. */
export const MAX_RTCP_SIZE = 576;
