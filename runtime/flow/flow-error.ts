import { CallchartError } from '../core/errors';

/** One thing that is wrong with a flow file. */
export interface FlowProblem {
  readonly file: string;
  /** Where in the machine, as `menu` or `message.greeting`. */
  readonly state?: string;
  /** What is wrong, as one sentence. */
  readonly message: string;
  /** What to do about it; '' when the message says so. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** A flow that cannot be served. `message` names file, state and remedy in one line. */
export class FlowError extends CallchartError {
  readonly file: string;
  readonly state: string | undefined;
  readonly problem: string;
  readonly remedy: string;

  constructor({ file, state, message, remedy, cause }: FlowProblem) {
    const where = state === undefined ? file : `${file}, state '${state}'`;
    super('CALLCHART_FLOW_INVALID', `${where}: ${[message, remedy].filter(Boolean).join(' ')}`, {
      cause,
    });
    this.file = file;
    this.state = state;
    this.problem = message;
    this.remedy = remedy;
  }
}

/** All that is wrong with all flows, for those who refuse to start with it. */
export class FlowsError extends CallchartError {
  constructor(readonly problems: readonly FlowError[]) {
    super('CALLCHART_FLOWS_INVALID', problems.map(({ message }) => message).join('\n'));
  }
}
