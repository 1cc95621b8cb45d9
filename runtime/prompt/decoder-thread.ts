import { parentPort } from 'node:worker_threads';
import { describeError } from '../core/errors';
import { makeClip } from './clip';
import { decodeSound } from './decode-sound';
import type { DecodeAnswer, DecodeRequest } from './sound-decoder';

/*
 * The program of the thread that decodes: a file in, a clip in shared memory out. One at a time.
 */

// The decoders say there what they also return, once for each packet that is damaged.
console.error = () => undefined;
console.warn = () => undefined;

parentPort?.on('message', (request: DecodeRequest) => {
  void answer(request).then((result) => parentPort?.postMessage(result));
});

async function answer({ id, bytes, rates }: DecodeRequest): Promise<DecodeAnswer> {
  try {
    const sound = await decodeSound(bytes);
    return { id, clip: makeClip(sound, rates ?? [sound.sampleRate]) };
  } catch (error) {
    return { id, problem: describeError(error) };
  }
}
