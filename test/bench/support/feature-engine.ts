/** A process with calls of our media engine in a worker thread that have one feature each: see `Feature`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaConference, MediaSession } from '../../../runtime/media/port';
import { callsEngine, pcmu, prompter } from './calls-engine';
import { beMeasured } from './measured';
import { KEYS, type StartFeature } from './media-protocol';

const calls = callsEngine(true);
const sessions: MediaSession[] = [];
const folder = mkdtempSync(join(tmpdir(), 'callchart-bench-'));

async function start({ calls: number, feature, sink }: StartFeature): Promise<readonly number[]> {
  const play = prompter();
  const parameters = {
    ...pcmu(sink),
    ...(feature.name === 'listen' && feature.secure ? { security: KEYS } : {}),
  };
  let conference: MediaConference | undefined;
  for (let call = 0; call < number; call += 1) {
    const session = await calls.session(parameters);
    sessions.push(session);
    switch (feature.name) {
      case 'play':
        play(session, call);
        break;
      case 'listen':
        play(session, call);
        session.tap({ sampleRate: 8_000, hear: 'peer', buffer: 40 });
        break;
      case 'record': {
        const { format, channels } = feature;
        const path = join(folder, `${call}`);
        const rest = { maxDuration: 3_600_000, endSilence: 0, finishOn: '', beep: false };
        play(session, call);
        session.record({ ...rest, format, channels, path });
        break;
      }
      case 'conference':
        if (call % feature.size === 0) conference = calls.engine.conference();
        conference?.join(session);
        break;
    }
  }
  return sessions.map(({ local }) => local.port);
}

beMeasured<StartFeature>({
  start,
  counted: () => 0,
  async stop() {
    const open = await calls.stop();
    rmSync(folder, { recursive: true });
    return open;
  },
});
