import { below, type Random } from '../../../runtime/core/random';
import type { SipMessage, SipResponse } from '../../../runtime/sip/message/message';
import type { DatagramSocket } from '../../../runtime/sip/transport/port';
import { serverAddress, type World } from '../../sim/support/world';
import {
  anyRequest,
  establish,
  newDialog,
  offer,
  request,
  response,
  type Dialog,
  type Ends,
} from './messages';
import { mutate } from './mutate';
import { understood } from './watch';

const server = `${serverAddress.host}:${serverAddress.port}`;

/** Somebody whose messages are nearly right: he has calls, and spoils what he says in them. */
export class Attacker {
  readonly ends: Ends;
  /** The last response to the INVITE that he means. */
  private last: SipResponse | undefined;
  private dialog: Dialog;

  private constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly socket: DatagramSocket,
  ) {
    this.ends = { protocol: 'UDP', ...socket.local, server };
    this.dialog = newDialog(this.ends, 'wait', random);
  }

  static async open(world: World, random: Random): Promise<Attacker> {
    const holder: { attacker?: Attacker } = {};
    const address = { host: world.newHost(), port: 5060 };
    const socket = await world.network.bind(address, {
      onDatagram: (bytes) => holder.attacker?.receive(understood(bytes)),
      onSocketError: () => undefined,
    });
    world.onClose(() => socket.close());
    holder.attacker = new Attacker(world, random, socket);
    return holder.attacker;
  }

  send(bytes: Uint8Array): void {
    this.socket.send(bytes, serverAddress.host, serverAddress.port, () => undefined);
  }

  /** Has a call with the server, so that what follows is inside of it. */
  async call(): Promise<void> {
    const { ends, random, world } = this;
    const dialog = newDialog(ends, 'wait', random);
    this.dialog = dialog;
    this.send(
      request(ends, dialog, 'INVITE', random, { type: 'application/sdp', body: offer(ends.host) }),
    );
    await world.run(20);
    const accepted = this.last;
    if (accepted?.status !== 200)
      throw new Error(`the attacker got ${accepted?.status} ${dialog.callId}`);
    this.dialog = establish(dialog, accepted);
    this.send(request(ends, this.dialog, 'ACK', random, { sequence: dialog.sequence }));
  }

  /** What he would say if he meant well. */
  anyMessage(): Buffer {
    const { ends, random } = this;
    const inside = below(random, 2) === 0;
    return anyRequest(ends, inside ? this.dialog : newDialog(ends, 'wait', random), random);
  }

  private receive(message: SipMessage | undefined): void {
    if (message === undefined) return;
    if (message.kind === 'response') {
      if (message.callId === this.dialog.callId) this.last = message;
    } else if (message.method !== 'ACK') {
      const good = response(message, '200 OK', [`Contact: <sip:storm@${this.ends.host}>`]);
      this.send(mutate(good, this.random));
    }
  }
}
