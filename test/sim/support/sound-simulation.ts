import { join } from 'node:path';
import type { CallRecord } from '../../../runtime/call/call-record';
import type { SrtpPolicy } from '../../../runtime/core/network-config';
import { below, fraction, type Random } from '../../../runtime/core/random';
import { InlineMediaEngine } from '../../../runtime/media/engine';
import type { LinkConditions } from '../../support/simulated-network';
import { Melody } from './melody';
import { SuppressingNetwork } from './silence-suppression';
import { SoundPhone } from './sound-phone';
import { soundScenes, type SoundScene, type Stage } from './sound-scenes';
import { anyTerminal } from './terminal';
import { World } from './world';

export interface SoundSimulationOptions {
  readonly seed: number;
  readonly scenes: number;
  /** Of the server and of all phones; the server's `allowed` and any of the phones' when absent. */
  readonly srtp?: SrtpPolicy;
  readonly keepMessages?: boolean;
}

export interface SoundSimulationResult {
  readonly records: readonly CallRecord[];
  readonly messages: readonly string[];
  /** What must not be: empty. */
  readonly violations: readonly string[];
  readonly cast: ReadonlyMap<string, number>;
  /** Pairs of codecs that bridges stood between. */
  readonly pairs: ReadonlySet<string>;
  readonly security: ReadonlySet<string>;
  readonly forms: ReadonlySet<string>;
  /** Packets of silence that phones did not send. */
  readonly suppressed: number;
}

/** Milliseconds between two scenes, on average. */
const meanGap = 1_500;

const flows = ['colleague', 'meeting', 'whole', 'who'];

/** Phones of every kind talk with the server and through it; all that is said, pressed and recorded is looked at. */
export async function simulateSound(
  options: SoundSimulationOptions,
): Promise<SoundSimulationResult> {
  const { seed, scenes, srtp, keepMessages = false } = options;
  const world = await World.open({
    ...{ seed, keepMessages },
    config: {
      flows: { files: flows.map((name) => join('test/sim/flows', `${name}.flow.ts`)) },
      outbound: { hosts: ['10.1.*'] },
      media: {
        codecs: ['PCMU', 'PCMA', 'G722', 'opus', 'L16'],
        ...(srtp === undefined ? {} : { srtp }),
      },
    },
  });
  const { clock } = world;
  const network = new SuppressingNetwork(world.network.media());
  const engine = new InlineMediaEngine({
    ...{ clock, network, random: world.random(7) },
    mediaTimeout: 0,
  });
  world.onClose(() => engine.close());
  const casting = world.random(6);
  const cast = new Map<string, number>();
  const violations: string[] = [];
  const running: Promise<void>[] = [];
  let melodies = 0;
  const all = (async () => {
    for (let index = 0; index < scenes; index += 1) {
      const scene = choose(casting);
      cast.set(scene.name, (cast.get(scene.name) ?? 0) + 1);
      const random = world.random(1_000 + index);
      const stage: Stage = {
        ...{ world, random, name: `scene-${index}` },
        phone: async (terminal, isCalled = false) => {
          const host = world.newHost();
          const any = anyTerminal(random, srtp);
          // Where the server need not encrypt, its offers are plain.
          const refuses = isCalled && srtp !== 'required' && any.srtp === 'required';
          const chosen = { ...any, ...(refuses ? { srtp: 'allowed' as const } : {}), ...terminal };
          melodies += 1;
          world.link(host, anyLink(random, chosen.keys !== 'inband'));
          if (chosen.suppresses) network.hosts.add(host);
          return SoundPhone.open({ world, engine }, chosen, Melody.of(melodies % 24), host);
        },
        check: (right, problem) => {
          if (!right) violations.push(`${scene.name} (${index}): ${problem()}`);
        },
      };
      running.push(
        scene.play(stage).catch((error: unknown) => {
          const text = error instanceof Error ? (error.stack ?? '') : String(error);
          violations.push(`${scene.name} (${index}): ${text}`);
        }),
      );
      await world.after(below(casting, 2 * meanGap));
    }
    await Promise.all(running);
  })();
  try {
    await world.until(all, scenes * 2 * meanGap + 400_000);
  } catch {
    violations.push('not all have come to an end');
  }
  violations.push(...(await world.finish()));
  if (engine.openSessions > 0)
    violations.push(`${engine.openSessions} sessions of phones are left`);
  const { records, messages } = world;
  return {
    ...{ records, messages, violations, cast },
    ...seen(records),
    suppressed: network.suppressed,
  };
}

function seen(
  records: readonly CallRecord[],
): Pick<SoundSimulationResult, 'pairs' | 'security' | 'forms'> {
  const pairs = new Set<string>();
  const security = new Set<string>();
  const forms = new Set<string>();
  for (const { media, legs } of records) {
    if (media === undefined) continue;
    security.add(media.security);
    for (const [form, count] of Object.entries(media.digitsByForm)) if (count > 0) forms.add(form);
    for (const leg of legs) pairs.add(`${media.codec} ${leg.media?.codec}`);
  }
  return { pairs, security, forms };
}

function choose(random: Random): SoundScene {
  const sum = soundScenes.reduce((total, { weight }) => total + weight, 0);
  let at = below(random, sum);
  for (const scene of soundScenes) {
    at -= scene.weight;
    if (at < 0) return scene;
  }
  throw new Error('weights do not add up');
}

/** Doubles, disorder and losses that a good substitute hides; none of these where keys are sound. */
function anyLink(random: Random, rough: boolean): LinkConditions {
  const min = below(random, 30);
  const evil = rough ? 1 : 0;
  return {
    delay: { min, max: min + below(random, 15) },
    loss: 0.02 * evil * fraction(random),
    duplication: 0.05 * evil * fraction(random),
    reordering: 0.02 * evil * fraction(random),
    reorderDelay: 10 + below(random, 20),
  };
}
