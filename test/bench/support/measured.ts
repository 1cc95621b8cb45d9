import { RealClock } from '../../../runtime/core/clock';
import { tell, type ToMeasured } from './media-protocol';

export interface MeasuredParts<S> {
  /** Resolves with the ports that sound is expected at. */
  start(message: S): Promise<readonly number[]>;
  /** Packets so far. */
  counted(): number;
  /** Ends everything; resolves with what is open all the same. */
  stop(): Promise<number>;
}

/**
 * The talk of a process under measurement with its parent. It ends by itself once it is told to stop, unless something
 * of it is left: a socket, a timer, a thread.
 */
export function beMeasured<S extends { readonly type: 'start' }>(parts: MeasuredParts<S>): void {
  const clock = new RealClock();
  let mark = { cpu: process.cpuUsage(), time: clock.now(), counted: 0 };
  process.on('message', (message: S | ToMeasured) => {
    switch (message.type) {
      case 'start':
        void parts.start(message).then((ports) => tell({ type: 'ready', ports }));
        return;
      case 'mark':
        mark = { counted: parts.counted(), cpu: process.cpuUsage(), time: clock.now() };
        return;
      case 'report': {
        const { user, system } = process.cpuUsage(mark.cpu);
        const elapsed = (clock.now() - mark.time) * 1_000;
        const counted = parts.counted() - mark.counted;
        const rss = process.memoryUsage.rss();
        tell({ type: 'report', cpu: user + system, elapsed, counted, rss });
        return;
      }
      case 'stop':
        void parts.stop().then((open) => {
          tell({ type: 'stopped', open });
          process.disconnect();
        });
    }
  });
}
