import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hangsUp, hears, holds, presses, resumes, says, simulate, waits } from 'callchart/testing';
import type { CallEnd } from '../../../runtime/call/port';
import type { PlayItem } from '../../../runtime/core/audio';
import { SeededRandom } from '../../../runtime/core/random';
import { writeFlowLog, type FlowLog } from '../../../runtime/flow/flow-log';
import type { Prompt } from '../../../runtime/prompt/port';
import { replay } from '../../../runtime/replay/replay';
import { asFlowLog } from '../../../runtime/replay/stored-log';
import type { CallerStep, SimulateOptions, TransferScene } from '../../../runtime/simulate/port';
import { promptName } from '../../../runtime/simulate/prompt-sound';
import { ScenePhone } from '../../call/scene-phone';
import { SimulatedPhone } from './phone';
import { SimulatedPrompts } from './prompts';
import { behaveAs, calleeHost, referAs } from './random-others';
import type { MakeFlow, RandomFlow, Reaction } from './random-flow';
import { World } from './world';

/** What both ways of running a flow can say of a call. */
interface Told {
  readonly path: readonly string[];
  readonly trail: readonly string[];
  /** Prompts; undefined of a caller who hung up: those behind that are begun and not heard. */
  readonly heard: readonly string[] | undefined;
  readonly end: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly log: Pick<FlowLog, 'initial' | 'entries' | 'omitted' | 'result'>;
}

interface Made {
  readonly number: number;
  readonly flow: RandomFlow;
  readonly prompts: readonly Prompt[];
  /** Those that may be over before somebody who hears them has done what he does. */
  readonly brief: ReadonlySet<Prompt>;
}

/** What came of it, for the test to say how much of each kind there was. */
export interface Agreement {
  /** Flows that the two, or the replay of a log, do not agree on, as text; none is right. */
  readonly different: readonly string[];
  /** All that the machines were given, in words, with how often. */
  readonly given: ReadonlyMap<string, number>;
}

/** Signalling and packets take their time, which the simulator does not know. */
const tolerance = 600;
/** Milliseconds that keys and words take, in both, so that callers go on at the same time. */
const doing = 1_300;
/** Between two keys in the simulator, and how long a caller holds. */
const keyDistance = 200;
const holding = 550;
/** A prompt may be long in coming. */
const patient = { timeout: 600_000 };

/**
 * Runs flows, each by a call over the simulated network and then in the simulator, whose caller does what the one with
 * the telephone has done, and replays what was logged of the first.
 */
export async function agreement(seed: number, count: number, make: MakeFlow): Promise<Agreement> {
  const made = Array.from({ length: count }, (_, index) => makeFlow(seed + index, make));
  const real = await called(seed, made);
  const different: string[] = [];
  const given = new Map<string, number>();
  for (const [index, { number, flow }] of made.entries()) {
    const { told, steps, transfers } = real[index] as Real;
    flow.trail.length = 0;
    const { callees } = flow;
    const simulated = await tellSimulated(flow, {
      caller: steps,
      transfer: transfers,
      dial: (target) => callees.get(target)?.callee ?? {},
    });
    const problem = difference(simulated, told) ?? replayed(flow, told.log);
    if (problem !== undefined) {
      different.push(`flow ${number}: ${problem}\n${JSON.stringify(steps)}`);
    }
    for (const entry of told.log.entries) {
      if (entry.type !== 'event') continue;
      const { type, output } = entry.event as {
        readonly type: string;
        readonly output?: { readonly type?: string; readonly endedBy?: string };
      };
      const words = [entry.src ?? type.replace(/^xstate\.after\..*/, 'after')];
      for (const word of [output?.type, output?.endedBy]) if (word !== undefined) words.push(word);
      const key = words.join(' ');
      given.set(key, (given.get(key) ?? 0) + 1);
    }
  }
  return { different, given };
}

function makeFlow(number: number, make: MakeFlow): Made {
  const prompts: Prompt[] = [];
  const brief = new Set<Prompt>();
  const flow = make(`f${number}`, new SeededRandom(number), (one, isBrief = false) => {
    // No two are the same, so that a script can say which one it waits for.
    const prompt = [one, { silence: 1 + prompts.length }];
    prompts.push(prompt);
    if (isBrief) brief.add(prompt);
    return prompt;
  });
  return { number, flow, prompts, brief };
}

// ── the call over the network ─────────────────────────────────────────────────────────────────────

interface Real {
  readonly told: Told;
  /** What the caller has done. */
  readonly steps: readonly CallerStep[];
  readonly transfers: readonly TransferScene[];
}

