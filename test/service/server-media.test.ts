import { resolveConfig } from '../../runtime/config/resolve';
import type { ResolvedConfig } from '../../runtime/config/resolved';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { InlineMediaEngine } from '../../runtime/media/engine';
import { WorkerMediaEngine } from '../../runtime/media/worker/engine';
import { checkOpenFiles, createServerMedia } from '../../runtime/service/server-media';
import { MemoryFiles } from '../support/memory-files';
import { MemoryMediaNetwork } from '../support/memory-media-network';

const random = new SeededRandom(1);
const logger = silentLogger;

function configWith(media: object, sip: object = {}): ResolvedConfig {
  const where = { source: 'test', directory: '/', environment: {} };
  return resolveConfig({ media, sip }, where);
}

describe('the media of a server', () => {
  it('runs in as many threads as the configuration says', async () => {
    const config = configWith({ workers: 2 });
    const media = createServerMedia({ config, parts: {}, clock: new RealClock(), random, logger });
    expect(media.engine).toBeInstanceOf(WorkerMediaEngine);
    expect(media.openWorkers).toBe(2);
    expect(media.engine.fingerprint?.algorithm).toBe('sha-256');
    await media.engine.close();
    expect(media.openWorkers).toBe(0);
  });

  it('runs inline with none, in virtual time, and with networks and files of this thread', async () => {
    const real = new RealClock();
    const virtual = new VirtualClock();
    const none = configWith({ workers: 0 });
    const one = configWith({ workers: 1 });
    for (const [config, clock, parts] of [
      [none, real, {}],
      [one, virtual, {}],
      [one, real, { mediaNetwork: new MemoryMediaNetwork(real) }],
      [one, real, { recordingFiles: new MemoryFiles() }],
    ] as const) {
      const media = createServerMedia({ config, parts, clock, random, logger });
      expect(media.engine).toBeInstanceOf(InlineMediaEngine);
      expect([media.openWorkers, media.openPorts]).toEqual([0, 0]);
      await media.engine.close();
    }
  });
});

describe('the limit of open files', () => {
  it('is warned of when all calls would not fit, with what to do', () => {
    const lines: string[] = [];
    const listening = { ...silentLogger, warn: (_: object, line: string) => void lines.push(line) };
    const config = configWith({}, { maxCalls: 500 });
    checkOpenFiles(config, listening, 4_096);
    expect(lines).toEqual([]);
    checkOpenFiles(config, listening, 1_024);
    expect(lines).toEqual([
      expect.stringMatching(/is 1024, and sip.maxCalls = 500 may need 2256.*ulimit.*to 192$/),
    ]);
  });
});
