import type { AnyActorRef } from 'xstate';
import type { CallControl, CallEvent } from '../call/port';
import { CallchartError } from '../core/errors';
import { Activity, type ActorCommand } from './activity';
import { delay } from './actor-scope';
import type { LiveActorServices, ActorScope } from './actor-scope';
import { rejectActor, resolveActor } from './actors';
import type { CallActorContracts, CallActorName, CallActorRunner } from './actors';
import { checkInput } from './input-check';
import { runConference } from './live-conference';
import type { GatherInput } from './outcomes';
import { runDetectMachine, runDetectSpeech, runListen } from './live-detect';
import { runDial } from './live-dial';
import { runDialQueue, runEnqueue } from './live-queue';
import { runEcho, runGather, runPlay, runRing } from './live-media';
import { runRecord } from './live-record';
import { runRecordCall } from './live-record-call';
import { runStream } from './live-stream';
import { runHangup, runRedirect, runReject, runSendDigits, runTransfer } from './live-signalling';
import { runWebhook } from './live-webhook';

type Implementations = {
  readonly [N in CallActorName]: (
    scope: ActorScope,
    input: CallActorContracts[N]['input'],
  ) => Promise<CallActorContracts[N]['outcome']>;
};

const implementations: Implementations = {
  answer: async ({ call, activity }, input) => {
    await activity.until(call.answer(input));
    return { type: 'answered' };
  },
  pause: async (scope, input) => {
    await delay(scope, input.duration);
    return { type: 'paused' };
  },
  setLanguage: ({ call }, { language }) => {
    if (call.setLanguage === undefined) {
      throw new CallchartError('CALLCHART_NO_LANGUAGE', 'this call has one language only');
    }
    call.setLanguage(language);
    return Promise.resolve({ type: 'set' });
  },
  ring: runRing,
  play: runPlay,
  gather: runGather,
  record: runRecord,
  recordCall: runRecordCall,
  detectMachine: runDetectMachine,
  detectSpeech: runDetectSpeech,
  listen: runListen,
  echo: runEcho,
  stream: runStream,
  webhook: runWebhook,
  sendDigits: runSendDigits,
  hangup: runHangup,
  reject: runReject,
  redirect: runRedirect,
  transfer: runTransfer,
  dial: runDial,
  conference: runConference,
  enqueue: runEnqueue,
  dialQueue: runDialQueue,
};

/**
 * Runs the call actors of one call on its {@link CallControl}. An actor whose state is left stops its
 * media at once. When the call is over, those that still run resolve with `{ type: 'hangup' }`, and those
 * that the flow invokes from then on never settle: they are parked.
 */
export class LiveActors implements CallActorRunner {
  /** Few at a time, so that looking through them is quicker than a Map is made. */
  private readonly running: Activity[] = [];
  private parked: AnyActorRef[] | undefined;
  /** Ids of gathers whose digits are secret; the last one of each id counts. */
  private sensitive: Set<string> | undefined;

  /**
   * @param onQuiet called when, after the end of the call, an actor was invoked, which is parked, or has ended.
   * @param emit tells the flow's machine of something; whether it took it.
   */
  constructor(
    private readonly call: CallControl,
    private readonly services: LiveActorServices,
    private readonly onQuiet: () => void = () => undefined,
    private readonly emit: (event: CallEvent) => boolean = () => false,
  ) {}

  start<N extends CallActorName>(
    name: N,
    input: CallActorContracts[N]['input'],
    actor: AnyActorRef,
  ): void {
    const { call, services } = this;
    if (call.state === 'ended') {
      (this.parked ??= []).push(actor);
      this.onQuiet();
      return;
    }
    const problem = checkInput(name, input);
    if (problem !== undefined) {
      const error = new CallchartError('CALLCHART_FLOW_INPUT', `${name}: ${problem}`);
      queueMicrotask(() => rejectActor(actor, error));
      return;
    }
    this.markSensitive(actor.id, name === 'gather' && (input as GatherInput).sensitive === true);
    const activity = new Activity(actor);
    this.running.push(activity);
    const { clock, removeFile, web, signingKeys, streams, findFlow } = services;
    const { emit } = this;
    // One literal: a spread makes a slow object for each actor.
    const scope = { call, activity, clock, removeFile, web, signingKeys, streams, findFlow, emit };
    implementations[name](scope, input).then(
      (outcome) => {
        this.close(activity);
        resolveActor(actor, outcome);
        if (call.state === 'ended') this.onQuiet();
      },
      (error: unknown) => {
        this.close(activity);
        if (activity.reason === 'ended' || isCallEnded(error)) {
          resolveActor(actor, { type: 'hangup' });
        } else {
          rejectActor(actor, error);
        }
        // A machine within the flow may rest now, of which the flow itself hears nothing.
        if (call.state === 'ended') this.onQuiet();
      },
    );
  }

  leave(actor: AnyActorRef): void {
    this.running.find((activity) => activity.actor === actor)?.stop('left');
  }

  tell(actor: AnyActorRef, event: ActorCommand): void {
    this.running.find((activity) => activity.actor === actor)?.onEvent?.(event);
  }

  /** The call is over, or the flow is: every actor that runs stops. */
  stop(): void {
    for (const activity of [...this.running]) activity.stop('ended');
  }

  /** Whether an actor was invoked after the end of the call and so will never settle. */
  isParked(actor: AnyActorRef): boolean {
    return this.parked?.includes(actor) === true;
  }

  /** Whether the digits of what the actor of this id has last gathered are secret. */
  isSensitive(id: string): boolean {
    return this.sensitive?.has(id) === true;
  }

  private markSensitive(id: string, sensitive: boolean): void {
    if (sensitive) (this.sensitive ??= new Set()).add(id);
    else this.sensitive?.delete(id);
  }

  private close(activity: Activity): void {
    activity.close();
    this.running.splice(this.running.indexOf(activity), 1);
  }
}

/** The call may be gone before it has told so. */
function isCallEnded(error: unknown): boolean {
  return error instanceof CallchartError && error.code === 'CALLCHART_CALL_ENDED';
}
