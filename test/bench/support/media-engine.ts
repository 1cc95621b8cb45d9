/** A process with nothing but our media engine in it. */
import type { AudioClip } from '../../../runtime/core/audio';
import { RealClock } from '../../../runtime/core/clock';
import { SeededRandom } from '../../../runtime/core/random';
import { InlineMediaEngine } from '../../../runtime/media/engine';
import type { MediaEngine } from '../../../runtime/media/port';
import { WorkerMediaEngine } from '../../../runtime/media/worker/engine';
import { UdpNetwork } from '../../../runtime/media/udp-network';
import { HOST, tell, type StartSending, type ToSender } from './media-protocol';

const clock = new RealClock();
const random = new SeededRandom(1);
const portRange = { first: 42_000, last: 44_999 };

function createEngine(worker: boolean): MediaEngine {
  if (worker) return new WorkerMediaEngine({ clock, workers: 1, portRange, mediaTimeout: 0 });
  const network = new UdpNetwork({ clock, portRange });
  return new InlineMediaEngine({ clock, random, network, mediaTimeout: 0 });
}

let heard = 0;
let mark = { cpu: process.cpuUsage(), time: clock.now(), heard };

/** A prompt of ten seconds. */
function prompt(id: string): AudioClip {
  const samples = Int16Array.from({ length: 80_000 }, () => (random.uint32() & 0x3fff) - 0x2000);
  // As those of the prompt library: all threads read them where they are.
  const shared = new Int16Array(new SharedArrayBuffer(samples.byteLength));
  shared.set(samples);
  return { id, sampleRate: 8_000, samples: shared };
}

async function start({ calls, listen, sink, worker }: StartSending): Promise<void> {
  const engine = createEngine(worker);
  const prompts = ['welcome', 'menu', 'goodbye'].map(prompt);
  const ports: number[] = [];
  for (let call = 0; call < calls; call += 1) {
    const session = await engine.createSession({
      localHost: HOST,
      handler: { onDigit: () => undefined, onTimeout: () => undefined },
    });
    session.configure({
      remote: { rtp: sink },
      codec: { name: 'PCMU', payloadType: 0, clockRate: 8_000 },
      telephoneEvent: { payloadType: 101, clockRate: 8_000 },
      direction: 'sendrecv',
      ptime: 20,
    });
    const items = prompts.map((clip) => ({ type: 'clip', clip }) as const);
    session.play(items, { loop: Infinity, offset: call * 37 });
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
  tell({ type: 'ready', ports });
}

process.on('message', (message: ToSender) => {
  switch (message.type) {
    case 'start':
      void start(message);
      return;
    case 'mark':
      mark = { cpu: process.cpuUsage(), time: clock.now(), heard };
      return;
    case 'report': {
      const { user, system } = process.cpuUsage(mark.cpu);
      const elapsed = (clock.now() - mark.time) * 1_000;
      const rss = process.memoryUsage.rss();
      tell({ type: 'report', cpu: user + system, elapsed, heard: heard - mark.heard, rss });
    }
  }
});
