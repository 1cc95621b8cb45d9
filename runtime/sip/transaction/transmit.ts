import type { SipMessage } from '../message/message';
import { serialize } from '../message/serialize';
import type { TransactionChannel } from './port';

/**
 * The smallest thing from which a message can be sent again: its octets as latin1 text where the channel
 * takes octets. Kept as a buffer, three hundred octets would hold the 8 KiB block that they were cut
 * from for half a minute.
 */
export type Sent = SipMessage | string;

type OnError = (error: Error) => void;

/** Sends a message that may have to be sent again, and returns what is to be kept for that. */
export function transmit(channel: TransactionChannel, message: SipMessage, onError: OnError): Sent {
  if (channel.sendBytes === undefined) {
    channel.send(message, onError);
    return message;
  }
  const bytes = serialize(message);
  channel.sendBytes(bytes, onError);
  return bytes.toString('latin1');
}

export function retransmit(channel: TransactionChannel, sent: Sent, onError: OnError): void {
  if (typeof sent !== 'string') channel.send(sent, onError);
  else channel.sendBytes?.(Buffer.from(sent, 'latin1'), onError);
}
