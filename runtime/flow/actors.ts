import type {
  ActorSystem,
  ActorSystemInfo,
  AnyActorRef,
  PromiseActorLogic,
  PromiseSnapshot,
} from 'xstate';
import { CallchartError } from '../core/errors';
import type { ActorCommand } from './activity';
import type {
  AnswerInput,
  AnswerOutcome,
  ConferenceInput,
  ConferenceOutcome,
  DetectMachineInput,
  DetectMachineOutcome,
  DetectSpeechInput,
  DetectSpeechOutcome,
  DialInput,
  DialOutcome,
  DialQueueInput,
  DialQueueOutcome,
  EchoInput,
  EchoOutcome,
  EnqueueInput,
  EnqueueOutcome,
  GatherInput,
  GatherOutcome,
  HangupInput,
  HangupOutcome,
  ListenInput,
  ListenOutcome,
  PauseInput,
  PauseOutcome,
  PlayInput,
  PlayOutcome,
  RecordCallInput,
  RecordCallOutcome,
  RecordInput,
  RecordOutcome,
  RedirectInput,
  RejectInput,
  RingInput,
  RingOutcome,
  SendDigitsInput,
  SendDigitsOutcome,
  SetLanguageInput,
  SetLanguageOutcome,
  StreamInput,
  StreamOutcome,
  TransferInput,
  TransferOutcome,
  WebhookInput,
  WebhookOutcome,
} from './outcomes';
import type { OutputOf, StandardSchema } from './standard-schema';

/** Each call actor with what it is given and what comes of it. */
export interface CallActorContracts {
  readonly answer: { readonly input: AnswerInput | undefined; readonly outcome: AnswerOutcome };
  readonly ring: { readonly input: RingInput | undefined; readonly outcome: RingOutcome };
  readonly setLanguage: {
    readonly input: SetLanguageInput;
    readonly outcome: SetLanguageOutcome;
  };
  readonly play: { readonly input: PlayInput; readonly outcome: PlayOutcome };
  readonly gather: { readonly input: GatherInput; readonly outcome: GatherOutcome };
  readonly record: { readonly input: RecordInput | undefined; readonly outcome: RecordOutcome };
  readonly recordCall: {
    readonly input: RecordCallInput | undefined;
    readonly outcome: RecordCallOutcome;
  };
  readonly pause: { readonly input: PauseInput; readonly outcome: PauseOutcome };
  readonly sendDigits: { readonly input: SendDigitsInput; readonly outcome: SendDigitsOutcome };
  readonly hangup: { readonly input: HangupInput | undefined; readonly outcome: HangupOutcome };
  readonly reject: { readonly input: RejectInput | undefined; readonly outcome: HangupOutcome };
  readonly redirect: { readonly input: RedirectInput; readonly outcome: HangupOutcome };
  readonly transfer: { readonly input: TransferInput; readonly outcome: TransferOutcome };
  readonly dial: { readonly input: DialInput; readonly outcome: DialOutcome };
  readonly conference: { readonly input: ConferenceInput; readonly outcome: ConferenceOutcome };
  readonly enqueue: { readonly input: EnqueueInput; readonly outcome: EnqueueOutcome };
  readonly dialQueue: { readonly input: DialQueueInput; readonly outcome: DialQueueOutcome };
  readonly detectMachine: {
    readonly input: DetectMachineInput | undefined;
    readonly outcome: DetectMachineOutcome;
  };
  readonly detectSpeech: {
    readonly input: DetectSpeechInput | undefined;
    readonly outcome: DetectSpeechOutcome;
  };
  readonly listen: { readonly input: ListenInput; readonly outcome: ListenOutcome };
  readonly echo: { readonly input: EchoInput | undefined; readonly outcome: EchoOutcome };
  readonly stream: { readonly input: StreamInput; readonly outcome: StreamOutcome };
  readonly webhook: { readonly input: WebhookInput; readonly outcome: WebhookOutcome };
}

export type CallActorName = keyof CallActorContracts;

