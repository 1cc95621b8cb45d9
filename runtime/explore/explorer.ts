import type {
  AnyActorRef,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
} from 'xstate';
import { callActorName } from '../flow/actors';
import { isMachine } from '../flow/check-machine';
import type { CallActorContracts, CallActorName } from '../flow/actors';
import { mapMachine, nodeName, transitionIndex, transitionKey } from '../flow/machine-map';
import type { MachineMap, TransitionMap } from '../flow/machine-map';
import { ChildMachines } from './child-machines';
import { canFail, endsCall, outcomesAtHangup, outcomesOf } from './call-outcomes';
import { possibleEvents } from './call-events';
import type { Exploration, Happening, HappeningActor, Rest, Step, StepFailure } from './graph';
import { contentKey } from './identity';
import { innerEvents } from './inner-events';
import { inputOf, ownActorKind } from './own-actors';
import { childrenOf, PureMachine } from './pure-machine';
import type { Stepped } from './pure-machine';
import { type Inside, Rests } from './rests';
import { samplesFor } from './samples';
import type { Samples } from './samples';
import { nextTimers, timersAfter } from './timers';
import type { Timer } from './timers';

/** A call that is tried. */
export interface SampleCall {
  /** What the machine is given. */
  readonly input: unknown;
  /** Milliseconds since the epoch: what `now()` tells the flow. */
  readonly time: number;
  /** As a sentence, where it is not the usual one: `the call comes on Sunday, 03:00 UTC`. */
  readonly words: string;
}

export interface ExploreOptions {
  /** The first is the usual one. Others are tried when they lead to another beginning, or the flow asks for the time. */
  readonly calls: readonly SampleCall[];
  readonly samples: Samples;
  /** Rests with one state and different contexts; further ones are left out. */
  readonly maxPerState: number;
  readonly maxTotal: number;
  /** Asked now and then; true stops the exploration. */
  readonly outOfTime: () => boolean;
  readonly onProgress?: ((rests: number) => void) | undefined;
  /** Machines that the flow invokes: found once for each input. */
  readonly children?: ChildMachines | undefined;
}

/** Walks all that can happen in a flow's calls, each rest of its machine once, the nearest first. */
export function explore(machine: AnyStateMachine, options: ExploreOptions): Exploration {
  return new Explorer(machine, options).run();
}

class Explorer {
  private readonly children: ChildMachines;
  private readonly map: MachineMap;
  private readonly ids: ReadonlyMap<string, string>;
  private readonly transitions: ReadonlyMap<string, TransitionMap>;
  private readonly doneOf = new Map<string, readonly TransitionMap[]>();
  private readonly inner: ReadonlySet<string>;
  private readonly rests: Rests;
  private walked = 0;
  private readonly reached = new Set<string>();
  private readonly taken = new Set<string>();

  constructor(
    private readonly machine: AnyStateMachine,
    private readonly options: ExploreOptions,
  ) {
    const usual = options.calls[0] ?? { input: undefined, time: 0, words: '' };
    this.children =
      options.children ??
      new ChildMachines(machine, (child, input, children) =>
        explore(child, { ...options, calls: [{ ...usual, input }], children }),
      );
    this.rests = new Rests({ ...options, isParked: (ref) => this.isParked(ref) });
    this.map = mapMachine(machine);
    this.ids = transitionIndex(this.map);
    this.transitions = new Map(this.map.transitions.map((one) => [one.id, one]));
    this.inner = innerEvents(machine);
    for (const one of this.map.transitions) {
      if (one.kind !== 'done') continue;
      this.doneOf.set(one.event, [...(this.doneOf.get(one.event) ?? []), one]);
    }
  }

  run(): Exploration {
    let stillborn: unknown;
    let asked = false;
    const beginnings = new Set<string>();
    for (const call of this.options.calls) {
      const pure = new PureMachine(this.machine, () => {
        asked = true;
        return call.time;
      });
      const begun = pure.begin(call.input);
      if (begun.thrown !== undefined) {
        stillborn ??= begun.thrown.error;
        continue;
      }
      const { snapshot } = begun;
      const mark = contentKey([snapshot.value, snapshot.context]);
      // A flow that does not ask for the time is the same at any.
      if (beginnings.has(mark) && !asked) continue;
      beginnings.add(mark);
      this.see(begun);
      const timers = timersAfter([], begun.actions);
      const rest = { snapshot, timers, finished: new Map(), over: false, stopping: [] };
      this.rests.reach({ ...rest, pure, call });
      if (!this.walk()) break;
    }
    const { map, reached, taken } = this;
    const { all: rests, caps } = this.rests;
    const children = this.children.owner === this.machine ? this.children.explorations : [];
    return { map, rests, stillborn, reached, taken, caps: [...caps.values()], children };
  }

