import type { RtpSender } from '../rtp/sender';

export declare class EventSender {
  constructor(rtp: RtpSender);
  /** Whether anything is being sent or waits. */
  readonly busy: boolean;
  /** Adds digits (others than 0-9*#A-D are skipped); `duration` and `gap` in milliseconds. */
  press(digits: string, duration: number, gap: number): void;
  /**
   * Call once a tick, before `rtp.advance(tick)`. `tick` in clock units (160). Returns the packet's size,
   * 0 in a gap (send audio or nothing then). When {@link busy} turns false, all digits have gone out.
   */
  poll(target: Uint8Array, payloadType: number, tick: number): number;
  /** Forgets digits not begun and ends the one that sounds. */
  cancel(): void;
}
