import { CallchartError } from '../core/errors';

/** A simulated call that could not go on as its script says, or as no call may. */
export class SimulationError extends CallchartError {
  /** The call until then, as one reads it. */
  readonly transcript: string;

  /** @param problem what was waited for, and what came instead, as sentences */
  constructor(problem: string, transcript: string, cause?: unknown) {
    const text = transcript === '' ? problem : `${problem}\n\nThe call until then:\n${transcript}`;
    super('CALLCHART_SIMULATION', text, cause === undefined ? {} : { cause });
    this.transcript = transcript;
  }
}
