import type { Calls } from '../call/calls';
import type { NotAnswered, OriginateOptions } from '../call/originate';
import type { CallFlow } from '../call/services';
import type { LiveCall } from '../call/live-call';
import type { CallControl } from '../call/port';
import type { Clock } from '../core/clock';
import type { MachineOptions, MachineResult } from '../media/port';
import type { FlowResult } from './run-flow';

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
  readonly call: LiveCall;
  /** Rejects when the configuration is broken, as for a trunk that does not exist. */
  readonly done: Promise<OriginateResult>;
}

/** What happens with the call once it is answered. */
export interface OriginateRun {
  readonly clock: Clock;
  /** Runs the flow; resolves when it is over. */
  run(call: LiveCall, answeredBy: MachineResult | undefined): Promise<FlowResult>;
}

/** Places a call, and runs a flow on it once it is answered. */
export function originate(
  calls: Calls,
  flow: CallFlow,
  options: OriginateOptions,
  services: OriginateRun,
): Originated {
  const { clock } = services;
  const { call, outcome } = calls.place(options, flow);
  const through = async (): Promise<OriginateResult> => {
    try {
      const result = await outcome;
      if (result.type !== 'answered') return result;
      const { machineDetection } = options;
      const answeredBy =
        machineDetection === undefined ? undefined : await answerer(call, machineDetection);
      const running = services.run(call, answeredBy);
      const since = clock.now();
      let until = since;
      const stop = call.onEnd(() => {
        until = clock.now();
      });
      const flowResult = await running;
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
  return { call, done: through() };
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
