/** Ports; both ends are included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Parts of a range, one for each of at most `count` threads, so that no two look for the same port. Each begins with
 * an even port, has whole pairs, and at least one (RFC 3550 §11); a range without any is given on as it is.
 */
export function splitPorts(range: PortRange, count: number): readonly PortRange[] {
  const first = range.first + (range.first % 2);
  const pairs = Math.floor((range.last + 1 - first) / 2);
  const parts = Math.max(1, Math.min(count, pairs));
  if (parts === 1) return [range];
  const shares: PortRange[] = [];
  for (let part = 0, from = 0; part < parts; part += 1) {
    const to = Math.floor(((part + 1) * pairs) / parts);
    shares.push({ first: first + 2 * from, last: first + 2 * to - 1 });
    from = to;
  }
  return shares;
}
