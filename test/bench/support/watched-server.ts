/** A process with a registrar and proxy in it that watches its own event loop. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createServer, type Server } from '../../../runtime/main';
import { elementConfig } from './element-config';
import { openCount } from './open-count';
import type { FromWatched, ToWatched } from './stall-protocol';

/** Milliseconds between two looks; a look that comes on time counts as so much. */
const resolution = 1;
const delays = monitorEventLoopDelay({ resolution });
let server: Server | undefined;

function tell(message: FromWatched): void {
  process.send?.(message);
}

async function start(data: string): Promise<void> {
  const config = elementConfig({ listen: 'udp:127.0.0.1:0', data, authentication: 'none' });
  server = await createServer(config, { version: 'bench', onRecord: () => undefined });
  const [listener] = server.listeners;
  if (listener === undefined) throw new Error('nothing is listened on');
  tell({ type: 'ready', port: listener.port, bindings: server.location.size });
}

process.on('message', (message: ToWatched) => {
  switch (message.type) {
    case 'start':
      void start(message.data);
      return;
    case 'watch':
      delays.enable();
      delays.reset();
      tell({ type: 'watching' });
      return;
    case 'report': {
      const open = server === undefined ? 0 : openCount(server);
      const stall = Math.max(0, delays.max / 1e6 - resolution);
      tell({ type: 'report', stall, open });
    }
  }
});
