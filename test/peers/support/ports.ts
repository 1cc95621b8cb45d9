import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Below the ports that systems give to sockets which ask for none, so that no such socket takes it. */
const first = 20_000;
const last = 31_999;
let next = first + 2 * (process.pid % ((last - first) >> 1));

/**
 * An even port on 127.0.0.1 that is free for UDP and TCP at this moment. No two calls give the same, or
 * one beside another: some clients take the next port too.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    next = next + 2 > last ? first : next + 2;
    const port = next;
    if ((await udpFree(port)) && (await tcpFree(port))) return port;
  }
}

function udpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

function tcpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
