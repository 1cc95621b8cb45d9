import type { AnyActorRef } from 'xstate';
import type { CallControl } from '../call/port';
import { CallchartError } from '../core/errors';
import { Activity } from './activity';
import { delay } from './actor-scope';
import type { LiveActorServices, ActorScope } from './actor-scope';
import type { CallActorContracts, CallActorName, CallActorRunner } from './actors';
import { checkInput } from './input-check';
import { runEcho, runGather, runPlay, runRing } from './live-media';
import { runRecord } from './live-record';
import { runHangup, runRedirect, runReject, runSendDigits, runTransfer } from './live-signalling';

type Implementations = {
  readonly [N in CallActorName]: (
    scope: ActorScope,
    input: CallActorContracts[N]['input'],
  ) => Promise<CallActorContracts[N]['outcome']>;
};

const implementations: Implementations = {
  answer: async ({ call, activity }) => {
    await activity.until(call.answer());
    return { type: 'answered' };
  },
  pause: async (scope, input) => {
    await delay(scope, input.duration);
    return { type: 'paused' };
  },
  ring: runRing,
  play: runPlay,
  gather: runGather,
  record: runRecord,
  echo: runEcho,
  sendDigits: runSendDigits,
  hangup: runHangup,
  reject: runReject,
  redirect: runRedirect,
  transfer: runTransfer,
};

/**
 * Runs the call actors of one call on its {@link CallControl}. An actor whose state is left stops its
 * media at once. When the call is over, those that still run resolve with `{ type: 'hangup' }`, and those
 * that the flow invokes from then on never settle: they are parked.
 */
export class LiveActors implements CallActorRunner {
  private readonly running = new Set<Activity>();
  private readonly parked: AnyActorRef[] = [];

  /** @param onParked called when an actor was invoked after the end of the call. */
  constructor(
    private readonly call: CallControl,
    private readonly services: LiveActorServices,
    private readonly onParked: () => void = () => undefined,
  ) {}

  async run<N extends CallActorName>(
    name: N,
    input: CallActorContracts[N]['input'],
    signal: AbortSignal,
    actor: AnyActorRef,
  ): Promise<CallActorContracts[N]['outcome']> {
    if (this.call.state === 'ended') return this.park(actor);
    const problem = checkInput(name, input);
    if (problem !== undefined) {
      throw new CallchartError('CALLCHART_FLOW_INPUT', `${name}: ${problem}`);
    }
    const activity = new Activity(signal);
    this.running.add(activity);
    try {
      const { call, services } = this;
      const { clock } = services;
      return await implementations[name](
        { call, clock, activity, removeFile: (path) => services.removeFile(path) },
        input,
      );
    } catch (error) {
      if (activity.reason === 'ended' || isCallEnded(error)) return { type: 'hangup' };
      throw error;
    } finally {
      this.running.delete(activity);
      activity.close();
    }
  }

  /** The call is over, or the flow is: every actor that runs stops. */
  stop(): void {
    for (const activity of [...this.running]) activity.stop('ended');
  }

  /** Whether an actor was invoked after the end of the call and so will never settle. */
  isParked(actor: AnyActorRef): boolean {
    return this.parked.includes(actor);
  }

  private park(actor: AnyActorRef): Promise<never> {
    this.parked.push(actor);
    this.onParked();
    return new Promise(() => undefined);
  }
}

/** The call may be gone before it has told so. */
function isCallEnded(error: unknown): boolean {
  return error instanceof CallchartError && error.code === 'CALLCHART_CALL_ENDED';
}
