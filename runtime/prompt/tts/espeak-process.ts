import { rmSync } from 'node:fs';
import { writeWav } from '../wav';
import type { EspeakRequest, SpeechResponse } from './speech-messages';

/*
 * The program of the process that speaks: `node espeak-process.js <espeak-ng.js> <folder of its own>`.
 * It gets requests from its parent one at a time, and ends with it. A process of its own, as synthesis blocks, and as
 * the library, which its user installs, has another licence than this program.
 */

/** What is used of the library, which brings no types. */
interface Library {
  default(): Promise<{ eSpeakNGWorker: new () => Speaker | Promise<Speaker> }>;
}

interface Speaker {
  get_samplerate(): number;
  /** 0 when there is such a voice. */
  set_voice(name: string): number;
  set_rate(wordsPerMinute: number): void;
  set_pitch(pitch: number): void;
  /** Calls back with each part of the sound until that returns true. */
  synthesize(markup: string, onSound: (samples: Int16Array | null) => boolean): void;
}

const [libraryPath = '', folder = ''] = process.argv.slice(2);

// A terminal's Ctrl-C goes to this process too, while its parent may still want to finish calls.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

let speaker: Promise<Speaker> | undefined;

process.on('message', (request: EspeakRequest) => {
  void answer(request).then((response) => process.send?.(response));
});

async function answer(request: EspeakRequest): Promise<SpeechResponse> {
  const { id } = request;
  try {
    return { id, wav: await speak(request) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

async function speak({ voice, text, rate, pitch }: EspeakRequest): Promise<Uint8Array> {
  const engine = await (speaker ??= load());
  if (engine.set_voice(voice) !== 0) throw new Error(`espeak-ng has no voice "${voice}"`);
  engine.set_rate(rate);
  engine.set_pitch(pitch);
  const parts: Int16Array[] = [];
  engine.synthesize(text, (samples) => {
    if (samples !== null) parts.push(samples);
    return false;
  });
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return writeWav({ sampleRate: engine.get_samplerate(), samples });
}

async function load(): Promise<Speaker> {
  const library = (await import(libraryPath)) as Library;
  const { eSpeakNGWorker: Worker } = await library.default();
  return new Worker();
}
