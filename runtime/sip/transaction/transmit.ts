import type { SipMessage } from '../message/message';
import { serialize } from '../message/serialize';
import type { TransactionChannel } from './port';

/** The smallest thing from which a message can be sent again. */
export type Sent = SipMessage | Uint8Array;

type OnError = (error: Error) => void;

/** Sends a message that may have to be sent again, and returns what is to be kept for that. */
export function transmit(channel: TransactionChannel, message: SipMessage, onError: OnError): Sent {
  if (channel.sendBytes === undefined) {
    channel.send(message, onError);
    return message;
  }
  const bytes = serialize(message);
  channel.sendBytes(bytes, onError);
  return bytes;
}

export function retransmit(channel: TransactionChannel, sent: Sent, onError: OnError): void {
  if (!(sent instanceof Uint8Array)) channel.send(sent, onError);
  else channel.sendBytes?.(sent, onError);
}
