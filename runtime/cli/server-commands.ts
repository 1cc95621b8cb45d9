import type { ControlHandler } from '../control/server';
import type { Server } from '../main';

/** What a running server answers the other commands. */
export function commandsOf(server: Server): Readonly<Record<string, ControlHandler>> {
  return {
    trunks: () => server.trunks.states(),
    voices: () => server.speech,
    calls: () => server.liveCalls(),
    queues: () => server.queues(),
    originate: async (input) => {
      // Loaded when first needed: the schema's library costs a twentieth of a second.
      const { readOriginateInput } = await import('./originate-input');
      return server.originate(readOriginateInput(input));
    },
  };
}
