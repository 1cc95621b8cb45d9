import type { CodecName } from '../../core/audio';

/**
 * What ITU-T G.107 foretells of how a call is liked: the transmission rating R, from 0 to 100, and the mean
 * opinion score that belongs to it. All that has to do with the phones, the rooms and the levels has the
 * default of that recommendation; what is left is codec, loss and delay.
 */

/** G.107 §7.7, with all defaults: R of a call without a codec, loss or delay. */
const BEST = 93.2;

interface Impairment {
  /** Of the codec alone. */
  readonly equipment: number;
  /** How well it stands loss: the percentage at which half of what is left to lose is lost. */
  readonly robustness: number;
}

/**
 * G.113 appendix I has those of G.711 with concealment. For the others it has none on this scale, which ends
 * where narrow-band sound is perfect: they count as perfect while nothing is lost, and as robust as their
 * concealment showed itself in `test/media/networks.test.ts` beside that of G.711.
 */
const IMPAIRMENTS: Readonly<Record<CodecName, Impairment>> = {
  PCMU: { equipment: 0, robustness: 25.1 },
  PCMA: { equipment: 0, robustness: 25.1 },
  G722: { equipment: 0, robustness: 18 },
  opus: { equipment: 0, robustness: 25.1 },
  L16: { equipment: 0, robustness: 25.1 },
};

export interface RatingInput {
  readonly codec: CodecName;
  /** Of the packets that never came, or too late: 0 to 1. */
  readonly loss: number;
  /** From mouth to ear, in milliseconds. */
  readonly delay: number;
  /** Mean length of a burst of losses over what it would be by chance; 1. */
  readonly burstiness?: number;
}

/** R, 0 to 93.2. */
export function rating({ codec, loss, delay, burstiness = 1 }: RatingInput): number {
  const { equipment, robustness } = IMPAIRMENTS[codec];
  const percent = 100 * Math.min(1, Math.max(0, loss));
  // G.107 §7.5: what loss does depends on how it falls, and on what conceals it.
  const lost =
    equipment + ((95 - equipment) * percent) / (percent / Math.max(1, burstiness) + robustness);
  return Math.max(0, BEST - lost - delayImpairment(delay));
}

/** MOS of R, 1 to 4.5: G.107 annex B. */
export function meanOpinion(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

/** G.107 §7.4: what is too late to talk, although no echo comes back. */
function delayImpairment(delay: number): number {
  if (delay <= 100) return 0;
  const x = Math.log2(delay / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}
