import { DefectError } from '../../core/errors';
import { OpusDecoder } from './opus-decoder';
import { OpusEncoder } from './opus-encoder';
import { OpusLibrary } from './opus-library';
import { opusDuration } from './opus-packet';
import type { CodecKind } from './port';

/** RFC 7587 §4.1: of the RTP clock, whatever rate the sound has. */
const CLOCK_RATE = 48_000;
/** What the library converts to and from by itself, of the rates that others use. */
const RATES: readonly number[] = [8_000, 16_000, 24_000, 48_000];

/** RFC 6716 and RFC 7587, by libopus. Encoder and decoder throw a defect where {@link opusProblem} has a reason. */
export const opus: CodecKind = {
  name: 'opus',
  stateless: false,
  sampleRate: () => CLOCK_RATE,
  encoder: (format, sampleRate) => new OpusEncoder(library(), format, rate(sampleRate)),
  decoder: (_format, sampleRate) => new OpusDecoder(library(), rate(sampleRate)),
  duration: (_format, bytes, from, length) => opusDuration(bytes, from, length),
};

function rate(wanted = CLOCK_RATE): number {
  return RATES.includes(wanted) ? wanted : CLOCK_RATE;
}

/** One a thread: each has its own modules. */
let loaded: { readonly library: OpusLibrary } | { readonly problem: string } | undefined;

/** Why Opus is not to be had here; undefined when it is. Loads the library, once (5 ms). */
export function opusProblem(): string | undefined {
  loaded ??= load();
  return 'problem' in loaded ? loaded.problem : undefined;
}

function library(): OpusLibrary {
  loaded ??= load();
  if ('problem' in loaded) throw new DefectError(`Opus could not be loaded: ${loaded.problem}`);
  return loaded.library;
}

function load(): { library: OpusLibrary } | { problem: string } {
  try {
    return { library: OpusLibrary.load() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
