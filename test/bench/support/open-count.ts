import type { Server } from '../../../runtime/main';

/** Whatever a server has open, all together. */
export function openCount({ open }: Server): number {
  return Object.values({ ...open }).reduce((sum, count) => sum + count, 0);
}
