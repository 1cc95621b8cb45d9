import type { CallRecord } from '../../../runtime/call/call-record';
import { below, fraction, type Random } from '../../../runtime/core/random';
import type { LinkConditions, SimulatedNetwork } from '../../support/simulated-network';
import { phoneCallers, type PhoneCaller } from './phone-callers';
import { CallOver, SimulatedPhone } from './phone';
import { RawCaller } from './raw-caller';
import { rawCallers, type RawBehaviour } from './raw-callers';
import { World } from './world';

export interface SimulationOptions {
  readonly seed: number;
  readonly calls: number;
  readonly keepMessages?: boolean;
  readonly keepFlowLogs?: boolean;
}

export interface SimulationResult {
  readonly records: readonly CallRecord[];
  /** What each call's flow was given, as lines. */
  readonly flowLogs: readonly string[];
  /** The SIP messages of the server, if they were kept. */
  readonly messages: readonly string[];
  /** What must not be: empty. */
  readonly violations: readonly string[];
  readonly mostCalls: number;
  readonly network: SimulatedNetwork['counters'];
  /** How many there were of each kind. */
  readonly cast: ReadonlyMap<string, number>;
  /** Milliseconds of virtual time. */
  readonly duration: number;
}

type Role =
  | { readonly type: 'phone'; readonly behaviour: PhoneCaller }
  | { readonly type: 'raw'; readonly behaviour: RawBehaviour };

export const roles: readonly Role[] = [
  ...phoneCallers.map((behaviour) => ({ type: 'phone', behaviour }) as const),
  ...rawCallers.map((behaviour) => ({ type: 'raw', behaviour }) as const),
];
const allWeights = roles.reduce((sum, { behaviour }) => sum + behaviour.weight, 0);

/** Milliseconds between two calls, on average: with calls of some ten seconds about thirty at once. */
const meanGap = 350;

/** A caller after its call, with what is to be said of it. */
interface Played {
  readonly name: string;
  readonly callId: string;
  check(world: World): string | undefined;
}

/** A thousand strangers call the reception, each in its own way, over links that lose, double and mix up. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, calls, keepMessages = false, keepFlowLogs = false } = options;
  const world = await World.open({ seed, keepMessages, keepFlowLogs, slowestPorts: 150 });
  const begin = world.clock.now();
  const casting = world.random(6);
  const cast = new Map<string, number>();
  const played: Played[] = [];
  const failures: string[] = [];
  const running: Promise<void>[] = [];
  let left = calls;
  const all = (async () => {
    for (let index = 0; index < calls; index += 1) {
      const role = choose(casting);
      const { name } = role.behaviour;
      cast.set(name, (cast.get(name) ?? 0) + 1);
      running.push(
        play(role, world, world.random(1_000 + index)).then(
          (caller) => {
            played.push(caller);
            left -= 1;
          },
          (error: unknown) => {
            failures.push(
              `${name}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
            );
            left -= 1;
          },
        ),
      );
      await world.after(below(casting, 2 * meanGap));
    }
    await Promise.all(running);
  })();
  const violations: string[] = [];
  try {
    await world.until(all, calls * 2 * meanGap + 400_000);
  } catch {
    violations.push(`${left} callers have not come to an end`);
  }
  violations.push(...(await world.finish()), ...failures);
  for (const caller of played) {
    const problem = caller.check(world);
    if (problem !== undefined) violations.push(`${caller.name} (${caller.callId}): ${problem}`);
  }
  const { records, flowLogs, messages, mostCalls, network, clock } = world;
  return {
    ...{ records, flowLogs, messages, violations, mostCalls, cast },
    network: network.counters,
    duration: clock.now() - begin,
  };
}

function choose(random: Random): Role {
  let at = below(random, allWeights);
  for (const role of roles) {
    at -= role.behaviour.weight;
    if (at < 0) return role;
  }
  throw new Error('weights do not add up');
}

/** Up to ten per cent of each evil. */
function anyLink(random: Random): LinkConditions {
  const min = below(random, 30);
  return {
    delay: { min, max: min + below(random, 20) },
    loss: 0.1 * fraction(random),
    duplication: 0.1 * fraction(random),
    reordering: 0.1 * fraction(random),
    reorderDelay: 10 + below(random, 90),
  };
}

