import type { Flow } from '../flow/load';
import type { PromptLibrary } from '../prompt/port';

/** What a flow is for those who run it. */
export type RunnableFlow = Pick<Flow, 'name' | 'version' | 'machine'>;

/** What a call was given to. */
export interface FlowAssignment {
  readonly flow: RunnableFlow;
  readonly prompts: PromptLibrary;
  /** For the machine. */
  readonly input?: unknown;
  /** The call has it no more. Idempotent. */
  readonly end: () => void;
}
