import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { NetworkAddress } from './address';

/** A named stream of observations: costs one comparison while nobody listens. */
export interface TraceChannel<T> {
  readonly name: string;
  readonly active: boolean;
  publish(event: T): void;
  /** Listens until the returned function is called. */
  subscribe(listener: (event: T) => void): () => void;
}

function traceChannel<T>(name: string): TraceChannel<T> {
  const inner = channel(name);
  return {
    name,
    get active() {
      return inner.hasSubscribers;
    },
    publish(event) {
      if (inner.hasSubscribers) inner.publish(event);
    },
    subscribe(listener) {
      const handler = (event: unknown): void => listener(event as T);
      subscribe(name, handler);
      return () => unsubscribe(name, handler);
    },
  };
}

/** A SIP message that left or arrived. `callId` is empty when the bytes were not understood. */
export interface SipMessageTrace {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly direction: 'in' | 'out';
  readonly protocol: string;
  readonly local: NetworkAddress;
  readonly remote: NetworkAddress;
  readonly callId: string;
  readonly bytes: Uint8Array;
}

/** Something that was dropped, with the counter it went to. */
export interface DropTrace {
  readonly time: number;
  readonly layer: 'transport' | 'transaction' | 'dialog' | 'media' | 'service';
  /** Kebab-case, stable: `parse-error`, `stray-response`, … */
  readonly reason: string;
  readonly remote?: NetworkAddress;
  readonly detail?: string;
  /** So many at once, as another thread tells of them; 1. */
  readonly count?: number;
}

/** A call that began: its own id beside the SIP Call-ID of its messages. */
export interface CallTrace {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly id: string;
  readonly callId: string;
}

/** The channels of `node:diagnostics_channel` that Callchart publishes on. */
export const trace = {
  sipMessage: traceChannel<SipMessageTrace>('callchart:sip:message'),
  drop: traceChannel<DropTrace>('callchart:drop'),
  call: traceChannel<CallTrace>('callchart:call'),
} as const;
