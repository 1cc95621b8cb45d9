import { below, type Random } from '../../../runtime/core/random';
import { writeTelephoneEvent } from '../../../runtime/media/dtmf/telephone-event';
import { writeRtpHeader } from '../../../runtime/media/rtp/packet';
import type { DatagramSocket } from '../../../runtime/sip/transport/port';
import type { SimulatedPhone } from './phone';
import type { World } from './world';

/** A G.711 packet as anybody could make it. */
export function audioPacket(sequence: number, ssrc: number, payloadType = 0): Buffer {
  const packet = Buffer.alloc(172, 0x10);
  writeRtpHeader(packet, false, payloadType, sequence, sequence * 160, ssrc);
  return packet;
}

/** The end of a press of `digit`. */
export function eventPacket(sequence: number, ssrc: number, digit: number): Buffer {
  const packet = Buffer.alloc(16);
  writeRtpHeader(packet, true, 101, sequence, 160, ssrc);
  writeTelephoneEvent(packet, 12, digit, true, 10, 960);
  return packet;
}

/** A socket that belongs to no phone. */
export async function strangerSocket(
  world: World,
  host = world.newHost(),
): Promise<DatagramSocket> {
  const socket = await world.network.bind(
    { host, port: 0 },
    { onDatagram: () => undefined, onSocketError: () => undefined },
  );
  world.onClose(() => socket.close());
  return socket;
}

/**
 * Everything that must not be taken for the caller: audio and key presses from elsewhere, packets that are
 * cut off, of an unknown type, of no version at all, and reports that are none.
 */
export async function sendGarbage(
  world: World,
  phone: SimulatedPhone,
  random: Random,
): Promise<void> {
  const { host, port } = phone.serverMedia;
  const sockets = [
    await strangerSocket(world),
    // The caller's own machine, but not the socket that the call's audio comes from.
    await strangerSocket(world, phone.host),
  ];
  const ignore = (): void => undefined;
  for (const socket of sockets) {
    for (let i = 0; i < 12; i += 1) {
      const ssrc = random.uint32();
      socket.send(audioPacket(i * 7, ssrc), host, port, ignore);
      socket.send(eventPacket(i, ssrc, below(random, 3)), host, port, ignore);
      socket.send(audioPacket(i, ssrc, 77), host, port, ignore);
      socket.send(audioPacket(i, ssrc).subarray(0, below(random, 20)), host, port, ignore);
      const noise = Uint8Array.from({ length: below(random, 300) }, () => below(random, 256));
      socket.send(noise, host, port, ignore);
      socket.send(noise, host, port + 1, ignore);
    }
  }
}
