import type { SipResponse } from '../../message/message';

/** A final response of a branch; without a message it is one that we make up for a branch that got none. */
export interface Candidate {
  readonly status: number;
  readonly response?: SipResponse;
}

/** What tells the caller how to ask again (RFC 3261 §16.7 step 6), the most useful first. */
const preferred: readonly number[] = [401, 407, 415, 420, 484];

/** What only says that a branch came to nothing. */
const hollow: ReadonlySet<number> = new Set([408, 430, 487, 503]);

/**
 * RFC 3261 §16.7 step 6: of 6xx any, else of the lowest class, where what affects the next try comes first and
 * what merely says that nobody was there comes last. `cancelled`: the caller has given up, and 487 says so.
 */
export function chooseBest(
  candidates: readonly Candidate[],
  cancelled: boolean,
): Candidate | undefined {
  let best: Candidate | undefined;
  let bestRank = Infinity;
  for (const candidate of candidates) {
    const rank = rankOf(candidate, cancelled);
    if (rank < bestRank) {
      best = candidate;
      bestRank = rank;
    }
  }
  return best;
}

function rankOf({ status, response }: Candidate, cancelled: boolean): number {
  const cls = Math.floor(status / 100);
  if (cls === 6) return 0;
  const place = preferred.indexOf(status);
  let within = 50;
  if (cancelled && status === 487) within = 0;
  else if (place >= 0) within = 1 + place;
  else if (hollow.has(status)) within = 90;
  // What somebody said before what we make up.
  return cls * 100 + within + (response === undefined ? 1 : 0);
}

/** RFC 3261 §16.7 step 7: the caller needs the challenges of all branches to answer them at once. */
export function mergeChallenges(best: SipResponse, candidates: readonly Candidate[]): void {
  if (!isChallenge(best.status)) return;
  for (const { status, response } of candidates) {
    if (response === undefined || response === best || !isChallenge(status)) continue;
    for (const name of ['WWW-Authenticate', 'Proxy-Authenticate']) {
      for (const value of response.headers.getAll(name)) best.headers.append(name, value);
    }
  }
}

function isChallenge(status: number): boolean {
  return status === 401 || status === 407;
}
