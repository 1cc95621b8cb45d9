import type { AnyActorRef, AnyStateMachine } from 'xstate';
import type { CallInfo, DialOptions } from '../call/port';
import { RealClock } from '../core/clock';
import { DefectError, describeError } from '../core/errors';
import { silentLogger } from '../core/logger';
import { VirtualClock } from '../core/virtual-clock';
import { bindDocuments } from '../document/bind';
import { DOCUMENT_FLOW } from '../document/context';
import { documentFlow } from '../document/machine';
import type { WebDocuments } from '../document/web-documents';
import type { Prompt } from '../prompt/port';
import type { FlowLog } from '../flow/flow-log';
import { runFlow, type FlowResult } from '../flow/run-flow';
import { timeOf } from './call-time';
import { ScriptedCaller, stepName } from './caller';
import { collectCoverage, coverageVariable } from './coverage';
import { FlowWatch } from './flow-watch';
import { giveOutcomes } from './given-outcomes';
import type { Callee, SimulatedCall, SimulateOptions } from './port';
import { promptName, PromptSound } from './prompt-sound';
import { answerActors, provideActors } from './provide-actors';
import { SimulatedCallees } from './simulated-callees';
import { simulatedDocuments } from './simulated-documents';
import { SimulatedLine } from './simulated-line';
import { SimulatedStreams } from './simulated-streams';
import { SimulatedWeb } from './simulated-web';
import { SimulationError } from './simulation-error';
import { Transcript, writeTranscript } from './transcript';

/** Virtual milliseconds after which a caller gives up. */
const usualLimit = 600_000;
/** Milliseconds of the machine's own time that an actor of the flow's own may take. */
const usualPatience = 5_000;

const nobody: Callee = { result: { type: 'noAnswer' } };

/** As it is now: tests may put another in its place. */
const nextTick = process.nextTick.bind(process);

/**
 * Resolves when every promise that could settle by itself has: asked for in a promise's turn, a tick comes when there
 * are no more of these. A turn of the event loop would cost more.
 */
