import type { ControlHandler } from '../control/server';
import type { Server } from '../main';

/** What a running server answers the other commands. */
export function commandsOf(server: Server): Readonly<Record<string, ControlHandler>> {
  return {
    trunks: () => server.trunks.states(),
  };
}
