import { askServer } from '../control/client';
import { controlPath } from '../control/path';
import type { TrunkServerState, TrunkState } from '../trunk/port';
import { loadConfig } from './load-config';
import { formatTable } from './table';

export interface TrunksOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/**
 * `callchart trunks`: what the running server knows of its trunks. Resolves with the exit status: 1 when one is
 * down.
 */
export async function trunks(options: TrunksOptions): Promise<number> {
  const config = loadConfig(options.config);
  const answer = await askServer(controlPath(config.data.directory), 'trunks');
  // What the server of this package writes; another version may leave a member out, never change one.
  const states = answer as readonly TrunkState[];
  if (options.json === true) {
    for (const state of states) process.stdout.write(`${JSON.stringify(state)}\n`);
  } else if (states.length === 0) {
    process.stdout.write('no trunks in the configuration\n');
  } else {
    process.stdout.write(`${trunkTable(states, new Date())}\n`);
  }
  return states.some(({ state }) => state === 'down') ? 1 : 0;
}

const heading = ['trunk', 'state', 'calls', 'server', 'registration', 'reachable', 'last error'];

/** One line a server; a trunk's own facts stand on its first. */
export function trunkTable(states: readonly TrunkState[], now: Date): string {
  const rows = states.flatMap((trunk) =>
    trunk.servers.map((server, index) => [
      ...(index === 0 ? [trunk.name, trunk.state, callsOf(trunk)] : ['', '', '']),
      server.server,
      registrationOf(server, now),
      reachableOf(server),
      server.lastError ?? '',
    ]),
  );
  return formatTable([heading, ...rows]);
}

function callsOf({ calls, maxCalls }: TrunkState): string {
  return maxCalls === undefined ? String(calls) : `${calls} of ${maxCalls}`;
}

function registrationOf({ registration, registeredUntil }: TrunkServerState, now: Date): string {
  if (registration !== 'registered' || registeredUntil === undefined) return registration;
  const seconds = Math.max(0, Math.round((registeredUntil - now.getTime()) / 1_000));
  return `registered, ${seconds} s left`;
}

function reachableOf({ reachable, roundTrip }: TrunkServerState): string {
  return reachable === 'up' && roundTrip !== undefined
    ? `up, ${Math.round(roundTrip)} ms`
    : reachable;
}