/** What runs the call actors of one call: the live call, or a simulated one. */
export interface CallActorRunner {
  /**
   * Starts one actor, which is told its end with {@link resolveActor} or {@link rejectActor} after this has
   * returned. It is rejected when what it needs is broken: the flow's `onError` gets that.
   */
  start<N extends CallActorName>(
    name: N,
    input: CallActorContracts[N]['input'],
    actor: AnyActorRef,
  ): void;
  /** The state that invoked the actor was left: what it does ends before this returns. */
  leave(actor: AnyActorRef): void;
  /** The flow has sent the actor something: `sendTo('meeting', { type: 'mute' })`. */
  tell?(actor: AnyActorRef, event: ActorCommand): void;
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

/** The events of XState's own promise actors, so that whoever inspects a flow sees what he knows. */
const resolved = 'xstate.promise.resolve';
const rejected = 'xstate.promise.reject';

/** The actor, one of {@link settledActor}, is done, with this outcome; nothing when it was stopped before. */
export function resolveActor(actor: AnyActorRef, outcome: unknown): void {
  if (isActive(actor)) actor.send({ type: resolved, data: outcome });
}

/** The actor has failed; nothing when it was stopped before. */
export function rejectActor(actor: AnyActorRef, error: unknown): void {
  if (isActive(actor)) actor.send({ type: rejected, data: error });
}

function isActive(actor: AnyActorRef): boolean {
  const { status } = actor.getSnapshot() as PromiseSnapshot<unknown, unknown>;
  return status === 'active';
}

/**
 * A promise actor that ends when {@link resolveActor} or {@link rejectActor} says so: same type, same snapshots as XState's
 * own, also when persisted and restored. It is not made with `fromPromise`, because that costs each actor an
 * AbortController, an entry in a WeakMap and three more turns of the microtask queue, which were 5 % of a call
 * (test/bench/call-path.ts).
 */
export function settledActor<Outcome, Input>(
  start: (input: Input, actor: AnyActorRef) => void,
): PromiseActorLogic<Outcome, Input> {
  type State = PromiseSnapshot<Outcome, Input>;
  return {
    getInitialSnapshot: (_, input): State => ({
      status: 'active',
      output: undefined,
      error: undefined,
      input,
    }),
    start: ({ status, input }, { self }) => {
      // An active one has the input that it was given.
      if (status === 'active') start(input as Input, self);
    },
    transition: (state, event, { self, system }): State => {
      if (state.status !== 'active') return state;
      switch (event.type) {
        case resolved: {
          // Only resolveActor sends it, and whoever calls that knows which outcomes the actor has.
          const output = event['data'] as Outcome;
          return { status: 'done', output, error: undefined, input: undefined };
        }
        case rejected:
          return { status: 'error', output: undefined, error: event['data'], input: undefined };
        case 'xstate.stop':
          runnerOf(system)?.leave(self);
          return { status: 'stopped', output: undefined, error: undefined, input: undefined };
        default:
          runnerOf(system)?.tell?.(self, event);
          return state;
      }
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}

function contract<N extends CallActorName>(name: N): CallActorLogic<N> {
  type Contract = CallActorContracts[N];
  return named(name, settledActor<Contract['outcome'], Contract['input']>(starter(name)));
}

function starter<N extends CallActorName>(
  name: N,
): (input: CallActorContracts[N]['input'], actor: AnyActorRef) => void {
  return (input, actor) => {
    const runner = runnerOf(actor.system as System);
    if (runner !== undefined) runner.start(name, input, actor);
    else queueMicrotask(() => rejectActor(actor, notProvided(name)));
  };
}

/** Its name is for those who look at a flow from outside: see {@link callActorName}. */
function named<L extends object>(name: CallActorName, logic: L): L {
  return Object.assign(logic, { callActor: name });
}

/**
 * The actor `webhook` with a schema of its own, which types its outcome: `data` is what the schema gives.
 *
 * ```ts
 * const lookUp = webhookOf(z.object({ name: z.string() }));
 * setup({ actors: { ...callActors, lookUp } })
 * ```
 */
export function webhookOf<S extends StandardSchema>(
  schema: S,
): PromiseActorLogic<WebhookOutcome<OutputOf<S>>, Omit<WebhookInput, 'schema'>> {
  const start = starter('webhook');
  return named(
    'webhook',
    settledActor<WebhookOutcome<OutputOf<S>>, Omit<WebhookInput, 'schema'>>((input, actor) =>
      start({ ...input, schema }, actor),
    ),
  );
}

function notProvided(name: CallActorName): CallchartError {
  return new CallchartError(
    'CALLCHART_ACTOR_NOT_PROVIDED',
    `the call actor '${name}' needs a call: serve the flow with callchart, or provide an actor of your own with machine.provide({ actors: { ${name} } })`,
  );
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
  /** Chooses the language of all prompts from now on. */
  setLanguage: contract('setLanguage'),
  /** Plays a prompt. */
  play: contract('play'),
  /** Asks for keys; docs/gather.md says its timers exactly. */
  gather: contract('gather'),
  /** Records what the caller says. */
  record: contract('record'),
  /** Records both sides of the call, beside all else that goes on, until its state is left. */
  recordCall: contract('recordCall'),
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
  /** Calls somebody else, and lets both talk; the flow goes on when the callee has gone. */
  dial: contract('dial'),
  /** Lets the caller talk with all others who are in the conference of this name. */
  conference: contract('conference'),
  /** Waits in a queue until somebody serves the caller, and both have talked. */
  enqueue: contract('enqueue'),
  /** Talks with the next who waits in a queue, or waits for somebody to come. */
  dialQueue: contract('dialQueue'),
  /** Finds out whether a human, a machine or a fax has answered. */
  detectMachine: contract('detectMachine'),
  /** Waits until the caller has said something. */
  detectSpeech: contract('detectSpeech'),
  /** Tells the machine of speech and tones, beside all else that goes on, until its state is left. */
  listen: contract('listen'),
  /** Sends the caller's own voice back. */
  echo: contract('echo'),
  /** Streams the call's audio to an app over a WebSocket, which may answer with its own. */
  stream: contract('stream'),
  /** Asks a web app, in JSON. */
  webhook: contract('webhook'),
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
