import type { FlowMessage } from './collection';

/** One of ours, in the place of one of the RFC's. */
export interface Element {
  /** Of its own challenges. */
  readonly realm?: string;
  /** Does what makes it send the next message, where that is not the answer to what it got. */
  act(next: FlowMessage): void;
  /** Ends what the flow leaves as it is. */
  finish(): Promise<void>;
  /** What is open: all zero when it is over. */
  open(): object;
  close(): Promise<void>;
  /** What was logged as an error: nothing. */
  readonly errors: readonly string[];
}
