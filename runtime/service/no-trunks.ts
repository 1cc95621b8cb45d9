import type { Trunks } from '../trunk/port';

/** Stands in until the trunks are there. */
export function createTrunks(_options: unknown): Trunks {
  return {
    names: [],
    identify: () => undefined,
    byInboundUser: () => undefined,
    inboundNumber: (_trunk, number) => number,
    admit: () => () => undefined,
    place: () => ({ type: 'refused', status: 503, reason: 'there are no trunks' }),
    states: () => [],
    start: () => undefined,
    close: () => Promise.resolve(),
  };
}
