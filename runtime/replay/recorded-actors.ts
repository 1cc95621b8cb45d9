import type { AnyActorRef, AnyStateMachine } from 'xstate';
import {
  bindCallActors,
  callActorName,
  type CallActorContracts,
  type CallActorName,
  type CallActorRunner,
  rejectActor,
  resolveActor,
  settledActor,
} from '../flow/actors';

/** An actor of the replayed flow that waits for what the log says came of it. */
export interface WaitingActor {
  readonly id: string;
  /** The name that the flow gave it. */
  readonly src: string;
  readonly callActor: CallActorName | undefined;
  readonly input: unknown;
}

type Running = WaitingActor & { readonly actor: AnyActorRef };

/**
 * In place of all actors of a flow, its own ones too: each starts, does nothing, and ends when it is told to. What own
 * actors would do to the world (a request, a file) has been done, and is not done again.
 */
export class RecordedActors implements CallActorRunner {
  private readonly running: Running[] = [];

  /** The machine with every actor that it names replaced. */
  replace(machine: AnyStateMachine): AnyStateMachine {
    const actors = Object.entries(machine.implementations.actors as Record<string, unknown>)
      .filter(([, logic]) => callActorName(logic) === undefined)
      .map(([name]) => {
        const start = (input: unknown, actor: AnyActorRef): void =>
          this.begin(name, undefined, input, actor);
        return [name, settledActor<unknown, unknown>(start)];
      });
    // The names are the machine's own: its types cannot be known here.
    const implementations = { actors: Object.fromEntries(actors) as object };
    return machine.provide(
      implementations as Parameters<typeof machine.provide>[0],
    ) as AnyStateMachine;
  }

  bind(system: Parameters<typeof bindCallActors>[0]): void {
    bindCallActors(system, this);
  }

  start<N extends CallActorName>(
    name: N,
    input: CallActorContracts[N]['input'],
    actor: AnyActorRef,
  ): void {
    const { src } = actor as { readonly src?: unknown };
    this.begin(typeof src === 'string' ? src : name, name, input, actor);
  }

  leave(actor: AnyActorRef): void {
    const at = this.running.findIndex((each) => each.actor === actor);
    if (at >= 0) this.running.splice(at, 1);
  }

  get waiting(): readonly WaitingActor[] {
    return this.running;
  }

  /** The actor that an end in the log is of: the one with its id, else the only one of its name. */
  find(id: string, src: string | undefined): WaitingActor | undefined {
    const same = this.running.find((each) => each.id === id);
    if (same !== undefined && (src === undefined || same.src === src)) return same;
    return this.running.find((each) => each.src === src);
  }

  resolve(waiting: WaitingActor, outcome: unknown): void {
    const actor = this.take(waiting);
    if (actor !== undefined) resolveActor(actor, outcome);
  }

  reject(waiting: WaitingActor, error: Error): void {
    const actor = this.take(waiting);
    if (actor !== undefined) rejectActor(actor, error);
  }

  private take(waiting: WaitingActor): AnyActorRef | undefined {
    const actor = this.running.find((each) => each === waiting)?.actor;
    if (actor !== undefined) this.leave(actor);
    return actor;
  }

  private begin(
    src: string,
    callActor: CallActorName | undefined,
    input: unknown,
    actor: AnyActorRef,
  ): void {
    this.running.push({ id: actor.id, src, callActor, input, actor });
  }
}
