import { DefectError } from '../../core/errors';
import type { FrameKind } from '../jitter-buffer';
import type { MachineDetection, MachineOptions, MachineResult } from '../port';
import { VoiceActivity } from '../voice-activity';
import { SteadyTone } from './steady-tone';
import { ToneDetector } from './tone-detector';

/** Milliseconds. */
const FRAME = 20;

const DEFAULTS: Required<MachineOptions> = {
  initialSilence: 3_500,
  greeting: 1_500,
  afterGreetingSilence: 800,
  totalTime: 5_000,
  minimumWordLength: 100,
  betweenWordsSilence: 50,
  maximumWords: 3,
  beepTimeout: 0,
};

/** Hertz and milliseconds of the beeps that machines give. */
const BEEP = { lowest: 380, highest: 2_200, least: 100, most: 3_000 } as const;
/** A frequency that moves more than this from frame to frame is a voice's. */
const BEEP_DRIFT = 0.015;
/** Root mean square of a beep: -40 dBm0. */
const BEEP_LEVEL = 160;
/** Silence after which a greeting is over, and no beep will come. */
const GREETING_OVER = 2_500;

type Verdict = MachineResult['type'];

/**
 * Finds out who has answered, from how the greeting goes: a human says a word or two and waits; a machine speaks
 * on. A fax machine gives itself away by its tones. Times are counted in frames, so it needs no clock.
 */
export class MachineDetector implements MachineDetection {
  readonly done: Promise<MachineResult>;
  private resolve: (result: MachineResult) => void = () => undefined;
  private readonly options: Required<MachineOptions>;
  private readonly activity = new VoiceActivity();
  private readonly beeps = new BeepDetector();
  private readonly tones = new ToneDetector((tone) => {
    if (tone === 'cng' || tone === 'ced') this.decide('fax', tone);
  });

  /** All milliseconds. */
  private time = 0;
  /** Of the word in progress, of sound and silence since the greeting began, of silence until now. */
  private voiced = 0;
  private greeting = 0;
  private silence = 0;
  private words = 0;
  private counted = false;
  private spoken = false;
  private ended = false;
  /** A machine, whose beep is waited for. */
  private machine: { readonly reason: string; readonly decidedAt: number } | undefined;

  /** @param onEnded called once, when it listens no more. */
  constructor(
    options: MachineOptions,
    private readonly onEnded: () => void,
  ) {
    this.options = { ...DEFAULTS, ...given(options) };
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  stop(): void {
    if (this.machine !== undefined) this.end('machine', this.machine.reason);
    else this.decide('stopped', 'stopped');
  }

  /** Hears the next frame of 20 ms. */
  hear(frame: Int16Array, kind: FrameKind): void {
    if (this.ended) return;
    this.time += FRAME;
    this.tones.hear(frame, kind);
    const beep = this.beeps.hear(frame, kind);
    if (this.ended) return;
    if (this.machine !== undefined) {
      this.waitForBeep(beep, this.isVoice(frame, kind), this.machine);
      return;
    }
    // A tone is neither a word nor silence.
    if (beep !== 'tone') {
      if (this.isVoice(frame, kind)) this.hearVoice();
      else this.hearSilence();
    }
    if (this.time >= this.options.totalTime) this.decide('unknown', 'total-time');
  }

  private isVoice(frame: Int16Array, kind: FrameKind): boolean {
    if (kind === 'lost') return this.voiced > 0;
    return kind === 'audio' && this.activity.hears(frame);
  }

  private hearVoice(): void {
    const { minimumWordLength, maximumWords, greeting } = this.options;
    this.silence = 0;
    this.voiced += FRAME;
    if (this.spoken) this.greeting += FRAME;
    if (this.voiced >= minimumWordLength && !this.counted) {
      this.counted = true;
      this.words += 1;
      if (!this.spoken) this.greeting = this.voiced;
      this.spoken = true;
      if (this.words > maximumWords) this.decide('machine', 'words');
    }
    if (this.spoken && this.greeting >= greeting) this.decide('machine', 'long-greeting');
  }

  private hearSilence(): void {
    const { betweenWordsSilence, initialSilence, afterGreetingSilence } = this.options;
    this.silence += FRAME;
    if (this.silence >= betweenWordsSilence) {
      this.voiced = 0;
      this.counted = false;
    }
    if (!this.spoken) {
      if (this.time >= initialSilence) this.decide('unknown', 'initial-silence');
    } else if (this.silence >= afterGreetingSilence) {
      this.decide('human', 'silence-after-greeting');
    }
  }

  private waitForBeep(
    beep: 'tone' | 'beep' | undefined,
    voice: boolean,
    machine: { readonly reason: string; readonly decidedAt: number },
  ): void {
    if (beep === 'beep') {
      this.end('machine', machine.reason, this.time - FRAME);
      return;
    }
    this.silence = voice || beep === 'tone' ? 0 : this.silence + FRAME;
    const waited = this.time - machine.decidedAt;
    if (this.silence >= GREETING_OVER || waited >= this.options.beepTimeout) {
      this.end('machine', machine.reason);
    }
  }

  private decide(type: Verdict, reason: string): void {
    if (this.ended || this.machine !== undefined) return;
    if (type === 'machine' && this.options.beepTimeout > 0) {
      this.machine = { reason, decidedAt: this.time };
      this.silence = 0;
      return;
    }
    this.machine = undefined;
    this.end(type, reason);
  }

  private end(type: Verdict, reason: string, beepAt?: number): void {
    if (this.ended) return;
    this.ended = true;
    const decidedAt = this.machine?.decidedAt ?? this.time;
    const asked = type === 'machine' && this.options.beepTimeout > 0;
    this.resolve({ type, reason, decidedAt, ...(asked ? { beepAt } : {}) });
    this.onEnded();
  }
}

/** Finds a steady single tone of at least {@link BEEP}.least in what is heard. */
export class BeepDetector {
  private readonly tone = new SteadyTone();
  private frequency = 0;
  private length = 0;

  /** `tone` while one sounds, `beep` with the first frame after one that was long enough, else undefined. */
  hear(frame: Int16Array, kind: FrameKind): 'tone' | 'beep' | undefined {
    if (kind === 'lost' && this.length > 0) return 'tone';
    const { tone } = this;
    let energy = 0;
    for (let i = 0; i < frame.length; i += 1) energy += (frame[i] as number) ** 2;
    const loud = kind === 'audio' && energy >= BEEP_LEVEL * BEEP_LEVEL * frame.length;
    if (loud && tone.isOne(frame, energy) && isBeep(tone.frequency)) {
      const same = Math.abs(tone.frequency - this.frequency) <= BEEP_DRIFT * tone.frequency;
      this.length = same ? this.length + FRAME : FRAME;
      this.frequency = tone.frequency;
      // Vowels may be as pure for a frame or two.
      return this.length > 2 * FRAME ? 'tone' : undefined;
    }
    // The frames in which it began and ended were not pure: they count as half.
    const whole = this.length + FRAME;
    this.length = 0;
    this.frequency = 0;
    return whole >= BEEP.least && whole <= BEEP.most && whole > 2 * FRAME ? 'beep' : undefined;
  }
}

function isBeep(frequency: number): boolean {
  return frequency >= BEEP.lowest && frequency <= BEEP.highest;
}

function given(options: MachineOptions): MachineOptions {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'number' || !(value >= 0)) {
      throw new DefectError(`machine detection's ${name} must be milliseconds, 0 or more`);
    }
  }
  return options;
}