function drained(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

/**
 * Runs a flow through one call, with a scripted caller in place of a telephone, and virtual time in place of waiting:
 * the machine and the call actors are the real ones, sound and signalling are not there. Rejects with a
 * {@link SimulationError} when the script cannot happen, or when the flow fails.
 */
export async function simulate(
  flow: AnyStateMachine,
  options: SimulateOptions = {},
): Promise<SimulatedCall> {
  return new Simulation(flow, options).run();
}

class Simulation {
  private readonly clock: VirtualClock;
  private readonly transcript: Transcript;
  private readonly line: SimulatedLine;
  private readonly caller: ScriptedCaller;
  private readonly watch: FlowWatch;
  private readonly callees: SimulatedCallees;
  private readonly web: SimulatedWeb;
  private readonly documents: WebDocuments;
  private readonly path: string[] = [];
  private readonly heard: string[] = [];
  private readonly heardPrompts: Prompt[] = [];
  private readonly dialled: string[] = [];
  private readonly started: number;
  private problem: string | undefined;
  private log: FlowLog | undefined;

  constructor(
    private readonly flow: AnyStateMachine,
    private readonly options: SimulateOptions,
  ) {
    const started = (this.started = timeOf(options.at, options.zone));
    const clock = (this.clock = new VirtualClock(started));
    const transcript = (this.transcript = new Transcript(() => clock.now() - started));
    const { actors } = options;
    const faked = actors === undefined ? flow : provideActors(flow, actors);
    const { outcomes } = options;
    const provided = outcomes === undefined ? faked : giveOutcomes(faked, outcomes);
    this.watch = new FlowWatch(flow, provided, () => clock.now(), {
      onSystem: (system) => {
        if (actors !== undefined) answerActors(system, actors);
      },
      onState: (state) => this.entered(state),
    });
    const info = callInfo(flow, options, started);
    const prompts = new PromptSound(options, (path) => line.sound.recordedDuration(path));
    const web = (this.web = new SimulatedWeb(options.web ?? [], { clock, transcript }));
    this.documents = simulatedDocuments(web, transcript);
    this.callees = new SimulatedCallees({
      web,
      documents: this.documents,
      ...{ clock, transcript, prompts, info },
      flows: { [DOCUMENT_FLOW]: documentFlow, ...options.flows },
      onSystem: (system) => {
        if (actors !== undefined) answerActors(system, actors);
      },
      onImpossible: (problem) => this.fail(problem),
    });
    const line: SimulatedLine = (this.line = new SimulatedLine({
      ...{ info, clock, transcript, prompts },
      earlyMedia: options.earlyMedia !== false,
      transfer: options.transfer ?? [],
      conference: options.conference ?? [],
      queue: options.queue ?? [],
      calleeOf: (target, request) => this.calleeOf(target, request),
      lineOf: (leg) => this.callees.lineOf(leg),
      machine: options.machine ?? [],
      broken: options.broken ?? [],
      recordingFails: options.recordingFails,
      onPrompt: (prompt) => {
        this.heard.push(promptName(prompt));
        this.heardPrompts.push(prompt);
        const { playing } = this.line.sound;
        if (playing !== undefined) this.caller.heard(prompt, playing.number);
      },
    }));
    const { watch, path, heard } = this;
    this.caller = new ScriptedCaller(options.caller ?? [], {
      clock,
      line,
      transcript,
      flow: { isIn: (state) => watch.isIn(state), path, heard },
      onImpossible: (problem) => this.fail(problem),
    });
  }

  async run(): Promise<SimulatedCall> {
    const { clock, options, transcript, line, caller, watch } = this;
    const steps = options.caller ?? [];
    const end = steps.findIndex(({ type }) => type === 'hangsUp');
    const behind = end < 0 ? undefined : steps[end + 1];
    if (behind !== undefined) {
      throw new SimulationError(`${stepName(behind)}: the caller has hung up before that`, '');
    }
    transcript.caller(`calls ${line.info.dialled}`);
    const limit = options.limit ?? usualLimit;
    const patience = clock.setTimeout(
      () => caller.hangUp(`gives up after ${limit / 1_000} s`),
      limit,
    );
    line.onEnd(() => {
      clock.clearTimeout(patience);
      caller.close();
    });
    let result: FlowResult | undefined;
    const { answeredBy, input, stream = [] } = options;
    const { sound } = line;
    const { done } = runFlow(watch.watched, line, {
      clock,
      logger: silentLogger,
      record: { state: () => undefined },
      removeFile: () => Promise.resolve(),
      web: this.web,
      streams: new SimulatedStreams(stream, { clock, transcript, sound }),
      findFlow: this.callees.find,
      onSystem: (system, call) => bindDocuments(system, this.documents.of(call)),
      log: {
        flow: { name: this.flow.id, version: 'simulated' },
        onLog: (log) => {
          this.log = log;
        },
      },
      maxCallDuration: 2 * limit,
      ...(answeredBy === undefined ? {} : { answeredBy }),
      ...(input === undefined ? {} : { input }),
    });
    void done.then((ended) => {
      result = ended;
    });
    await Promise.resolve();
    while (result === undefined) {
      await drained();
      if (this.pending.length > 0) await this.waitForPromises();
      else if (this.web.pending !== undefined) await this.waitForApps(this.web.pending);
      else if (
        result === undefined &&
        !caller.advance() &&
        !this.callees.advance() &&
        !clock.next()
      ) {
        throw new DefectError('a simulated call stands still');
      }
    }
    return this.finish(result);
  }

  private calleeOf(target: string, request: DialOptions): Callee {
    const { dial = [] } = this.options;
    this.dialled.push(target);
    if (typeof dial === 'function') return dial(target, request);
    return dial[Math.min(this.dialled.length, dial.length) - 1] ?? nobody;
  }

  private get pending(): readonly AnyActorRef[] {
    const inner = this.callees.pending;
    const own = this.watch.pending;
    return inner.length === 0 ? own : [...own, ...inner];
  }

  private entered(state: string): void {
    this.path.push(state);
    this.transcript.state(state);
    this.caller.reached();
  }

  /** The call cannot go on as it should: it is ended, and what is wrong is told when it is over. */
  private fail(problem: string): void {
    this.problem ??= problem;
    this.caller.close();
    this.line.terminate('simulation', 500, 'the simulation was ended');
  }

  /** Virtual time stands still while the flow waits for something real. */
  private async waitForPromises(): Promise<void> {
    const [actor] = this.pending;
    if (actor === undefined) return;
    const late = await this.isLate((settled) =>
      actor.subscribe({ next: settled, error: settled, complete: settled }),
    );
    if (!late) return;
    const { src } = actor as { readonly src?: unknown };
    const name = typeof src === 'string' ? src : actor.id;
    this.watch.forget(actor);
    this.callees.forget(actor);
    this.fail(
      `the flow's own actor '${name}' has not settled within ${this.patience}. Give it an answer in the test: simulate(flow, { actors: { ${name}: () => … } })`,
    );
  }

  private async waitForApps(pending: Promise<unknown>): Promise<void> {
    if (!(await this.isLate((settled) => void pending.then(settled)))) return;
    this.web.forget();
    this.fail(`the function 'web' of the test has not answered within ${this.patience}`);
  }

  /** False when it has settled in time, by the machine's own clock. */
  private isLate(subscribe: (settled: () => void) => void): Promise<boolean> {
    const { actorTimeout = usualPatience } = this.options;
    const clock = new RealClock();
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(true), actorTimeout);
      subscribe(() => {
        clock.clearTimeout(timer);
        resolve(false);
      });
    });
  }

  private get patience(): string {
    return `${(this.options.actorTimeout ?? usualPatience) / 1_000} s of real time`;
  }

  private finish(result: FlowResult): SimulatedCall {
    const { transcript, line, clock, caller } = this;
    const { entries } = transcript;
    const { end } = line;
    const { log } = this;
    const folder = process.env[coverageVariable];
    if (folder !== undefined) collectCoverage(folder, this.flow, this.watch.transitions);
    if (end === undefined || log === undefined)
      throw new DefectError('a simulated call was not ended');
    let text: string | undefined;
    const transcribe = (): string => (text ??= writeTranscript(entries, result));
    const problem = this.problem ?? caller.unfinished;
    if (result.type === 'failed' && this.options.keepFailures !== true) {
      const why = describeError(result.error);
      throw new SimulationError(
        `the flow failed in '${result.state}': ${why}`,
        transcribe(),
        result.error,
      );
    }
    if (problem !== undefined) throw new SimulationError(problem, transcribe());
    return {
      // Most tests that go well read no word of it.
      get transcript(): string {
        return transcribe();
      },
      entries,
      path: this.path,
      transitions: this.watch.transitions,
      heard: this.heard,
      heardPrompts: this.heardPrompts,
      dialled: this.dialled,
      recordings: line.sound.recordings,
      answered: line.wasAnswered,
      end,
      duration: entries.find(({ type }) => type === 'end')?.at ?? clock.now() - this.started,
      result,
      log,
      context: this.watch.context,
    };
  }
}

function callInfo(flow: AnyStateMachine, { call }: SimulateOptions, started: number): CallInfo {
  return {
    id: 'call-1',
    callId: 'call-1@caller.example.com',
    from: { uri: 'sip:caller@example.com', user: 'caller', displayName: '' },
    to: { uri: `sip:${flow.id}@callchart.example.com`, user: flow.id, displayName: '' },
    dialled: flow.id,
    headers: {},
    remoteAddress: '192.0.2.1:5060',
    ...call,
    started,
  };
}
