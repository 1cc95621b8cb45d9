/**
 * What one media thread has encoded, or encodes as it is needed, for all others: in shared memory, named by the clip's
 * id and the recipe. The first thread that plays a clip in a codec makes it.
 */
export type SharedEncoding =
  | {
      /** Of a codec whose samples stand for themselves: any thread goes on where another has stopped. */
      readonly type: 'bytes';
      readonly clip: string;
      readonly key: string;
      readonly bytes: SharedArrayBuffer;
      /** A byte for each piece: whether it is encoded. */
      readonly done: SharedArrayBuffer;
    }
  | {
      /** Of a codec that remembers: whole. */
      readonly type: 'packets';
      readonly clip: string;
      readonly key: string;
      readonly sampleRate: number;
      readonly samples: number;
      readonly phase: number;
      readonly bytes: SharedArrayBuffer;
      /** Of each packet: where its payload begins, 32 bits, and how long it is, 16 bits. */
      readonly offsets: SharedArrayBuffer;
      readonly lengths: SharedArrayBuffer;
    };

/** Equal for what is equal. */
export function nameOf(encoding: SharedEncoding): string {
  const { type, clip, key } = encoding;
  if (type === 'bytes') return [type, clip, key].join(' ');
  const { sampleRate, samples, phase } = encoding;
  return [type, clip, key, sampleRate, samples, phase].join(' ');
}
