import { createActor } from 'xstate';
import type { Actor, AnyActorRef, AnyStateMachine, EventObject } from 'xstate';
import { knownInfo } from '../call/info';
import type { CallControl, CallEnd, CallEvent, CallInfo } from '../call/port';
import type { Clock, TimerHandle } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { Prompt } from '../prompt/port';
import type { MachineResult } from '../media/port';
import { bindCallActors } from './actors';
import { FlowLogWriter, type FlowLog } from './flow-log';
import { steppedMachine, withFlowTime } from './flow-time';
import type { FindFlow } from './inner-flow';
import { LiveActors } from './live-actors';
import { PromptPlayback } from './prompt-playback';
import { stateName } from './state-name';
import type { MediaStreams } from '../stream/port';
import type { WebClient } from '../web/port';

/** The machine's input. */
export interface FlowInput {
  readonly call: CallInfo;
  /** What a call that was placed into the flow was given. */
  readonly input?: unknown;
  /** Who has answered a call that was placed with `machineDetection`. */
  readonly answeredBy?: MachineResult;
}

/** Where a call's way through its flow is written down. */
export interface FlowRecord {
  /** The machine is in another state; `time` in milliseconds since the epoch. */
  state(name: string, time: number): void;
}

/** Durations are milliseconds. */
export interface RunFlowOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly record: FlowRecord;
  /** Gets the log of the call when the flow has ended; which flow it was stands in it. None is kept when absent. */
  readonly log?:
    | {
        readonly flow: FlowLog['flow'];
        onLog(log: FlowLog): void;
      }
    | undefined;
  /** For the machine, beside the call. */
  readonly input?: unknown;
  readonly answeredBy?: MachineResult | undefined;
  /** Deletes a recording that was too short to keep. */
  readonly removeFile: (path: string) => Promise<void>;
  /** Asks web servers; without it `webhook` and documents are not available. */
  readonly web?: WebClient | undefined;
  /** Keys that `webhook` signs with; without any it does not. */
  readonly signingKeys?: readonly string[] | undefined;
  /** Without it `stream` is not available. */
  readonly streams?: MediaStreams | undefined;
  /** Flows for other legs of the call; without it there are none. */
  readonly findFlow?: FindFlow | undefined;
  /** A final state leaves the call as it is; false. */
  readonly keepCall?: boolean;
  /** Told of the system that the flow will run in, for actors that are not the flow layer's. */
  readonly onSystem?: ((system: object, call: CallControl) => void) | undefined;
  /** What the caller hears when the flow fails, in the language of the call; nothing when absent. */
  readonly apology?: Prompt | ((language: string | undefined) => Prompt | undefined);
  /** How long the apology may take, the voice included; 15 000. */
  readonly apologyTimeout?: number;
  /** How long a flow may go on after its call is over; 5 000. */
  readonly settleTimeout?: number | undefined;
  /** Calls are hung up after so long, so that a flow that is stuck keeps none for ever; 4 hours. */
  readonly maxCallDuration?: number;
}

/** How a flow came to its end. */
export interface FlowResult {
  /**
   * `final`: it reached a final state. `left`: its call ended first. `failed`: it threw, or an actor of it did.
   * `replaced`: its call was given to another flow.
   */
  readonly type: 'final' | 'left' | 'failed' | 'replaced';
  /** What the machine's final state gives. */
  readonly output?: unknown;
  /** Where it was last. */
  readonly state: string;
  /** False when it still did something `settleTimeout` after its call had ended. */
  readonly settled: boolean;
  /** With `failed`. */
  readonly error?: unknown;
}

/** A flow with its call. */
export interface FlowRun {
  /** Resolves when the flow is stopped and its call is over, or has another flow; never rejects. */
  readonly done: Promise<FlowResult>;
  /** Ends the flow, and leaves the call as it is for another one. False when the flow, or the call, is over already. */
  release(): boolean;
  /** Sends the machine an event from outside; false when it has no use for it now. */
  send(event: EventObject): boolean;
}

/**
 * Runs a call through a flow, from the INVITE to its end: the call actors work on `call`, the machine
 * gets the call's events, a final state hangs up. Whatever the flow does wrong costs this call at most.
 *
 * @param flow an XState machine, as {@link loadFlows} returns it.
 */
export function runFlow(
  flow: AnyStateMachine,
  call: CallControl,
  options: RunFlowOptions,
): FlowRun {
  return new RunningFlow(flow, call, options);
}

