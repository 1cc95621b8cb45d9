import type { AudioClip } from '../../../runtime/core/audio';
import { RealClock } from '../../../runtime/core/clock';
import { SeededRandom } from '../../../runtime/core/random';
import { InlineMediaEngine } from '../../../runtime/media/engine';
import type { MediaEngine, MediaParameters, MediaSession } from '../../../runtime/media/port';
import { UdpNetwork } from '../../../runtime/media/udp-network';
import { WorkerMediaEngine } from '../../../runtime/media/worker/engine';
import { voice } from '../../support/voice';
import { HOST } from './media-protocol';

const clock = new RealClock();
const random = new SeededRandom(1);
const portRange = { first: 42_000, last: 44_999 };

/** An engine of one worker thread, or inline; `stop` ends it and tells what is open all the same. */
export interface CallsEngine {
  readonly engine: MediaEngine;
  /** A session with nobody to tell of digits. */
  session(parameters: MediaParameters, near?: MediaSession): Promise<MediaSession>;
  stop(): Promise<number>;
}

export function callsEngine(worker: boolean): CallsEngine {
  const { engine, ports } = worker ? inWorker() : inline();
  return {
    engine,
    async session(parameters, near) {
      const handler = { onDigit: () => undefined, onTimeout: () => undefined };
      const session = await engine.createSession({ localHost: HOST, handler, near });
      session.configure(parameters);
      return session;
    },
    async stop() {
      await engine.close();
      return engine.openSessions + ports();
    },
  };
}

function inWorker(): { engine: MediaEngine; ports: () => number } {
  const engine = new WorkerMediaEngine({ clock, workers: 1, portRange, mediaTimeout: 0 });
  return { engine, ports: () => engine.openPorts + engine.openWorkers };
}

function inline(): { engine: MediaEngine; ports: () => number } {
  const network = new UdpNetwork({ clock, portRange });
  const engine = new InlineMediaEngine({ clock, random, network, mediaTimeout: 0 });
  return { engine, ports: () => network.open + network.bound };
}

/** What a phone of the sink has agreed on. */
export function pcmu(sink: { readonly host: string; readonly port: number }): MediaParameters {
  return {
    remote: { rtp: sink },
    codec: { name: 'PCMU', payloadType: 0, clockRate: 8_000 },
    telephoneEvent: { payloadType: 101, clockRate: 8_000 },
    direction: 'sendrecv',
    ptime: 20,
  };
}

/** Ten seconds of speech. */
function prompt(id: string, seed: number): AudioClip {
  const samples = voice(8_000, 10_000, seed);
  // As those of the prompt library: all threads read them where they are.
  const shared = new Int16Array(new SharedArrayBuffer(samples.byteLength));
  shared.set(samples);
  return { id, sampleRate: 8_000, samples: shared };
}

/** Plays three prompts for ever, each call at another place of them. */
export function prompter(): (session: MediaSession, call: number) => void {
  const items = ['welcome', 'menu', 'goodbye'].map(
    (id, seed) => ({ type: 'clip', clip: prompt(id, seed) }) as const,
  );
  return (session, call) => {
    session.play(items, { loop: Infinity, offset: call * 37 });
  };
}
