/** A whole server whose calls wait, are echoed, or are streamed to an app. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../../../runtime/config/resolve';
import { createServer, type Server } from '../../../runtime/main';
import { beMeasured } from './measured';
import { openCount } from './open-count';

export interface StartStreaming {
  readonly type: 'start';
  readonly worker: boolean;
  /** The port of the app. */
  readonly app: number;
  /** l16 has 16 000 Hz. */
  readonly encoding: 'mulaw' | 'l16';
  /** The first of a thousand for media. */
  readonly ports: number;
}

const root = join(__dirname, '..', '..', '..');
const directory = mkdtempSync(join(tmpdir(), 'callchart-bench-'));
let server: Server | undefined;

beMeasured<StartStreaming>({
  async start({ worker, app, encoding, ports }) {
    process.env['BENCH_STREAM_PORT'] = String(app);
    process.env['BENCH_STREAM_ENCODING'] = encoding;
    const flow = (name: string): string => join(root, 'test', 'bench', 'flows', `${name}.flow.ts`);
    const config = resolveConfig(
      {
        sip: { listen: ['udp:127.0.0.1:0'] },
        media: { ports: { min: ports, max: ports + 999 }, workers: worker ? 1 : 0 },
        flows: { files: [flow('wait'), flow('echo'), flow('stream')] },
        prompts: { directory: join(root, 'prompts') },
        web: { allow: ['127.0.0.1'] },
        // All callers are one.
        security: { maxRequestsPerSecond: 0, maxFailures: 0 },
      },
      { source: 'bench', directory, environment: {} },
    );
    server = await createServer(config, { version: 'bench', onRecord: () => undefined });
    return server.listeners.map(({ port }) => port);
  },
  counted: () => server?.open.streams ?? 0,
  async stop() {
    await server?.close();
    rmSync(directory, { recursive: true });
    if (server === undefined) return 0;
    const open = openCount(server);
    if (open > 0) console.error('left open:', server.open);
    return open;
  },
});
