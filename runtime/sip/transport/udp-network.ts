import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { NetworkAddress } from '../../core/address';
import type { DatagramNetwork, DatagramReceiver, DatagramSocket } from './port';

/** Room for bursts: a thousand calls a second come as thousands of datagrams between two turns of the loop. */
const receiveBuffer = 4 * 1024 * 1024;

/** UDP of this machine. */
export const udpNetwork: DatagramNetwork = { bind: bindUdp };

function bindUdp(address: NetworkAddress, receiver: DatagramReceiver): Promise<DatagramSocket> {
  return new Promise((resolve, reject) => {
    const v6 = isIPv6(address.host);
    const socket = createSocket({
      type: v6 ? 'udp6' : 'udp4',
      // 0.0.0.0 and [::] can then be listened on side by side.
      ipv6Only: v6,
      lookup: literal,
      recvBufferSize: receiveBuffer,
    });
    const onError = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', onError);
    socket.bind({ address: address.host, port: address.port, exclusive: true }, () => {
      socket.off('error', onError);
      resolve(new UdpSocket(socket, receiver));
    });
  });
}

/**
 * Destinations are literals already. Without this, dgram asks the system's resolver for each datagram
 * and sends it a turn of the loop later.
 */
function literal(
  host: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, host, isIPv6(host) ? 6 : 4);
}

class UdpSocket implements DatagramSocket {
  readonly local: NetworkAddress;
  private closed = false;

  constructor(
    private readonly socket: Socket,
    receiver: DatagramReceiver,
  ) {
    const { address, port } = socket.address();
    this.local = { host: address, port };
    socket.on('message', (bytes, source) => {
      receiver.onDatagram(bytes, source.address, source.port);
    });
    // An ICMP answer to something sent before; the socket itself is fine.
    socket.on('error', (error) => receiver.onSocketError(error));
  }

  send(bytes: Uint8Array, host: string, port: number, onError: (error: Error) => void): void {
    if (this.closed) {
      process.nextTick(onError, new Error('the socket is closed'));
      return;
    }
    try {
      this.socket.send(bytes, port, host, (error) => {
        if (error !== null) onError(error);
      });
    } catch (error) {
      // dgram throws for what is wrong before it tries: port 0, say.
      process.nextTick(onError, error);
    }
  }

  close(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.closed = true;
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}
