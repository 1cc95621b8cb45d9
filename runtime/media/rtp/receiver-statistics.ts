import type { ReportBlock } from './rtcp';

export type SequenceVerdict =
  'first' | 'in-order' | 'reordered' | 'duplicate' | 'restart' | 'suspect';

export declare class ReceiverStatistics {
  constructor(clockRate?: number);
  readonly ssrc: number | undefined;
  readonly received: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** Milliseconds. */
  readonly jitter: number;
  /**
   * Accounts for a packet; `arrival` in milliseconds. `timed` is false for packets whose timestamp is not
   * their sending time (telephone events): they count, but not for jitter.
   */
  update(
    ssrc: number,
    sequence: number,
    timestamp: number,
    arrival: number,
    timed?: boolean,
  ): SequenceVerdict;
  /** Fills a report block and begins the next reporting interval. False while nothing was received. */
  fillReport(block: ReportBlock): boolean;
}
