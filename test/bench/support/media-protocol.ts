import type { MediaSecurity } from '../../../runtime/media/port';

/** What the processes of the media benchmarks say to each other. */

interface Start {
  readonly type: 'start';
  readonly calls: number;
  readonly sink: { readonly host: string; readonly port: number };
}

/** A sender of RTP under measurement: our engine, or bare sockets. */
export interface StartSending extends Start {
  /** Whether it also listens: receives a stream for each call, and decodes it. */
  readonly listen: boolean;
  /** Of our engine: in a worker thread, not in the only one. */
  readonly worker: boolean;
}

/** A relay of RTP under measurement, of calls of two legs each: our engine, or bare sockets. */
export interface StartBridging extends Start {
  /** What the second leg speaks; the first speaks PCMU. Bare sockets never look. */
  readonly second: 'PCMU' | 'PCMA' | 'opus';
  readonly worker: boolean;
}

/** What calls of our engine have besides, all in a worker thread. */
export type Feature =
  /** Heard as a recorder hears it. */
  | { readonly name: 'listen'; readonly secure: boolean }
  /** Sound comes, and nobody wants it; or it is recorded. */
  | { readonly name: 'play' }
  | {
      readonly name: 'record';
      readonly format: 'wav' | 'wav-mulaw' | 'ogg-opus';
      readonly channels: 'peer' | 'stereo';
    }
  /** Of so many parties; `calls` counts parties. */
  | { readonly name: 'conference'; readonly size: number };

export interface StartFeature extends Start {
  readonly feature: Feature;
}

/** What a process under measurement is told after its start. */
export type ToMeasured =
  | { readonly type: 'mark' }
  | { readonly type: 'report' }
  /** Ends everything; the process is over when nothing is left of it. */
  | { readonly type: 'stop' };

export type FromMeasured =
  | { readonly type: 'ready'; readonly ports: readonly number[] }
  | {
      readonly type: 'report';
      /** Microseconds of CPU and of time since the mark. */
      readonly cpu: number;
      readonly elapsed: number;
      /** Packets since the mark, as the process counts them. */
      readonly counted: number;
      /** Bytes of memory that the process holds. */
      readonly rss: number;
    }
  /** How many sessions, pairs of ports and threads are still there. */
  | { readonly type: 'stopped'; readonly open: number };

/** What the sink sends to each port, in turn for the first and the second, and whether protected by {@link KEYS}. */
export interface Streams {
  readonly codecs?: readonly ('PCMU' | 'opus')[];
  readonly secure?: boolean;
}

export type ToSink =
  | ({
      readonly type: 'stream';
      readonly host: string;
      readonly ports: readonly number[];
    } & Streams)
  /** Streams to each port that sends something, from its first packet on. */
  | { readonly type: 'answer' }
  | { readonly type: 'mark' }
  | { readonly type: 'report' };

export type FromSink =
  | { readonly type: 'ready'; readonly port: number }
  | {
      readonly type: 'report';
      readonly packets: number;
      /** Milliseconds between two packets of a stream. */
      readonly p50: number;
      readonly p99: number;
      readonly max: number;
    };

export const HOST = '127.0.0.1';

/** Of all calls: what the sink sends is protected by the same as what it is sent. */
const MASTER = Uint8Array.from({ length: 30 }, (_, index) => index);
export const KEYS: MediaSecurity & { readonly type: 'sdes' } = {
  type: 'sdes',
  suite: 'AES_CM_128_HMAC_SHA1_80',
  sendKey: MASTER,
  receiveKey: MASTER,
};

export const OPUS_TYPE = 111;

/** Answers the parent, or fails loudly when there is none. */
export function tell(message: FromMeasured | FromSink): void {
  if (process.send === undefined) throw new Error('run a file of test/bench, not this');
  process.send(message);
}
