import { below, SeededRandom, type Random } from '../../../runtime/core/random';
import type { DialOptions } from '../../../runtime/call/port';
import { oneScene, type Scene } from '../scene';
import type { PhoneCall, ScenePhone } from '../scene-phone';

const open = oneScene();

function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)] as T;
}

/** Does something after a while, if the call is still there. */
function later(scene: Scene, call: PhoneCall, delay: number, step: () => unknown): void {
  scene.clock.setTimeout(() => {
    if (call.end === undefined) void step();
  }, delay);
}

/** A callee of some temper. */
function behave(scene: Scene, random: Random, phone: ScenePhone): void {
  const temper = pick(random, ['answers', 'answers', 'sounds', 'refuses', 'sleeps'] as const);
  const first = below(random, 3_000);
  const second = first + below(random, 3_000);
  phone.onCall = (call) => {
    if (temper === 'sounds') call.ringWithSound();
    else call.ring();
    if (temper === 'refuses') {
      const status = pick(random, [486, 480, 404, 603, 503, 302]);
      later(scene, call, first, () => call.reject(status));
    } else if (temper !== 'sleeps') {
      later(scene, call, first, () => call.answer());
      later(scene, call, second, () => {
        if (call.established) void call.press('1').catch(() => undefined);
      });
      later(scene, call, second + 2_000, () => {
        if (call.established) void call.reoffer(pick(random, ['sendonly', 'inactive', 'sendrecv']));
      });
      if (below(random, 2) === 0) later(scene, call, second + 5_000, () => call.hangUp());
    }
  };
}

describe('whatever callers and callees do, on a network that loses and reorders', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => [seed]))(
    'each dial ends, once, and nothing is left (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed + 1);
      const scene = await open({ mediaTimeout: 10_000 });
      const alice = await scene.phone('caller');
      const bob = await scene.phone('callee');
      const carol = await scene.phone('other', { telephoneEvent: false, codecs: ['PCMA'] });
      for (const phone of [bob, carol]) behave(scene, random, phone);
      const { call, caller } = await scene.calling(alice);
      scene.degrade({ loss: 0.05, reordering: 0.1, duplication: 0.05, delay: { min: 1, max: 40 } });
      const options: Partial<DialOptions> = {
        targets: [bob.uri, carol.uri],
        timeout: 4_000,
        strategy: pick(random, ['parallel', 'sequential']),
        ringback: pick<DialOptions['ringback']>(random, ['pass', 'tone', { prompt: 'music' }]),
        answerOnBridge: below(random, 2) === 0,
        ...(below(random, 3) === 0
          ? { screening: { prompt: 'question', accept: '1', timeout: 3_000 } }
          : {}),
        ...(below(random, 2) === 0 ? { record: {} } : {}),
        ...(below(random, 2) === 0 ? { holdMusic: 'music' } : {}),
        ...(below(random, 2) === 0 ? { timeLimit: 8_000 } : {}),
      };
      let ends = 0;
      const leave = new AbortController();
      const dial = scene.dial(call, options, leave.signal, () => {
        ends += 1;
      });
      const giveUp = pick(random, ['caller', 'flow', 'nobody'] as const);
      scene.clock.setTimeout(
        () => {
          if (giveUp === 'caller') caller.hangUp();
          if (giveUp === 'flow') leave.abort();
        },
        below(random, 12_000),
      );
      await scene.run(25_000);
      if (dial.result === undefined) leave.abort();
      await scene.run(1_000);
      expect(dial.error).toBeUndefined();
      expect(ends).toBe(1);
      // Each INVITE that a phone has seen is over, and stands in the record.
      call.hangup();
      scene.degrade(undefined);
      await scene.run(60_000);
      const seen = [bob, carol].flatMap(({ received }) => received);
      expect(seen.filter(({ end }) => end === undefined)).toEqual([]);
      const recorded = scene.record.legs.map(({ callId }) => callId);
      expect(recorded).toEqual(
        expect.arrayContaining(seen.map(({ session }) => session.callId)) as unknown,
      );
      const answered = dial.result?.type === 'answered';
      expect(scene.told.filter((told) => told.startsWith('dial.answered')).length).toBeLessThan(2);
      if (answered) expect(scene.record.legs.some((leg) => leg.answered)).toBe(true);
    },
  );
});