  /** False when there is no time left. */
  private walk(): boolean {
    // The list grows while it is walked.
    const { all, caps } = this.rests;
    for (let rest = all[this.walked]; rest !== undefined; rest = all[this.walked]) {
      if (this.walked % 64 === 0) {
        this.options.onProgress?.(this.walked);
        if (this.options.outOfTime()) {
          caps.set('time', { type: 'time', limit: 0 });
          return false;
        }
      }
      this.walked += 1;
      this.expand(rest);
    }
    return true;
  }

  private expand(rest: Inside): void {
    rest.explored = true;
    if (rest.snapshot.status !== 'active') return;
    const [stopping, ...later] = rest.stopping;
    if (stopping !== undefined) {
      this.expandStopping(rest, stopping, later);
      return;
    }
    const actors = this.running(rest);
    for (const [actor, ref] of actors) {
      if (actor.callActor !== undefined) {
        if (!rest.over) this.expandCallActor(rest, actor, ref, actor.callActor);
      } else if (ownActorKind(ref) === 'machine') {
        this.expandMachine(rest, actor, ref);
      } else if (ownActorKind(ref) === 'promise') {
        this.expandOwnActor(rest, actor, ref);
      }
    }
    if (!rest.over || rest.busy.length > 0) this.expandTimers(rest);
    const waiting = actors.map(([actor]) => actor);
    // The events of the call come to the flow itself; in the machines that it invokes, only their own.
    const isChild = this.options.children !== undefined;
    if (!rest.over || rest.lasting.length > 0) {
      const events = possibleEvents(
        rest.snapshot,
        waiting,
        this.options.samples.events,
        this.inner,
      );
      for (const { event, words, guessed, ofCall } of events) {
        if (ofCall && (isChild || rest.over)) continue;
        this.take(rest, { kind: 'event', event, words, silent: false, failure: false, guessed });
      }
    }
    if (!rest.over) this.expandHangup(rest, 'hangup', 'the caller hangs up');
  }

  /** Another machine ends as its own states allow. */
  private expandMachine(rest: Inside, actor: HappeningActor, ref: AnyActorRef): void {
    const given = samplesFor(this.options.samples, rest.snapshot, actor);
    const logic: unknown = 'logic' in ref ? ref.logic : undefined;
    const ends = isMachine(logic) ? this.children.endsOf(logic, actor.input) : undefined;
    // One that invokes itself is not followed down.
    if (given.length > 0 || ends === undefined) {
      this.expandOwnActor(rest, actor, ref);
      return;
    }
    for (const { output, words, silent } of rest.over ? ends.afterHangup : ends.live) {
      this.finish(rest, actor, ref, {
        output,
        words: words === '' ? `'${actor.src}' is done` : `in '${actor.src}', ${words}`,
        silent,
        failure: false,
        guessed: false,
      });
    }
    if (ends.fails) this.fail(rest, actor, ref);
  }

  /** The actors of a rest that have not come to anything, in the order in which they began. */
  private running(rest: Inside): (readonly [HappeningActor, AnyActorRef])[] {
    return childrenOf(rest.snapshot).flatMap(([id, ref]) => {
      if (rest.finished.get(id) === ref) return [];
      const { src } = ref as { readonly src?: unknown };
      const logic: unknown = 'logic' in ref ? ref.logic : undefined;
      const callActor = callActorName(logic);
      const name = typeof src === 'string' ? src : (callActor ?? 'inline');
      return [[{ id, src: name, callActor, input: inputOf(ref) }, ref] as const];
    });
  }

  private expandCallActor(
    rest: Inside,
    actor: HappeningActor,
    ref: AnyActorRef,
    name: CallActorName,
  ): void {
    if (endsCall(name)) this.expandHangup(rest, 'ends', `the flow ends the call ('${name}')`);
    // A flow that is not typed may give anything; what cannot run fails, and nothing else.
    const input = actor.input as CallActorContracts[CallActorName]['input'];
    const keys = this.keysOf(actor.id);
    let outcomes: ReturnType<typeof outcomesOf> = [];
    try {
      outcomes = outcomesOf(name, input, keys);
    } catch {
      // Its input lacks what it needs: checkMachine, or the failure below, says so.
    }
    const sampled = this.finishAsSampled(rest, actor, ref);
    for (const outcome of outcomes) {
      const {
        output,
        words,
        silent,
        failure = false,
        guessed = false,
        keys: pressed,
        says,
      } = outcome;
      // Who has said what may come needs no guess.
      if (guessed && sampled) continue;
      this.finish(rest, actor, ref, { output, words, silent, failure, guessed, pressed, says });
    }
    if (canFail(name, actor.input)) this.fail(rest, actor, ref);
  }

