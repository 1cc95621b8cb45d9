import type { AnyStateMachine } from 'xstate';
import type { Calls } from '../call/calls';
import type { NotAnswered, OriginateOptions } from '../call/originate';
import type { CallFlow } from '../call/services';
import type { CallControl } from '../call/port';
import type { MachineOptions, MachineResult } from '../media/port';
import { runFlow } from './run-flow';
import type { FlowResult, RunFlowOptions } from './run-flow';

/** What came of a call that was placed into a flow. */
export type OriginateResult =
  /** Somebody answered, the flow has come to its end, and the call is over. */
  | {
      readonly type: 'answered';
      readonly flow: FlowResult;
      /** Milliseconds. */
      readonly talkTime: number;
      readonly endedBy: 'callee' | 'flow' | 'system';
      /** With `machineDetection`: who that was. */
      readonly answeredBy?: MachineResult;
    }
  | NotAnswered;

export interface Originated {
  /** Callchart's own id of the call. */
  readonly id: string;
  /** Rejects when the configuration is broken, as for a trunk that does not exist. */
  readonly done: Promise<OriginateResult>;
}

/**
 * Places a call, and runs a flow on it once it is answered: the machine's input is `{ call, input }`.
 *
 */
export function originate(
  calls: Calls,
  flow: CallFlow & { readonly machine: AnyStateMachine },
  options: OriginateOptions,
  run: Omit<RunFlowOptions, 'record'>,
): Originated {
  const { call, outcome } = calls.place(options, flow);
  const through = async (): Promise<OriginateResult> => {
    try {
      const result = await outcome;
      if (result.type !== 'answered') return result;
      const { machineDetection } = options;
      const answeredBy =
        machineDetection === undefined ? undefined : await answerer(call, machineDetection);
      const running = runFlow(flow.machine, call, {
        ...run,
        answeredBy,
        record: { state: (name) => call.enteredState(name) },
      });
      const since = run.clock.now();
      let until = since;
      const stop = call.onEnd(() => {
        until = run.clock.now();
      });
      const flowResult = await running.done;
      stop();
      const by = call.end?.by ?? 'system';
      return {
        type: 'answered',
        flow: flowResult,
        talkTime: until - since,
        // Whoever was called is the other end here.
        endedBy: by === 'caller' ? 'callee' : by,
        ...(answeredBy === undefined ? {} : { answeredBy }),
      };
    } finally {
      call.release();
    }
  };
  return { id: call.info.id, done: through() };
}

/** Who has answered; not known when the call ends first. */
async function answerer(call: CallControl, options: MachineOptions): Promise<MachineResult> {
  try {
    const detection = await call.detectMachine?.(options);
    if (detection !== undefined) return await detection.done;
  } catch (error) {
    if (call.state !== 'ended') throw error;
  }
  return { type: 'unknown', reason: 'ended', decidedAt: 0 };
}
