export type PressSource = 'event' | 'info' | 'inband';

export declare class PressFilter {
  /** Whether a report is a press of its own; false when another source reported the same press. */
  accept(source: PressSource, digit: string, now: number): boolean;
}
