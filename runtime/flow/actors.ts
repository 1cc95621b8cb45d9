import { fromPromise } from 'xstate';
import type { ActorSystem, ActorSystemInfo, AnyActorRef, PromiseActorLogic } from 'xstate';
import { CallchartError } from '../core/errors';
import type {
  AnswerInput,
  AnswerOutcome,
  EchoInput,
  EchoOutcome,
  GatherInput,
  GatherOutcome,
  HangupInput,
  HangupOutcome,
  PauseInput,
  PauseOutcome,
  PlayInput,
  PlayOutcome,
  RecordInput,
  RecordOutcome,
  RedirectInput,
  RejectInput,
  RingInput,
  RingOutcome,
  SendDigitsInput,
  SendDigitsOutcome,
  TransferInput,
  TransferOutcome,
} from './outcomes';

/** Each call actor with what it is given and what comes of it. */
export interface CallActorContracts {
  readonly answer: { readonly input: AnswerInput | undefined; readonly outcome: AnswerOutcome };
  readonly ring: { readonly input: RingInput | undefined; readonly outcome: RingOutcome };
  readonly play: { readonly input: PlayInput; readonly outcome: PlayOutcome };
  readonly gather: { readonly input: GatherInput; readonly outcome: GatherOutcome };
  readonly record: { readonly input: RecordInput | undefined; readonly outcome: RecordOutcome };
  readonly pause: { readonly input: PauseInput; readonly outcome: PauseOutcome };
  readonly sendDigits: { readonly input: SendDigitsInput; readonly outcome: SendDigitsOutcome };
  readonly hangup: { readonly input: HangupInput | undefined; readonly outcome: HangupOutcome };
  readonly reject: { readonly input: RejectInput | undefined; readonly outcome: HangupOutcome };
  readonly redirect: { readonly input: RedirectInput; readonly outcome: HangupOutcome };
  readonly transfer: { readonly input: TransferInput; readonly outcome: TransferOutcome };
  readonly echo: { readonly input: EchoInput | undefined; readonly outcome: EchoOutcome };
}

export type CallActorName = keyof CallActorContracts;

/** What runs the call actors of one call: the live call, or a simulated one. */
export interface CallActorRunner {
  /**
   * Runs one actor. `signal` aborts when the state that invoked it is left; `actor` is the XState actor.
   * Rejects when what it needs is broken: the flow's `onError` gets it.
   */
  run<N extends CallActorName>(
    name: N,
    input: CallActorContracts[N]['input'],
    signal: AbortSignal,
    actor: AnyActorRef,
  ): Promise<CallActorContracts[N]['outcome']>;
}

/**
 * An XState system is one running flow with all its children, so the call that it belongs to is written on
 * it. The symbol is a registered one because a flow may resolve 'callchart' to another copy of the package
 * than the one that serves it (a global command and a project's own, or dist and sources).
 */
const runnerKey = Symbol.for('callchart.flow.runner');

type System = ActorSystem<ActorSystemInfo> & { [runnerKey]?: CallActorRunner };

/** Makes `runner` run the call actors of a flow: call it between `createActor` and `start`. */
export function bindCallActors(system: System, runner: CallActorRunner): void {
  system[runnerKey] = runner;
}

function runnerOf(system: System): CallActorRunner | undefined {
  return system[runnerKey];
}

/** A call actor as XState knows it; a flow's tests may provide any promise actor with this outcome. */
export type CallActorLogic<N extends CallActorName> = PromiseActorLogic<
  CallActorContracts[N]['outcome'],
  CallActorContracts[N]['input']
>;

function contract<N extends CallActorName>(name: N): CallActorLogic<N> {
  const logic = fromPromise<CallActorContracts[N]['outcome'], CallActorContracts[N]['input']>(
    ({ input, signal, system, self }) => {
      const runner = runnerOf(system);
      if (runner !== undefined) return runner.run(name, input, signal, self);
      return Promise.reject(
        new CallchartError(
          'CALLCHART_ACTOR_NOT_PROVIDED',
          `the call actor '${name}' needs a call: serve the flow with callchart, or provide an actor of your own with machine.provide({ actors: { ${name} } })`,
        ),
      );
    },
  );
  // Its name is for those who look at a flow from outside: see callActorName.
  return Object.assign(logic, { callActor: name });
}

/**
 * What a flow can do with its call, for `setup({ actors: callActors })`. Outside a call each of them
 * rejects with `CALLCHART_ACTOR_NOT_PROVIDED`; leaving the state that invoked one stops what it does.
 */
export const callActors = {
  /** Answers the call. Rarely needed: the first actor that needs media answers. */
  answer: contract('answer'),
  /** Lets the caller's phone ring (180), or hear early media (183), before the answer. */
  ring: contract('ring'),
  /** Plays a prompt. */
  play: contract('play'),
  /** Asks for keys; docs/gather.md says its timers exactly. */
  gather: contract('gather'),
  /** Records what the caller says. */
  record: contract('record'),
  /** Waits, and does not answer the call for it. */
  pause: contract('pause'),
  /** Sends DTMF to the caller's side. */
  sendDigits: contract('sendDigits'),
  /** Hangs up, after a prompt if there is one. */
  hangup: contract('hangup'),
  /** Refuses the call before the answer. */
  reject: contract('reject'),
  /** Sends the caller elsewhere before the answer (302). */
  redirect: contract('redirect'),
  /** Asks the caller's phone to call somebody else (blind REFER), and waits how that goes. */
  transfer: contract('transfer'),
  /** Sends the caller's own voice back. */
  echo: contract('echo'),
} as const satisfies { readonly [N in CallActorName]: CallActorLogic<N> };

/** Which call actor some actor logic is, whatever name the flow gave it; undefined for any other. */
export function callActorName(logic: unknown): CallActorName | undefined {
  if (typeof logic !== 'object' || logic === null || !('callActor' in logic)) return undefined;
  const name = logic.callActor;
  return isCallActorName(name) ? name : undefined;
}

export function isCallActorName(name: unknown): name is CallActorName {
  return typeof name === 'string' && Object.hasOwn(callActors, name);
}