class RunningFlow implements FlowRun {
  readonly done: Promise<FlowResult>;
  private readonly actors: LiveActors;
  private readonly actor: Actor<AnyStateMachine>;
  private log: FlowLogWriter | undefined;
  private readonly stopEvents: () => void;
  private forgetEnd: () => void = () => undefined;
  private readonly callTimer: TimerHandle;
  private resolve: (result: FlowResult) => void = () => undefined;
  private settleTimer: TimerHandle | undefined;
  private state = '';
  private result: FlowResult | undefined;
  private callOver = false;

  constructor(
    flow: AnyStateMachine,
    private readonly call: CallControl,
    private readonly options: RunFlowOptions,
  ) {
    const { clock, logger } = options;
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.actors = new LiveActors(
      call,
      options,
      () => this.checkSettledSoon(),
      (event) => this.deliver(event),
    );
    const input = inputOf(call.info, options);
    const { actors } = this;
    this.log =
      options.log === undefined
        ? undefined
        : new FlowLogWriter({
            now: () => clock.now(),
            isSensitive: (id) => actors.isSensitive(id),
          });
    this.actor = this.step(() =>
      createActor(this.log?.watch(flow) ?? steppedMachine(flow, (work) => this.step(work)), {
        input,
        clock,
        logger: (...values: unknown[]) => logger.info({ call: call.info.id }, values.join(' ')),
      }),
    );
    bindCallActors(this.actor.system, this.actors);
    options.onSystem?.(this.actor.system as object, call);
    this.actor.subscribe(this);
    this.callTimer = clock.setTimeout(
      () => this.tooLong(),
      options.maxCallDuration ?? 4 * 3_600_000,
    );
    this.stopEvents = call.onEvent((event) => this.deliver(event));
    this.step(() => this.actor.start());
    const forgetEnd = call.onEnd((end) => this.callEnded(end));
    // A flow may be over with its first state.
    if (this.callOver) forgetEnd();
    else this.forgetEnd = forgetEnd;
  }

  release(): boolean {
    if (this.callOver || this.result !== undefined) return false;
    const { state } = this;
    this.result = { type: 'replaced', state, settled: true };
    this.forgetEnd();
    this.stopEvents();
    this.options.clock.clearTimeout(this.callTimer);
    // Its actors stop as where a state is left: what they play is silent before this returns.
    this.actor.stop();
    this.actors.stop();
    this.writeLog(this.result);
    this.resolve(this.result);
    return true;
  }

  send(event: EventObject): boolean {
    // XState's own: an actor's end, or the machine's, is nobody's to make up.
    if (event.type.startsWith('xstate.')) return false;
    if (this.result !== undefined || !this.actor.getSnapshot().can(event)) return false;
    this.actor.send(event);
    return true;
  }

  /** With the call's time as `now()`. */
  private step<T>(work: () => T): T {
    return this.log === undefined
      ? withFlowTime(() => this.options.clock.now(), work)
      : this.log.step(work);
  }

  /** A `dtmf` that the machine has no use for now is not taken, and so waits for the next gather. */
  private deliver(event: CallEvent): boolean {
    if (this.result !== undefined) return false;
    if (event.type === 'dtmf' && !this.actor.getSnapshot().can(event)) return false;
    this.actor.send(event);
    return true;
  }

  /** XState's observer: the machine has taken a step. */
  next(snapshot: unknown): void {
    const name = stateName(snapshot);
    if (name !== this.state) {
      this.state = name;
      this.log?.state(name);
      this.options.record.state(name, this.options.clock.now());
    }
    if (this.callOver) this.checkSettledSoon();
  }

  /** The caller is gone: the machine hears of it first, then whatever it still waits for resolves. */
  private callEnded(end: CallEnd): void {
    this.callOver = true;
    this.stopEvents();
    this.options.clock.clearTimeout(this.callTimer);
    if (this.result === undefined) {
      this.actor.send({ type: 'call.ended', by: end.by, cause: end.cause });
      // Most flows are over with it, and need no check and no timer.
      if (this.result === undefined) {
        this.actors.stop();
        this.checkSettledSoon();
      }
    }
    this.finish();
  }

  /** Not while the machine is in the middle of a transition. */
  private checkSettledSoon(): void {
    queueMicrotask(() => {
      if (!this.callOver || this.result !== undefined) return;
      if (!this.isBusy(this.actor)) this.stop(true);
      else this.settleTimer ??= this.limitSettling();
    });
  }

  private limitSettling(): TimerHandle {
    const { clock, settleTimeout } = this.options;
    return clock.setTimeout(() => this.stop(false), settleTimeout ?? 5_000);
  }

