/** A process with nothing but our media engine in it, and calls that play, or play and listen. */
import { callsEngine, pcmu, prompter, type CallsEngine } from './calls-engine';
import { beMeasured } from './measured';
import type { StartSending } from './media-protocol';

let calls: CallsEngine | undefined;
let heard = 0;

beMeasured<StartSending>({
  async start({ calls: number, listen, sink, worker }) {
    calls = callsEngine(worker);
    const play = prompter();
    const ports: number[] = [];
    for (let call = 0; call < number; call += 1) {
      const session = await calls.session(pcmu(sink));
      play(session, call);
      if (listen && worker) {
        // Heard in the worker, where a recorder or a detector would be; nobody reads it here.
        session.tap({ sampleRate: 8_000, hear: 'peer', buffer: 40 });
      } else if (listen) {
        session.listen((frame) => {
          heard += (frame[0] as number) === 0 ? 0 : 1;
        });
      }
      ports.push(session.local.port);
    }
    return ports;
  },
  counted: () => heard,
  stop: async () => (await calls?.stop()) ?? 0,
});