  private expandOwnActor(rest: Inside, actor: HappeningActor, ref: AnyActorRef): void {
    if (!this.finishAsSampled(rest, actor, ref)) this.guess(rest, actor, ref);
    this.fail(rest, actor, ref);
  }

  /** With each outcome that somebody has said an actor may have; false when nobody has. */
  private finishAsSampled(rest: Inside, actor: HappeningActor, ref: AnyActorRef): boolean {
    const given = samplesFor(this.options.samples, rest.snapshot, actor);
    for (const output of given) {
      const words = `'${actor.src}' gives ${JSON.stringify(output)}`;
      const outcome = { output, words, silent: true, failure: false, guessed: false };
      this.finish(rest, actor, ref, outcome);
    }
    return given.length > 0;
  }

  /** Nobody has said what an actor of the flow's own gives: every way on is taken once. */
  private guess(rest: Inside, actor: HappeningActor, ref: AnyActorRef): void {
    const common = { silent: true, failure: false, guessed: true };
    const ways = this.doneOf.get(`xstate.done.actor.${actor.id}`) ?? [];
    const words = `'${actor.src}' is done`;
    if (ways.every(({ definition }) => definition.guard === undefined)) {
      this.finish(rest, actor, ref, { ...common, output: undefined, words });
      return;
    }
    for (const { choice, definition, label } of ways) {
      if (choice === 'unmatched') continue;
      const output = choice === undefined ? undefined : { type: choice, digits: choice };
      this.finish(
        rest,
        actor,
        ref,
        { ...common, output, words: choice === undefined ? words : `${words}: ${label}` },
        definition,
      );
    }
  }

