import type { CodecName } from '../../core/audio';
import { g711Kind } from './g711-codec';
import { g722 } from './g722';
import { l16 } from './l16';
import { opus, opusProblem } from './opus';
import type { CodecKind } from './port';

export { opusProblem };

const KINDS: Readonly<Record<CodecName, CodecKind>> = {
  PCMU: g711Kind('PCMU'),
  PCMA: g711Kind('PCMA'),
  G722: g722,
  opus,
  L16: l16,
};

/** What makes encoders and decoders of an encoding. Those of Opus throw where {@link opusProblem} has a reason. */
export function codecKind(name: CodecName): CodecKind {
  return KINDS[name];
}

/** The encodings that work on this machine, in no order of preference. */
export function availableCodecs(): readonly CodecName[] {
  return opusProblem() === undefined ? ALL : WITHOUT_OPUS;
}

const ALL: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'opus', 'L16'];
const WITHOUT_OPUS = ALL.filter((name) => name !== 'opus');
