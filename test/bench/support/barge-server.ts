/** A whole server with one media worker, whose calls are played to for ever or until a key is pressed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../../../runtime/config/resolve';
import { createServer, type Server } from '../../../runtime/main';
import { beMeasured } from './measured';
import { openCount } from './open-count';

const root = join(__dirname, '..', '..', '..');
const directory = mkdtempSync(join(tmpdir(), 'callchart-bench-'));
let server: Server | undefined;

beMeasured({
  async start() {
    const flow = (name: string): string => join(root, 'test', 'bench', 'flows', `${name}.flow.ts`);
    const config = resolveConfig(
      {
        sip: { listen: ['udp:127.0.0.1:0'] },
        media: { ports: { min: 42_000, max: 44_999 }, workers: 1 },
        flows: { files: [flow('play'), flow('barge-in')] },
        prompts: { directory: join(root, 'prompts') },
        // All callers are one.
        security: { maxRequestsPerSecond: 0, maxFailures: 0 },
      },
      { source: 'bench', directory, environment: {} },
    );
    server = await createServer(config, { version: 'bench', onRecord: () => undefined });
    return server.listeners.map(({ port }) => port);
  },
  counted: () => 0,
  async stop() {
    await server?.close();
    rmSync(directory, { recursive: true });
    if (server === undefined) return 0;
    const open = openCount(server);
    if (open > 0) console.error('left open:', server.open);
    return open;
  },
});
