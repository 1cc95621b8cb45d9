/** A process with nothing but bridged legs of our media engine in it. */
import { RealClock } from '../../../runtime/core/clock';
import { SeededRandom } from '../../../runtime/core/random';
import { InlineMediaEngine } from '../../../runtime/media/engine';
import type { CodecName, MediaSession } from '../../../runtime/media/port';
import { UdpNetwork } from '../../../runtime/media/udp-network';
import type { StartBridging, ToBridger } from './bridge-protocol';
import { HOST, tell } from './media-protocol';

const clock = new RealClock();
const network = new UdpNetwork({ clock, portRange: { first: 42_000, last: 44_999 } });
const random = new SeededRandom(1);
const engine = new InlineMediaEngine({ clock, random, network, mediaTimeout: 0 });
const legs: MediaSession[] = [];

let mark = { cpu: process.cpuUsage(), time: clock.now(), sent: 0 };

async function leg(codec: CodecName, sink: StartBridging['sink']): Promise<MediaSession> {
  const session = await engine.createSession({
    localHost: HOST,
    handler: { onDigit: () => undefined, onTimeout: () => undefined },
  });
  session.configure({
    remote: { rtp: sink },
    // The sink sends the same to all: here it counts as what the leg has agreed on.
    codec: {
      name: codec,
      payloadType: codec === 'PCMU' ? 0 : 8,
      receivePayloadType: 0,
      clockRate: 8_000,
    },
    telephoneEvent: { payloadType: 101, clockRate: 8_000 },
    direction: 'sendrecv',
    ptime: 20,
  });
  legs.push(session);
  return session;
}

async function start({ calls, recode, sink }: StartBridging): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    const first = await leg('PCMU', sink);
    const second = await leg(recode ? 'PCMA' : 'PCMU', sink);
    engine.bridge(first, second);
  }
  tell({ type: 'ready', ports: legs.map(({ local }) => local.port) });
}

function sent(): number {
  return legs.reduce((sum, session) => sum + session.statistics().packetsSent, 0);
}

process.on('message', (message: ToBridger) => {
  switch (message.type) {
    case 'start':
      void start(message);
      return;
    case 'mark':
      mark = { sent: sent(), cpu: process.cpuUsage(), time: clock.now() };
      return;
    case 'report': {
      const { user, system } = process.cpuUsage(mark.cpu);
      const elapsed = (clock.now() - mark.time) * 1_000;
      tell({ type: 'report', cpu: user + system, elapsed, heard: sent() - mark.sent });
    }
  }
});
