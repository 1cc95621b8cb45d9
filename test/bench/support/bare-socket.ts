import { createSocket, type Socket } from 'node:dgram';
import { HOST } from './media-protocol';

/** A bound socket that takes addresses as they are. */
export async function bareSocket(): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, done) => {
      done(null, host, 4);
    },
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, HOST, resolve);
  });
  return socket;
}