  private keysOf(id: string): string[] {
    const ways = this.doneOf.get(`xstate.done.actor.${id}`) ?? [];
    return ways.flatMap(({ choice }) =>
      choice !== undefined && /^[0-9*#]+$/.test(choice) ? [choice] : [],
    );
  }

  private finish(
    rest: Inside,
    actor: HappeningActor,
    ref: AnyActorRef,
    outcome: {
      readonly output: unknown;
      readonly words: string;
      readonly silent: boolean;
      readonly failure: boolean;
      readonly guessed: boolean;
      readonly pressed?: readonly string[] | undefined;
      readonly says?: string | undefined;
    },
    forced?: AnyTransitionDefinition,
  ): void {
    const { output, words, silent, failure, guessed, pressed, says } = outcome;
    const happening: Happening = {
      kind: 'outcome',
      event: { type: `xstate.done.actor.${actor.id}`, output, actorId: actor.id },
      words,
      silent,
      failure,
      guessed,
      actor,
      ...(pressed === undefined ? {} : { keys: pressed }),
      ...(says === undefined ? {} : { says }),
    };
    this.take(rest, happening, { done: [actor.id, ref], forced });
  }

  private fail(rest: Inside, actor: HappeningActor, ref: AnyActorRef): void {
    const error = new Error(`'${actor.src}' failed, as anything may`);
    const happening: Happening = {
      kind: 'failure',
      event: { type: `xstate.error.actor.${actor.id}`, error, actorId: actor.id },
      words: `'${actor.src}' fails`,
      silent: true,
      failure: true,
      guessed: false,
      actor,
    };
    this.take(rest, happening, { done: [actor.id, ref] });
  }

  private expandTimers(rest: Inside): void {
    for (const timer of nextTimers(rest.timers)) {
      const happening: Happening = {
        kind: 'timer',
        event: timer.event,
        words: `${timer.delay / 1_000} s pass`,
        silent: true,
        failure: false,
        guessed: false,
      };
      this.take(rest, happening, { timers: rest.timers.filter((other) => other !== timer) });
    }
  }

  /** The machine hears of it first; then the call actors that still run stop, one after another. */
  private expandHangup(rest: Inside, kind: 'hangup' | 'ends', words: string): void {
    const by = kind === 'hangup' ? 'caller' : 'flow';
    // A machine that the flow invokes is not told.
    const type = this.options.children === undefined ? 'call.ended' : 'callchart.nothing';
    const event = { type, by, cause: 'bye' };
    const stopping = this.running(rest).flatMap(([{ id, callActor }, ref]) =>
      callActor === undefined ? [] : [[id, ref] as const],
    );
    const happening = {
      kind,
      event,
      words,
      silent: false,
      failure: false,
      guessed: false,
    } as const;
    this.take(rest, happening, { over: true, stopping });
  }

  private expandStopping(
    rest: Inside,
    [id, ref]: readonly [string, AnyActorRef],
    later: Inside['stopping'],
  ): void {
    const actor = this.running(rest).find(([one]) => one.id === id)?.[0];
    if (actor?.callActor === undefined) return;
    for (const output of outcomesAtHangup(actor.callActor)) {
      const happening: Happening = {
        kind: 'stopped',
        event: { type: `xstate.done.actor.${id}`, output, actorId: id },
        words: `'${actor.src}' stops`,
        silent: true,
        failure: false,
        guessed: false,
        actor,
      };
      this.take(rest, happening, { done: [id, ref], stopping: later });
    }
  }

  private take(
    rest: Inside,
    happening: Happening,
    change: {
      readonly done?: readonly [string, AnyActorRef];
      readonly timers?: readonly Timer[];
      readonly over?: true;
      readonly stopping?: Inside['stopping'];
      readonly forced?: AnyTransitionDefinition | undefined;
    } = {},
  ): void {
    const { done, timers = rest.timers, stopping = [], forced } = change;
    const stepped = rest.pure.step(rest.snapshot, happening.event, forced);
    this.see(stepped);
    const transitions = this.idsOf(stepped);
    const failure = this.failureOf(rest, happening, stepped, transitions);
    const step: Step = {
      from: rest,
      happening,
      to: undefined,
      transitions,
      ...(failure === undefined ? {} : { failure }),
    };
    rest.steps.push(step);
    if (failure !== undefined) return;
    const { snapshot } = stepped;
    const finished = new Map(rest.finished);
    if (done !== undefined) finished.set(done[0], done[1]);
    const children = snapshot.children as Readonly<Record<string, AnyActorRef | undefined>>;
    for (const [id, ref] of finished) if (children[id] !== ref) finished.delete(id);
    step.to = this.rests.reach(
      {
        snapshot,
        timers: timersAfter(timers, stepped.actions),
        finished,
        over: change.over ?? rest.over,
        pure: rest.pure,
        call: rest.call,
        stopping: stopping.filter(([id, ref]) => children[id] === ref),
      },
      step,
    );
  }

  private failureOf(
    rest: Inside,
    happening: Happening,
    { snapshot, thrown, microsteps }: Stepped,
    transitions: readonly string[],
  ): StepFailure | undefined {
    if (thrown !== undefined) {
      return { type: 'threw', error: thrown.error, state: this.placeOf(rest, transitions) };
    }
    if (transitions.some((id) => this.transitions.get(id)?.choice === 'unmatched')) {
      return { type: 'unmatched', state: this.placeOf(rest, transitions) };
    }
    if (snapshot.status === 'error' && happening.kind === 'failure') {
      return { type: 'unhandled', state: this.invoking(rest, happening) };
    }
    const isOutcome = happening.kind === 'outcome' && microsteps[0]?.transitions.length === 0;
    return isOutcome && this.doneOf.has(happening.event.type)
      ? { type: 'unmatched', state: this.invoking(rest, happening) }
      : undefined;
  }

  /** The state that was left when something went wrong, or where the machine rested. */
  private placeOf(rest: Rest, transitions: readonly string[]): string {
    const last = transitions.at(-1);
    return (last === undefined ? undefined : this.transitions.get(last)?.from) ?? rest.place;
  }

  private invoking(rest: Rest, { actor }: Happening): string {
    const state = this.map.states.find(({ invokes }) => invokes.some(({ id }) => id === actor?.id));
    return state?.name ?? rest.place;
  }

  private idsOf({ microsteps }: Stepped): string[] {
    return microsteps.flatMap(({ transitions }) =>
      transitions.flatMap((definition) => this.ids.get(transitionKey(definition)) ?? []),
    );
  }

  private see(stepped: Stepped): void {
    for (const { snapshot, transitions } of stepped.microsteps) {
      this.seeStates(snapshot);
      for (const definition of transitions) {
        const id = this.ids.get(transitionKey(definition));
        if (id !== undefined) this.taken.add(id);
      }
    }
    this.seeStates(stepped.snapshot);
  }

  private seeStates(snapshot: AnyMachineSnapshot): void {
    for (const node of snapshot._nodes) this.reached.add(nodeName(node));
  }

  /** A machine in a call that is over, which waits for its call actors only. */
  private isParked(ref: AnyActorRef): boolean {
    const logic: unknown = 'logic' in ref ? ref.logic : undefined;
    if (!isMachine(logic)) return false;
    return this.children.endsOf(logic, inputOf(ref))?.afterHangup.length === 0;
  }
}
