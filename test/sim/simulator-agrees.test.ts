import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlayItem } from '../../runtime/core/audio';
import { SeededRandom } from '../../runtime/core/random';
import type { Prompt } from '../../runtime/prompt/port';
import { hangsUp, hears, presses, says, simulate, waits } from 'callchart/testing';
import type { CallerStep, SimulatedCall } from '../../runtime/simulate/port';
import { SimulatedPhone } from './support/phone';
import { SimulatedPrompts } from './support/prompts';
import { randomFlow, type RandomFlow, type Reaction } from './support/random-flow';
import { World } from './support/world';

/** Fixed, so that everybody sees the same run; another is asked for by the environment. */
const seed = Number(process.env['CALLCHART_SIM_SEED'] ?? 20_261_122);
const flows = Number(process.env['CALLCHART_SIM_FLOWS'] ?? 500);

/** What both ways of running a flow can say of a call. */
interface Told {
  readonly path: readonly string[];
  readonly trail: readonly string[];
  /** Prompts; those behind a hang-up are begun and not heard. */
  readonly heard: number | undefined;
  readonly end: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** The shipped prompts, which tell when one begins: a prompt is known by being itself. */
class ToldPrompts extends SimulatedPrompts {
  readonly listeners = new Map<Prompt, () => void>();

  override resolve(prompt: Prompt): Promise<PlayItem[]> {
    this.listeners.get(prompt)?.();
    return super.resolve(prompt);
  }
}

/** Milliseconds that keys and words take, in both, so that callers go on at the same time. */
const doing = 1_300;
/** Between two keys in the simulator. */
const keyDistance = 200;

/** The prompts of one call, as they begin. */
class Begun {
  private count = 0;
  private heard = 0;
  private tell = (): void => undefined;

  add(): void {
    this.count += 1;
    this.tell();
  }

  get all(): number {
    return this.count;
  }

  /** Some have begun that nobody has waited for yet. */
  get news(): boolean {
    return this.count > this.heard;
  }

  async next(): Promise<void> {
    while (!this.news) {
      await new Promise<void>((resolve) => {
        this.tell = resolve;
      });
    }
    this.heard = this.count;
  }
}

/**
 * The caller with a real telephone, by the rules of the simulator's script. `done` gets what he has done: a prompt that
 * began and was stopped among several keys is one that the simulator's caller has not heard, so he does nothing more.
 */
async function act(
  phone: SimulatedPhone,
  flow: RandomFlow,
  begun: Begun,
  done: Reaction[],
): Promise<void> {
  try {
    for (const reaction of flow.reactions) {
      const { after, does } = reaction;
      await begun.next();
      if (does.type !== 'nothing') await phone.wait(after);
      done.push(reaction);
      if (does.type === 'nothing') continue;
      if (does.type === 'hangsUp') {
        phone.hangUp();
        break;
      }
      if (does.type === 'says') phone.speak(does.duration);
      else void phone.press(does.digits).catch(() => undefined);
      await phone.wait(doing);
      if (does.type === 'presses' && does.digits.length > 1 && begun.news) break;
    }
  } catch {
    // The call is over.
  }
}

/** A prompt may be long in coming. */
const patient = { timeout: 600_000 };

function scriptOf(done: readonly Reaction[]): CallerStep[] {
  return done.flatMap(({ after, does }) => {
    switch (does.type) {
      case 'nothing':
        return [hears(undefined, patient)];
      case 'presses':
        return [
          ...[hears(undefined, patient), waits(after), presses(does.digits)],
          waits(doing - keyDistance * (does.digits.length - 1)),
        ];
      case 'says':
        return [
          hears(undefined, patient),
          waits(after),
          says('…', does.duration),
          waits(doing - does.duration),
        ];
      case 'hangsUp':
        return [hears(undefined, patient), waits(after), hangsUp()];
    }
  });
}

describe('what the simulator says and what a call over the network does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'callchart-agrees-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(`are the same for ${flows} random flows with their callers`, async () => {
    const prompts = new ToldPrompts();
    const made: { readonly flow: RandomFlow; readonly mine: Prompt[]; readonly file: string }[] =
      [];
    const machines = new Map<string, unknown>();
    for (let index = 0; index < flows; index += 1) {
      const mine: Prompt[] = [];
      const flow = randomFlow(new SeededRandom(seed + index), (name) => {
        const prompt = [name];
        mine.push(prompt);
        return prompt;
      });
      const file = join(folder, `f${index}.flow.js`);
      writeFileSync(file, `// ${index}\n`);
      Object.assign(flow.machine.config, { id: `f${index}` });
      machines.set(file, { default: flow.machine });
      made.push({ flow, mine, file });
    }
    const world = await World.open({
      seed,
      parts: { prompts, requireFlow: (file) => machines.get(file) },
      config: {
        flows: { files: made.map(({ file }) => file) },
        sip: { maxCalls: flows + 1 },
        security: { maxRequestsPerSecond: 0 },
      },
    });
    const calls = await Promise.all(
      made.map(async ({ flow, mine }, index) => {
        const phone = await SimulatedPhone.open(world, { flow: `f${index}` });
        const begun = new Begun();
        for (const prompt of mine) prompts.listeners.set(prompt, () => begun.add());
        flow.trail.length = 0;
        phone.dial();
        const done: Reaction[] = [];
        void act(phone, flow, begun, done);
        return { phone, begun, done };
      }),
    );
    await world.until(Promise.all(calls.map(({ phone }) => phone.over())), 600_000);
    const real = calls.map(({ phone, begun }, index): Told => {
      const record = world.record(phone.callId);
      return {
        path: record.path.map(({ state }) => state),
        trail: [...(made[index]?.flow.trail ?? [])],
        heard: record.end.by === 'caller' ? undefined : begun.all,
        end: `${record.end.by} ${record.end.cause}`,
        duration: record.duration,
      };
    });
    expect(await world.finish()).toEqual([]);

    const different: string[] = [];
    for (const [index, { flow }] of made.entries()) {
      const over = real[index] as Told;
      flow.trail.length = 0;
      const done = calls[index]?.done ?? [];
      const told = await simulated(flow, done);
      if (agree(told, over)) continue;
      different.push(
        `flow ${seed + index}\n${JSON.stringify(over)}\n${JSON.stringify(told)}\n${JSON.stringify(done)}`,
      );
    }
    expect(
      different.length === 0 ? '' : `${different.length}: ${different.slice(0, 3).join('\n\n')}`,
    ).toBe('');
  }, 600_000);
});

async function simulated(flow: RandomFlow, done: readonly Reaction[]): Promise<Told | string> {
  let call: SimulatedCall;
  try {
    call = await simulate(flow.machine, { caller: scriptOf(done) });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return {
    path: call.path,
    trail: [...flow.trail],
    heard:
      call.end.by === 'caller' ? undefined : call.heard.filter((name) => name !== 'beep').length,
    end: `${call.end.by} ${call.end.cause}`,
    duration: call.duration,
  };
}

/** Signalling and packets take their time, which the simulator does not know. */
const tolerance = 600;

function agree(told: Told | string, real: Told): boolean {
  if (typeof told === 'string') return false;
  const { duration, ...rest } = told;
  const { duration: took, ...was } = real;
  return JSON.stringify(rest) === JSON.stringify(was) && Math.abs(duration - took) <= tolerance;
}
