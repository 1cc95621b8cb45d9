import type { Clock } from '../../../runtime/core/clock';
import { below, type Random } from '../../../runtime/core/random';
import { failureOfStatus } from '../../../runtime/call/dial/classify';
import type { Callee, TransferScene } from '../../../runtime/simulate/port';
import { reasonPhrase } from '../../../runtime/sip/message/create';
import type { IncomingRefer } from '../../../runtime/sip/ua/port';
import type { PhoneCall } from '../../call/scene-phone';

/** Where all who are called have their telephone; who is meant stands in front of it. */
export const calleeHost = '10.3.0.1';

/** How somebody who is called behaves, as the simulator is told. */
export interface CalleePlan {
  readonly callee: Callee;
  /** The response to the call, of one who refuses. */
  readonly status?: number;
  /** Milliseconds of the question that he is asked. */
  readonly question?: number;
}

/** Between an answer, or the end of a question, and a key of the callee's. */
const thought = 1_000;

/**
 * @param turn who is called beside another one answers at another time
 * @param question milliseconds, of one who is asked whether he takes the call
 */
export function randomCallee(
  random: Random,
  { turn, question }: { readonly turn: number; readonly question: number | undefined },
): CalleePlan {
  const rings = 430 + 15 * turn + 100 * below(random, 6);
  const kind = below(random, 100);
  const refuses = (status: number, ringing: number): CalleePlan => {
    const { result } = failureOfStatus(status, reasonPhrase(status));
    return { callee: { rings: ringing, result: result as NonNullable<Callee['result']> }, status };
  };
  if (kind < 12) return refuses([486, 600][below(random, 2)] ?? 486, rings);
  if (kind < 20) return refuses([403, 488, 500, 603][below(random, 4)] ?? 603, rings);
  if (kind < 26) return refuses([404, 410, 604][below(random, 3)] ?? 404, 0);
  if (kind < 32) return refuses([408, 480][below(random, 2)] ?? 480, rings);
  if (kind < 40) return { callee: { result: { type: 'noAnswer' } } };
  const key = below(random, 100);
  const callee: Callee = {
    rings,
    talks: below(random, 100) < 50 ? 700 + 200 * below(random, 6) : Infinity,
    ...(below(random, 100) < 25 ? { earlyMedia: true } : {}),
    ...(question === undefined || key < 60 ? {} : { presses: key < 80 ? '9' : (false as const) }),
  };
  return question === undefined ? { callee } : { callee, question };
}

/** Does on a real telephone what the simulator was told. */
export function behaveAs(plan: CalleePlan | undefined, call: PhoneCall, clock: Clock): void {
  if (plan === undefined) throw new Error(`nobody plans ${call.session.request.requestUri}`);
  const { callee, status, question } = plan;
  const { rings, talks = Infinity, presses = '1' } = callee;
  const later = (delay: number, then: () => void): void => {
    clock.setTimeout(() => {
      if (call.end === undefined) then();
    }, delay);
  };
  const talk = (): void => {
    if (talks !== Infinity) later(talks, () => call.hangUp());
  };
  if (callee.earlyMedia === true) call.ringWithSound();
  else if (rings !== 0) call.ring();
  if (rings === undefined) return;
  later(rings, () => {
    if (status !== undefined) {
      call.reject(status);
      return;
    }
    call.answer();
    if (question === undefined) talk();
    else if (presses !== false) {
      later(question + thought, () => {
        call.press(presses).catch(() => undefined);
        if (presses === '1') talk();
      });
    }
  });
}

export function randomTransfer(random: Random): TransferScene {
  const after = 330 + 100 * below(random, 10);
  switch (below(random, 5)) {
    case 0:
      return { type: 'failed', status: 486, reason: reasonPhrase(486), after };
    case 1:
      return { type: 'failed', status: 404, reason: reasonPhrase(404), after };
    case 2:
      return { type: 'refused', status: 603, reason: reasonPhrase(603), after: 0 };
    case 3:
      return { type: 'noNotify' };
    default:
      return { type: 'accepted', status: 200, after };
  }
}

/** Answers a real REFER as the simulator was told. */
export function referAs(plan: TransferScene | undefined, refer: IncomingRefer, clock: Clock): void {
  if (plan === undefined) throw new Error(`nobody plans a transfer to ${refer.target}`);
  if (plan.type === 'refused') {
    refer.reject(plan.status, plan.reason);
    return;
  }
  const progress = refer.accept();
  // A telephone bears few that nothing came of: it says so when nobody waits for it any more.
  const [status, after] = plan.type === 'noNotify' ? [503, 2_600] : [plan.status, plan.after ?? 0];
  clock.setTimeout(() => void progress.done(status), after);
}
