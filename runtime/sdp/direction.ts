import type { NegotiatedAudio } from './port';

export type Direction = NegotiatedAudio['direction'];

const send = 1;
const receive = 2;

const byMask: readonly Direction[] = ['inactive', 'sendonly', 'recvonly', 'sendrecv'];

function mask(direction: Direction): number {
  return byMask.indexOf(direction);
}

/** A direction as the other side sees it. */
export function mirrored(direction: Direction): Direction {
  if (direction === 'sendonly') return 'recvonly';
  if (direction === 'recvonly') return 'sendonly';
  return direction;
}

/** What both allow, seen from the same side. */
export function common(a: Direction, b: Direction): Direction {
  return byMask[mask(a) & mask(b)] as Direction;
}

/** The same direction without sending. */
export function withoutSending(direction: Direction): Direction {
  return byMask[mask(direction) & ~send] as Direction;
}

export function sends(direction: Direction): boolean {
  return (mask(direction) & send) !== 0;
}

export function receives(direction: Direction): boolean {
  return (mask(direction) & receive) !== 0;
}
