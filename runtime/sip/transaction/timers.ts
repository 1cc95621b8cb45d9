import type { TimerValues } from './port';

/** The timers of RFC 3261 table 4 and RFC 6026 §8, in milliseconds, derived from T1, T2 and T4. */
export interface TransactionTimers {
  /** First retransmission of an INVITE over an unreliable transport; doubles without limit. */
  readonly a: number;
  /** An INVITE without any response is given up. */
  readonly b: number;
  /** A proxy's limit for an INVITE that rings (RFC 3261 §16.6, more than three minutes). */
  readonly c: number;
  /** How long an INVITE client acknowledges retransmitted refusals. */
  readonly d: number;
  /** First retransmission of another request; doubles up to T2. */
  readonly e: number;
  /** Another request without final response is given up. */
  readonly f: number;
  /** First retransmission of a refusal of an INVITE; doubles up to T2. */
  readonly g: number;
  /** A refusal without ACK is given up. */
  readonly h: number;
  /** How long further ACKs are absorbed. */
  readonly i: number;
  /** How long retransmissions of another request are answered again. */
  readonly j: number;
  /** How long retransmissions of a response to another request are absorbed. */
  readonly k: number;
  /** How long an accepted INVITE absorbs its retransmissions (RFC 6026 §7.1). */
  readonly l: number;
  /** How long an accepted INVITE of ours takes further 2xx (RFC 6026 §7.2). */
  readonly m: number;
  /** The cap on E and G. */
  readonly t2: number;
  /** An INVITE without a response of ours gets 100 after this (RFC 3261 §17.2.1). */
  readonly trying: number;
  /**
   * Another request without a response of ours gets 100 after this, and over an unreliable transport
   * never before: when the client's timer E has come to T2 (RFC 4320 §4.1).
   */
  readonly nonInviteTrying: number;
}

/** How many T1 a transaction lasts (RFC 3261 §17.1.1.2): seven transmissions of an INVITE. */
const lifetime = 64;

/** RFC 6026 §8.4: timer D may not be shorter, since it cannot know the server's T1. */
const shortestD = 32_000;

/** All values are those for unreliable transports; over reliable ones D, I, J and K are zero. */
export function deriveTimers({ t1, t2, t4 }: TimerValues): TransactionTimers {
  const whole = lifetime * t1;
  return {
    a: t1,
    b: whole,
    c: 181_000,
    d: Math.max(shortestD, whole),
    e: t1,
    f: whole,
    g: t1,
    h: whole,
    i: t4,
    j: whole,
    k: t4,
    l: whole,
    m: whole,
    t2,
    trying: 200,
    nonInviteTrying: timeUntilCapped(t1, t2),
  };
}

/** The sum of the intervals that come before the one that is T2: 500 + 1 000 + 2 000. */
function timeUntilCapped(t1: number, t2: number): number {
  let sum = 0;
  for (let interval = t1; interval < t2; interval *= 2) sum += interval;
  return sum;
}