function play(role: Role, world: World, random: Random): Promise<Played> {
  return role.type === 'phone'
    ? playPhone(role.behaviour, world, random)
    : playRaw(role.behaviour, world, random);
}

async function playPhone(behaviour: PhoneCaller, world: World, random: Random): Promise<Played> {
  const phone = await SimulatedPhone.open(world, {
    codecs: below(random, 2) === 0 ? ['PCMU', 'PCMA'] : ['PCMA'],
  });
  world.link(phone.host, anyLink(random));
  phone.dial();
  try {
    await behaviour.play({ world, phone, random });
  } catch (error) {
    if (!(error instanceof CallOver)) throw error;
  }
  if (behaviour.vanishes === true) phone.hangUp();
  await phone.over();
  return {
    name: behaviour.name,
    callId: phone.callId,
    check: (world) => checkPhone(behaviour, phone, world),
  };
}

async function playRaw(behaviour: RawBehaviour, world: World, random: Random): Promise<Played> {
  const caller = await RawCaller.open(world, random);
  world.link(caller.host, anyLink(random));
  await behaviour.play({ world, caller, random });
  return {
    name: behaviour.name,
    callId: caller.callId,
    check: () => {
      const record = world.records.find(({ callId }) => callId === caller.callId);
      return record === undefined ? undefined : behaviour.check?.(record, caller);
    },
  };
}

function checkPhone(
  behaviour: PhoneCaller,
  phone: SimulatedPhone,
  world: World,
): string | undefined {
  const wire = world.wire.get(phone.callId);
  // Seven INVITEs were lost, or it gave up before one arrived.
  if (wire?.invited !== true) return undefined;
  const record = world.record(phone.callId);
  const path = record.path.map(({ state }) => state);
  const expected = behaviour.path ?? [];
  if (expected.some((state, index) => path[index] !== state)) {
    return `went ${path.join(' ')}; ended ${JSON.stringify([record.end, phone.end])}`;
  }
  const digits = record.digits.map((each) => each['digits']).join(',');
  if (behaviour.digits !== undefined && digits !== behaviour.digits) return `pressed ${digits}`;
  const [by, cause] = behaviour.end ?? [record.end.by, record.end.cause];
  if (record.end.by !== by || record.end.cause !== cause) {
    return `ended ${JSON.stringify(record.end)}`;
  }
  if (behaviour.vanishes === true) {
    return record.end.by === 'system'
      ? undefined
      : `ended ${JSON.stringify(record.end)} without its caller`;
  }
  return disagreement(record, phone, world) ?? behaviour.check?.(record);
}

/** Both ends lived, so both say the same: who hung up, unless their BYEs crossed. */
function disagreement(
  { end, answered }: CallRecord,
  phone: SimulatedPhone,
  world: World,
): string | undefined {
  const theirs = phone.end;
  const both = `caller: ${JSON.stringify(theirs)}, record: ${JSON.stringify(end)}`;
  if (theirs === undefined) return `the caller does not know that the call is over; ${both}`;
  if (phone.establishedAt === undefined) {
    // Cancelled: in time, or across the 200, which is then followed by the caller's BYE.
    const agreed = end.by === 'caller' && end.cause === (answered ? 'bye' : 'cancel');
    return agreed ? undefined : `not established; ${both}`;
  }
  if (!answered) return `only one end was answered; ${both}`;
  const wire = world.wire.get(phone.callId);
  const crossed =
    wire?.firstByeOut !== undefined &&
    wire.firstByeIn !== undefined &&
    wire.firstByeOut <= wire.firstByeIn;
  if (end.by === 'caller') return theirs.by === 'local' ? undefined : both;
  return theirs.by === 'remote' || crossed ? undefined : both;
}
