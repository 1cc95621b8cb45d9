import { parentPort, workerData } from 'node:worker_threads';
import { RealClock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import { SecureRandom } from '../../core/random';
import { UdpNetwork } from '../udp-network';
import { MediaHost } from './host';
import type { Command, Report, ThreadSettings } from './protocol';

// The program of a media thread: see `thread-port.ts`, which starts it.

function run(port: NonNullable<typeof parentPort>, settings: ThreadSettings): void {
  const clock = new RealClock();
  const random = new SecureRandom();
  const post = (report: Report): void => {
    port.postMessage(report);
    // With nobody left to hear from, and nothing open, the thread ends.
    if (report.type === 'ended') port.close();
  };
  const { portRange, bindHost } = settings;
  const host = new MediaHost({
    clock,
    random,
    settings,
    logger: forwardingLogger(post),
    network: new UdpNetwork({
      clock,
      random,
      portRange,
      ...(bindHost === undefined ? {} : { bindHost }),
    }),
    post,
  });
  port.on('message', (command: Command) => host.receive(command));
}

/** The signalling thread writes the log. */
function forwardingLogger(post: (report: Report) => void): Logger {
  const write =
    (level: keyof Logger): Logger['info'] =>
    (fields, message) => {
      post({ type: 'log', level, fields, message });
    };
  return {
    // Of media, nothing is told at debug that is not in the statistics.
    debug: () => undefined,
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}

if (parentPort !== null) run(parentPort, workerData as ThreadSettings);
