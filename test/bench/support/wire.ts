import type { DatagramNetwork, DatagramReceiver } from '../../../runtime/sip/transport/port';

/** Datagrams without a kernel: what is delivered was sent by a peer, what is sent goes to `onSent`. */
export class Wire implements DatagramNetwork {
  onSent: (bytes: Uint8Array) => void = () => undefined;
  private receiver: DatagramReceiver | undefined;

  bind(address: { host: string; port: number }, receiver: DatagramReceiver) {
    this.receiver = receiver;
    return Promise.resolve({
      local: address,
      send: (bytes: Uint8Array) => this.onSent(bytes),
      close: () => Promise.resolve(),
    });
  }

  deliver(text: string, port = 5_070): void {
    this.receiver?.onDatagram(Buffer.from(text, 'latin1'), '127.0.0.1', port);
  }
}