async function called(seed: number, made: readonly Made[]): Promise<readonly Real[]> {
  const folder = mkdtempSync(join(tmpdir(), 'callchart-agrees-'));
  try {
    return await calledIn(folder, seed, made);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function calledIn(
  folder: string,
  seed: number,
  made: readonly Made[],
): Promise<readonly Real[]> {
  const prompts = new ToldPrompts();
  const machines = new Map<string, unknown>();
  for (const { number, flow } of made) {
    const file = join(folder, `f${number}.flow.js`);
    writeFileSync(file, `// ${number}\n`);
    machines.set(file, { default: flow.machine });
  }
  const most = 10 * made.length;
  const world = await World.open({
    seed,
    keepFlowLogs: true,
    parts: { prompts, requireFlow: (file) => machines.get(file) },
    config: {
      flows: { files: [...machines.keys()] },
      sip: { maxCalls: most },
      // Before the answer a telephone sends nothing.
      media: { timeout: 600_000 },
      security: { maxRequestsPerSecond: 0 },
      outbound: {
        hosts: [calleeHost],
        ...{ maxCalls: most, maxCallsPerMinute: most, maxCallsPerCaller: most },
      },
    },
    // A flow may redirect a call that is answered, which is an error of its own.
    expectedErrors: ['CALLCHART_CALL_STATE'],
  });
  const { clock, network, phoneMedia: engine } = world;
  const others = await ScenePhone.open({
    ...{ clock, network, engine },
    ...{ host: calleeHost, voice: 'callee' },
  });
  world.onClose(() => others.close());
  const callees = new Map(made.flatMap(({ flow }) => [...flow.callees]));
  others.onCall = (call) => behaveAs(callees.get(call.session.request.requestUri), call, clock);
  const calls = await Promise.all(
    made.map(async ({ number, flow, prompts: mine, brief }) => {
      const phone = await SimulatedPhone.open(world, { flow: `f${number}` });
      const begun = new Begun(brief);
      for (const prompt of mine) prompts.listeners.set(prompt, () => begun.add(prompt));
      flow.trail.length = 0;
      const transfers: TransferScene[] = [];
      phone.onRefer = (refer) => {
        const plan = flow.transfers.get(refer.target);
        if (plan !== undefined) transfers.push(plan);
        referAs(plan, refer, clock);
      };
      phone.dial();
      const steps: CallerStep[] = [];
      void act(phone, flow, begun, steps);
      return { phone, begun, steps, transfers };
    }),
  );
  await world.until(Promise.all(calls.map(({ phone }) => phone.over())), 1_200_000);
  const wrong = await world.finish();
  if (wrong.length > 0) throw new Error(wrong.slice(0, 5).join('\n'));
  const logs = new Map(world.flowLogs.map((line) => [logOf(line).call, logOf(line)]));
  return calls.map(({ phone, begun, steps, transfers }, index) => {
    const { id, path, end, duration } = world.record(phone.callId);
    const log = logs.get(id);
    if (log === undefined) throw new Error(`no log of ${id}`);
    const told: Told = {
      path: path.map(({ state }) => state),
      trail: [...(made[index] as Made).flow.trail],
      heard: end.by === 'caller' ? undefined : begun.names,
      end: endOf(end),
      duration,
      log,
    };
    return { told, steps, transfers };
  });
}

/** What the protocol says of a caller's end is nothing that a flow did. */
function endOf({ by, cause, status, reason }: CallEnd): string {
  return [by, cause, status, ...(by === 'flow' ? [reason] : [])].join(' ');
}

function logOf(line: string): FlowLog {
  const log = asFlowLog(JSON.parse(line));
  if (log === undefined) throw new Error(`not a log: ${line}`);
  return log;
}

/** The shipped prompts, which tell when one begins: a prompt is known by being itself. */
class ToldPrompts extends SimulatedPrompts {
  readonly listeners = new Map<Prompt, () => void>();

  override resolve(prompt: Prompt): Promise<PlayItem[]> {
    this.listeners.get(prompt)?.();
    if (typeof prompt === 'object' && 'tone' in prompt) {
      const tone = { frequencies: [425], cadence: [1_000, 4_000], duration: 5_000 };
      return Promise.resolve([{ type: 'tone', tone }]);
    }
    return super.resolve(prompt);
  }
}

/** The prompts of one call, as they begin. */
class Begun {
  private readonly all: Prompt[] = [];

  constructor(private readonly brief: ReadonlySet<Prompt>) {}

  private heard = 0;
  private tell = (): void => undefined;

  add(prompt: Prompt): void {
    this.all.push(prompt);
    this.tell();
  }

  get names(): readonly string[] {
    return this.all.map(promptName);
  }

  /** Some have begun that nobody has waited for yet. */
  get news(): boolean {
    return this.all.length > this.heard;
  }

  /** Some have begun, and what was last may be over by now: whoever hears something is not told which. */
  get isBrief(): boolean {
    return this.news && this.brief.has(this.all.at(-1) as Prompt);
  }

  async next(): Promise<Prompt> {
    while (!this.news) {
      await new Promise<void>((resolve) => {
        this.tell = resolve;
      });
    }
    this.heard = this.all.length;
    return this.all.at(-1) as Prompt;
  }
}

/**
 * The caller with a real telephone. `steps` gets what he does, as the simulator's script: a prompt that began and was
 * stopped among several keys is one that the simulator's caller has not heard, so he does nothing more.
 */
async function act(
  phone: SimulatedPhone,
  flow: RandomFlow,
  begun: Begun,
  steps: CallerStep[],
): Promise<void> {
  try {
    for (const reaction of flow.reactions) {
      if (begun.isBrief) return;
      const prompt = await begun.next();
      if (reaction.does.type !== 'nothing') await phone.wait(reaction.after);
      steps.push(hears(prompt, patient));
      if (reaction.does.type === 'nothing') continue;
      // Who has not been answered has neither keys nor a voice.
      const answered = phone.establishedAt !== undefined;
      if (!answered && reaction.does.type !== 'hangsUp') continue;
      steps.push(waits(reaction.after));
      if (await does(phone, reaction, steps)) return;
      if (reaction.does.type === 'presses' && reaction.does.digits.length > 1 && begun.news) return;
    }
  } catch {
    // The call is over.
  }
}

/** True when he has nothing more to do. */
async function does(
  phone: SimulatedPhone,
  { does: deed }: Reaction,
  steps: CallerStep[],
): Promise<boolean> {
  switch (deed.type) {
    case 'nothing':
      return false;
    case 'hangsUp':
      steps.push(hangsUp());
      phone.hangUp();
      return true;
    case 'says':
      steps.push(says('…', deed.duration), waits(doing - deed.duration));
      phone.speak(deed.duration);
      break;
    case 'presses':
      steps.push(presses(deed.digits), waits(doing - keyDistance * (deed.digits.length - 1)));
      void phone.press(deed.digits).catch(() => undefined);
      break;
    case 'holds':
      steps.push(holds(), waits(holding));
      void phone.hold('sendonly');
      await phone.wait(holding);
      steps.push(resumes(), waits(doing - holding));
      void phone.resume();
      await phone.wait(doing - holding);
      return false;
  }
  await phone.wait(doing);
  return false;
}

// ── the simulator, the replay, and what is different ──────────────────────────────────────────────

async function tellSimulated(flow: RandomFlow, options: SimulateOptions): Promise<Told | string> {
  try {
    const call = await simulate(flow.machine, { ...options, conference: [{ others: 0 }] });
    return {
      path: call.path,
      trail: [...flow.trail],
      heard:
        call.end.by === 'caller'
          ? undefined
          : call.heard.filter((name) => name !== 'beep' && !name.endsWith(' tone')),
      end: endOf(call.end),
      duration: call.duration,
      log: logOf(writeFlowLog(call.log)),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function difference(told: Told | string, real: Told): string | undefined {
  if (typeof told === 'string') return told;
  for (const name of ['path', 'trail', 'heard', 'end', 'duration'] as const) {
    const problem = parting(told[name], real[name], name);
    if (problem !== undefined) return problem;
  }
  for (const name of ['initial', 'result', 'omitted', 'entries'] as const) {
    const problem = parting(told.log[name], real.log[name], name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Names of numbers that are milliseconds, and of what no two servers name the same. */
const times = new Set(['at', 'now', 'duration', 'talkTime']);
const names = new Set(['call', 'path']);
/** Ids where they are ids, and not words of the flow's or of ours. */
const ids = new Set(['leg', 'conference']);
const ownId = /^[0-9a-f]{16}$/;

/** Where two values are not the same, but for times, which may be a little apart. */
function parting(simulated: unknown, real: unknown, name: string): string | undefined {
  if (typeof simulated === 'number' && typeof real === 'number' && times.has(name)) {
    const near = Math.abs(simulated - real) <= tolerance;
    return near ? undefined : `${name}: simulated ${simulated}, real ${real}`;
  }
  if (typeof simulated === 'string' && typeof real === 'string') {
    if (names.has(name) || (ids.has(name) && ownId.test(real))) return undefined;
  }
  // The first frames are on their way when a recording ends as soon as it has begun.
  if (name === 'recording' && isShort(simulated ?? real)) return undefined;
  if (isObject(simulated) && isObject(real)) {
    for (const key of new Set([...Object.keys(simulated), ...Object.keys(real)])) {
      const problem = parting(simulated[key], real[key], key);
      if (problem === undefined) continue;
      if (!/^\d+$/.test(key)) return `${name}.${problem}`;
      return `${name} ${problem}\n${JSON.stringify(simulated)}\n${JSON.stringify(real)}`;
    }
    return undefined;
  }
  if (simulated === real) return undefined;
  return `${name}: simulated ${JSON.stringify(simulated)}, real ${JSON.stringify(real)}`;
}

function isShort(recording: unknown): boolean {
  return isObject(recording) && Number(recording['duration']) < 100;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What is wrong with the log when it is replayed on its machine. */
function replayed({ machine }: RandomFlow, log: Told['log']): string | undefined {
  const { parting: parted, log: again } = replay(machine, log as FlowLog);
  if (parted !== undefined) return `the replay parts in step ${parted.step}: ${parted.reason}`;
  const { entries, result } = logOf(writeFlowLog(again));
  const [then, now] = [log, { entries, result }].map((each) =>
    JSON.stringify([each.entries, each.result]),
  );
  return then === now ? undefined : `the replay was given something else:\n${then}\n${now}`;
}
