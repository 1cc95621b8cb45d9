import type { RtpPacket } from '../rtp/packet';

/** Gets what {@link EventReceiver} makes of the packets. Durations are milliseconds. */
export interface EventReceiverHandler {
  /** Once a press, at its first packet; `duration` is how long the key had been down by then. */
  onDigit(digit: string, duration: number): void;
  /** Once a press, when its end is known or inferred, with the whole duration. */
  onRelease(digit: string, duration: number): void;
}

/** What became of a packet; all but `press`, `update` and `end` are counted drops. */
export type EventVerdict =
  'press' | 'update' | 'end' | 'event-stale' | 'event-malformed' | 'event-unknown';

export declare class EventReceiver {
  constructor(handler: EventReceiverHandler, clockRate?: number);
  readonly presses: number;
  /** The key that is down now. */
  readonly pressed: string | undefined;
  /** An event packet (its payload type says so). `now` in milliseconds. */
  receive(packet: RtpPacket, now: number): EventVerdict;
  /** Call each tick: a press whose end packets were lost is released. */
  poll(now: number): void;
  /** A new source (SSRC): its timestamps have nothing to do with the former ones. */
  reset(clockRate?: number): void;
}