  /** Whether anything runs in there that can still end by itself. */
  private isBusy(actor: AnyActorRef): boolean {
    const snapshot: unknown = actor.getSnapshot();
    if (typeof snapshot !== 'object' || snapshot === null) return false;
    if ('status' in snapshot && snapshot.status !== 'active') return false;
    if (!('children' in snapshot) || !isRecord(snapshot.children)) {
      return actor !== this.actor && !this.actors.isParked(actor);
    }
    return Object.values(snapshot.children).some((child) => isActor(child) && this.isBusy(child));
  }

  private stop(settled: boolean): void {
    if (!settled) {
      this.options.logger.warn(
        { call: this.call.info.id, state: this.state },
        'the flow was stopped: it went on after its call had ended',
      );
    }
    const { state } = this;
    this.over({ type: 'left', state, settled });
    this.actor.stop();
  }

  private over(result: FlowResult): void {
    if (this.result !== undefined) return;
    this.result = result;
    this.options.clock.clearTimeout(this.settleTimer);
    this.actors.stop();
    if (!this.callOver && result.type !== 'failed') {
      if (this.options.keepCall === true) this.leaveCall();
      else this.call.hangup();
    }
    this.finish();
  }

  /** The call goes on without this flow. */
  private leaveCall(): void {
    this.callOver = true;
    this.forgetEnd();
    this.stopEvents();
    this.options.clock.clearTimeout(this.callTimer);
  }

  private finish(): void {
    if (this.result === undefined || !this.callOver) return;
    this.writeLog(this.result);
    this.resolve(this.result);
  }

  private writeLog({ type, state, error }: FlowResult): void {
    const { call, options, log } = this;
    if (log === undefined || options.log === undefined) return;
    this.log = undefined;
    const result = { type, state, ...(error === undefined ? {} : { error }) };
    const input = inputOf(knownInfo(call.info), options);
    options.log.onLog(log.finish({ call: call.info.id, flow: options.log.flow, input, result }));
  }

  /** XState's observer: the machine is in a final state. */
  complete(): void {
    const { output } = this.actor.getSnapshot() as { readonly output?: unknown };
    this.over({
      ...{ type: 'final', state: this.state, settled: true },
      ...(output === undefined ? {} : { output }),
    });
  }

  /** XState's observer: an action threw, or an actor failed. */
  error(error: unknown): void {
    const { call, options, state } = this;
    const message = describeError(error);
    const code = error instanceof CallchartError ? error.code : 'CALLCHART_FLOW_FAILED';
    // An app that is down is no defect of ours: nobody needs the stack.
    const appFailed = code === 'CALLCHART_DOCUMENT_FAILED';
    options.logger.error(
      { call: call.info.id, state, code, ...(appFailed ? {} : { err: error }) },
      `the flow failed: ${message}`,
    );
    call.note({ type: 'error', code, message, state });
    this.stopChildren();
    this.over({ type: 'failed', state, settled: true, error });
    if (!this.callOver) this.apologise(appFailed ? 'No document' : 'Flow error');
  }

  /**
   * XState 5 leaves the actors of a machine that failed running: tickers tick, requests wait. Its own stop
   * event is the one way to end an actor from outside that is not the root.
   */
  private stopChildren(): void {
    const snapshot: unknown = this.actor.getSnapshot();
    if (!isRecord(snapshot) || !isRecord(snapshot['children'])) return;
    for (const child of Object.values(snapshot['children'])) {
      if (isActor(child)) child.send({ type: 'xstate.stop' });
    }
  }

  private apologise(reason: string): void {
    const { call, options } = this;
    const hangUp = (): void => {
      if (call.state !== 'ended') call.terminate('flow-error', 500, reason);
    };
    const { apology: given } = options;
    const apology = typeof given === 'function' ? given(call.language) : given;
    if (apology === undefined) {
      hangUp();
      return;
    }
    const end = (): void => {
      options.clock.clearTimeout(timer);
      playback.stop();
      hangUp();
    };
    const timer = options.clock.setTimeout(end, options.apologyTimeout ?? 15_000);
    const playback = new PromptPlayback(call, apology, {}, end);
    call.onEnd(end);
  }

  private tooLong(): void {
    const { call, options, state } = this;
    options.logger.warn({ call: call.info.id, state }, 'the call was hung up: maxCallDuration');
    call.note({
      type: 'error',
      code: 'CALLCHART_CALL_TOO_LONG',
      message: 'the call lasted for maxCallDuration and was hung up',
      state,
    });
    call.terminate('max-duration', 480, 'Call too long');
  }
}

function inputOf(call: CallInfo, { input, answeredBy }: RunFlowOptions): FlowInput {
  return {
    call,
    ...(input === undefined ? {} : { input }),
    ...(answeredBy === undefined ? {} : { answeredBy }),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isActor(value: unknown): value is AnyActorRef {
  return isRecord(value) && typeof value['getSnapshot'] === 'function';
}
