import type { AnyActorRef, AnyStateMachine } from 'xstate';
import type { CallControl, CallInfo } from '../call/port';
import type { Clock } from '../core/clock';
import { silentLogger } from '../core/logger';
import type { FindFlow, InnerRun } from '../flow/inner-flow';
import { runFlow } from '../flow/run-flow';
import { bindDocuments } from '../document/bind';
import type { WebDocuments } from '../document/web-documents';
import type { WebClient } from '../web/port';
import { ScriptedCaller } from './caller';
import { FlowWatch } from './flow-watch';
import { promptName, type PromptSound } from './prompt-sound';
import type { SimulatedLeg } from './simulated-dial';
import { SimulatedLine } from './simulated-line';
import { promptWords, Transcript } from './transcript';

export interface CalleesParts {
  readonly clock: Clock;
  readonly transcript: Transcript;
  readonly prompts: PromptSound;
  readonly web: WebClient;
  readonly documents: WebDocuments;
  /** Those that callees may hear, by their names. */
  readonly flows: Readonly<Record<string, AnyStateMachine>>;
  /** The call that dials. */
  readonly info: CallInfo;
  /** Told of the system of each flow, before any of its actors starts. */
  onSystem(system: object): void;
  /** The script of somebody who is called cannot happen. */
  onImpossible(problem: string): void;
}

/** Somebody who has answered, with what he does until he is put through. */
interface Callee {
  readonly line: SimulatedLine;
  readonly script: ScriptedCaller;
  readonly path: string[];
  watch: FlowWatch | undefined;
}

/** Those who are called and hear a flow of their own, after `call/dial/callee.ts`. */
export class SimulatedCallees {
  private readonly there = new Map<CallControl, Callee>();

  constructor(private readonly parts: CalleesParts) {}

  /** A callee who has answered. */
  lineOf(leg: SimulatedLeg): SimulatedLine {
    const { parts } = this;
    const { clock, prompts, info } = parts;
    const transcript = new LegTranscript(this.parts.transcript, leg.target);
    const heard: string[] = [];
    const line: SimulatedLine = new SimulatedLine({
      info: {
        ...{ ...info, id: leg.id, direction: 'outbound', parent: info.id, dialled: leg.target },
        to: { uri: leg.target, user: leg.target, displayName: '' },
        started: clock.now(),
      },
      ...{ clock, prompts, transcript, earlyMedia: true, transfer: [], machine: [], broken: [] },
      recordingFails: undefined,
      onPrompt: (prompt) => {
        heard.push(promptName(prompt));
        const { playing } = line.sound;
        if (playing !== undefined) callee.script.heard(prompt, playing.number);
      },
    });
    const path: string[] = [];
    const script = new ScriptedCaller(leg.callee.whisper ?? [], {
      ...{ clock, line, transcript },
      flow: { isIn: (state) => callee.watch?.isIn(state) === true, path, heard },
      onImpossible: (problem) => parts.onImpossible(`${leg.target}: ${problem}`),
    });
    const callee: Callee = { line, script, path, watch: undefined };
    this.there.set(line, callee);
    void line.answer();
    line.onEnd(() => {
      this.there.delete(line);
      script.close();
    });
    return line;
  }

  readonly find: FindFlow = (name) => {
    const { flows } = this.parts;
    const machine = Object.hasOwn(flows, name) ? flows[name] : undefined;
    if (machine === undefined) return undefined;
    return { run: (call, input) => this.run(machine, call, input), end: () => undefined };
  };

  /** Does what scripts can do now; false when all wait. */
  advance(): boolean {
    return [...this.there.values()].some(({ script }) => script.advance());
  }

  /** Actors of the flows' own that are promises and have not settled. */
  get pending(): readonly AnyActorRef[] {
    return [...this.there.values()].flatMap(({ watch }) => watch?.pending ?? []);
  }

  forget(actor: AnyActorRef): void {
    for (const { watch } of this.there.values()) {
      if (watch?.pending.includes(actor) === true) watch.forget(actor);
    }
  }

  private run(machine: AnyStateMachine, call: CallControl, input: unknown): InnerRun {
    const { parts } = this;
    const { clock, web, documents } = parts;
    const callee = this.there.get(call);
    const watch = new FlowWatch(machine, machine, () => clock.now(), {
      onSystem: (system) => parts.onSystem(system),
      onState: (state) => {
        callee?.path.push(state);
        callee?.script.reached();
      },
    });
    if (callee !== undefined) callee.watch = watch;
    return runFlow(watch.watched, call, {
      ...{ clock, logger: silentLogger, keepCall: true, findFlow: this.find },
      record: { state: () => undefined },
      removeFile: () => Promise.resolve(),
      web,
      onSystem: (system, leg) => bindDocuments(system, documents.of(leg)),
      ...(input === undefined ? {} : { input }),
    });
  }
}

/** What happens with somebody who is called, in the transcript of the call that dials. */
class LegTranscript extends Transcript {
  constructor(
    private readonly outer: Transcript,
    private readonly target: string,
  ) {
    super(() => 0);
  }

  override caller(did: string): void {
    this.outer.call(`${this.target} ${did}`);
  }

  override state(): void {
    // The states of the call are those of its own flow.
  }

  override call(did: string): void {
    // He has answered already.
    if (did !== 'answered') this.outer.call(`${this.target}: ${did}`);
  }

  override problem(message: string): void {
    this.outer.problem(`${this.target}: ${message}`);
  }

  override end(): void {
    // The dial says how it went.
  }

  override prompt(name: string, text: string): () => void {
    this.outer.call(`${this.target} hears ${promptWords({ name, text })}`);
    return () => undefined;
  }
}
