import type { FrameKind } from '../jitter-buffer';
import type { DetectedTone } from '../port';
import { NetworkCadence } from './network-cadence';
import { SteadyTone } from './steady-tone';

/** Milliseconds. */
const FRAME = 20;
/** Root mean square below which a frame is quiet: -48 dBm0. */
const QUIET = 64;
/** Below the tone, a frame counts as quiet too: 20 dB, in power. */
const FAR_BELOW = 0.01;
/** How much the level of a tone may change from frame to frame, in power: 6 dB. */
const STEP = 4;

/** How much of the level of a network's tone stays from frame to frame. */
const BEAT = 0.8;

/** T.30 §4.3.3.3: the calling tone of a fax machine, 1100 ± 38 Hz, 0.5 s ± 15 %. Milliseconds, hertz. */
const CNG = { frequency: 1_100, tolerance: 48, least: 400, most: 620 } as const;
/** T.30 §4.3.3.2, V.8: the answering tone, 2100 ± 15 Hz, which may turn its phase every 450 ms. */
const CED = { frequency: 2_100, tolerance: 22, least: 500 } as const;
/** How quickly the frequency follows what is measured. */
const SETTLE = 0.2;
/** Other sound for so long, and a tone that comes again is worth a report again. */
const FORGOTTEN = 200;
/** How long a tone may be unclear without being over: where its phase turns. */
const UNCLEAR = 40;

/** ITU-T E.180 §6: three rising tones of 330 ms each; those of North America vary in both. */
const SIT = [
  [880, 1_020],
  [1_340, 1_460],
  [1_740, 1_840],
] as const;
const SIT_LEAST = 180;
const SIT_MOST = 480;
const SIT_GAP = 100;

/** What a frame is: one tone outside of the networks' range, tones within it, nothing, or anything else. */
type FrameClass = 'single' | 'network' | 'quiet' | 'other';

/** Tells the tones of fax machines and networks, in sound at 8 kHz. Reports each once, until something else was heard. */
export class ToneDetector {
  private readonly tone = new SteadyTone();
  private readonly cadence: NetworkCadence;
  /** Mean square of the tone last heard. */
  private power = 0;
  /** The single tone in progress: hertz, milliseconds, and for how long it has been unclear. */
  private frequency = 0;
  private length = 0;
  private unclear = 0;
  /** How many of {@link SIT} were heard, and when the last ended, in milliseconds before now. */
  private sit = 0;
  private sinceSit = 0;
  private reported: DetectedTone | undefined;
  /** Milliseconds of other sound, less a quarter of the tones since: a vowel may be as pure as a tone for a while. */
  private other = 0;

  constructor(private readonly onTone: (tone: DetectedTone) => void) {
    this.cadence = new NetworkCadence((tone) => this.report(tone));
  }

  /** Hears the next frame of 20 ms. */
  hear(frame: Int16Array, kind: FrameKind): void {
    // Nothing is known of what was lost: it was as before.
    if (kind === 'lost') {
      if (this.frequency > 0) this.length += FRAME;
      this.cadence.go();
      return;
    }
    const found = kind === 'audio' ? this.classOf(frame) : 'quiet';
    if (found === 'other') this.other += FRAME;
    else if (found !== 'quiet') this.other = Math.max(0, this.other - FRAME / 4);
    if (this.other >= FORGOTTEN) {
      this.other = 0;
      this.reported = undefined;
    }
    this.hearSingle(found);
    this.cadence.hear(found === 'network' ? 'on' : found === 'quiet' ? 'off' : 'other');
  }

  private classOf(frame: Int16Array): FrameClass {
    let energy = 0;
    for (let i = 0; i < frame.length; i += 1) energy += (frame[i] as number) ** 2;
    const power = energy / frame.length;
    if (power < QUIET * QUIET || power < FAR_BELOW * this.power) {
      this.tone.frequency = 0;
      return 'quiet';
    }
    const one = this.tone.isOne(frame, energy);
    const network = this.tone.isNetwork(frame);
    if (!one && !network) return 'other';
    const steady = power < STEP * this.power && this.power < STEP * power;
    // Two tones that are near to each other beat: the loudest counts, for a while.
    this.power = network ? Math.max(power, BEAT * this.power) : power;
    if (network) return 'network';
    return steady ? 'single' : 'other';
  }

  private hearSingle(found: FrameClass): void {
    this.sinceSit += FRAME;
    const { frequency } = this.tone;
    if (found === 'single' && Math.abs(frequency - this.frequency) < 0.02 * frequency) {
      // The frame in which it began says least of its frequency.
      this.frequency += SETTLE * (frequency - this.frequency);
      this.length += FRAME + this.unclear;
      this.unclear = 0;
      if (this.isNear(CED) && this.length >= CED.least) this.report('ced');
      if (this.sit === 2 && this.fitsSit(2) && this.length >= SIT_LEAST) this.report('sit');
      return;
    }
    if (this.frequency > 0) {
      this.unclear += FRAME;
      if (found === 'other' && this.unclear <= UNCLEAR) return;
      this.endSingle(found);
    }
    if (found === 'single') {
      this.frequency = frequency;
      // The frame in which it began was not clear yet.
      this.length = FRAME + FRAME / 2;
    }
  }

  private endSingle(found: FrameClass): void {
    const { length } = this;
    if (this.isNear(CNG) && length >= CNG.least && length <= CNG.most && found === 'quiet') {
      this.report('cng');
    }
    const follows = this.sit === 0 || this.sinceSit - length - this.unclear <= SIT_GAP;
    if (follows && this.fitsSit(this.sit) && length >= SIT_LEAST && length <= SIT_MOST) {
      this.sit += 1;
    } else {
      this.sit = this.fitsSit(0) && length >= SIT_LEAST && length <= SIT_MOST ? 1 : 0;
    }
    this.sinceSit = this.unclear;
    this.frequency = 0;
    this.length = 0;
    this.unclear = 0;
  }

  private isNear(tone: { readonly frequency: number; readonly tolerance: number }): boolean {
    return Math.abs(this.frequency - tone.frequency) <= tone.tolerance;
  }

  private fitsSit(index: number): boolean {
    const range = SIT[index];
    return range !== undefined && this.frequency >= range[0] && this.frequency <= range[1];
  }

  private report(tone: DetectedTone): void {
    if (tone === this.reported) return;
    this.reported = tone;
    this.onTone(tone);
  }
}
