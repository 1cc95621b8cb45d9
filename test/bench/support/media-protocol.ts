/** What the processes of the media benchmark say to each other. */

/** A sender of RTP under measurement: our engine, or bare sockets. */
export interface StartSending {
  readonly type: 'start';
  readonly calls: number;
  /** Whether it also listens: receives a stream for each call, and decodes it. */
  readonly listen: boolean;
  /** Of our engine: in a worker thread, not in the only one. */
  readonly worker: boolean;
  readonly sink: { readonly host: string; readonly port: number };
}

export type ToSender = StartSending | { readonly type: 'mark' } | { readonly type: 'report' };

export type FromSender =
  | { readonly type: 'ready'; readonly ports: readonly number[] }
  | {
      readonly type: 'report';
      /** Microseconds of CPU and of time since the mark. */
      readonly cpu: number;
      readonly elapsed: number;
      /** Packets handed to a listener since the mark; frames for the engine. */
      readonly heard: number;
      /** Bytes of memory that the process holds. */
      readonly rss?: number;
    };

export type ToSink =
  | { readonly type: 'stream'; readonly host: string; readonly ports: readonly number[] }
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

/** Answers the parent, or fails loudly when there is none. */
export function tell(message: FromSender | FromSink): void {
  if (process.send === undefined) throw new Error('run test/bench/media.ts, not this');
  process.send(message);
}
