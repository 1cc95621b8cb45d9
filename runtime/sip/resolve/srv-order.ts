import { below, type Random } from '../../core/random';
import type { SrvRecord } from './port';

/**
 * The order in which servers are tried (RFC 2782, "Usage rules"): by priority, and drawn by weight among
 * those of one priority, so that many clients share the load as the weights say.
 */
export function orderServers(records: readonly SrvRecord[], random: Random): SrvRecord[] {
  const byPriority = new Map<number, SrvRecord[]>();
  for (const record of records) {
    const group = byPriority.get(record.priority);
    if (group === undefined) byPriority.set(record.priority, [record]);
    else group.push(record);
  }
  return [...byPriority]
    .sort(([a], [b]) => a - b)
    .flatMap(([, group]) => drawByWeight(group, random));
}

function drawByWeight(group: readonly SrvRecord[], random: Random): SrvRecord[] {
  // Those of weight 0 stand first: they are drawn when the number is 0, a small chance as it should be.
  const left = [...group].sort((a, b) => a.weight - b.weight);
  const drawn: SrvRecord[] = [];
  let sum = left.reduce((total, { weight }) => total + weight, 0);
  while (left.length > 0) {
    const wanted = below(random, sum + 1);
    let running = 0;
    const index = left.findIndex(({ weight }) => {
      running += weight;
      return running >= wanted;
    });
    const [record] = left.splice(index, 1);
    if (record === undefined) break;
    sum -= record.weight;
    drawn.push(record);
  }
  return drawn;
}
