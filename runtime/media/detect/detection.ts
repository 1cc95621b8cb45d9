import type { FrameKind } from '../jitter-buffer';
import type { DetectedTone, DetectOptions, MachineDetection, MachineOptions } from '../port';
import { DtmfDetector, type DtmfHandler } from './dtmf-detector';
import { MachineDetector } from './machine';
import { SpeechDetector } from './speech';
import { ToneDetector } from './tone-detector';

type Listener = (frame: Int16Array, time: number, kind: FrameKind) => void;

/** What detection needs of its session. */
export interface DetectionHost {
  /** Frames of 20 ms at 8 kHz, one each tick, until the returned function is called. */
  hear(listener: Listener): () => void;
  /**
   * A key was heard, and has been down for `duration` milliseconds. Says whether nobody else had reported it: then
   * how long it is down, and was, is told too.
   */
  onDigit(digit: string, duration: number): boolean;
  onHold(duration: number): void;
  onRelease(duration: number): void;
  onSpeech(speaking: boolean): void;
  onTone(tone: DetectedTone): void;
}

/**
 * All that a session finds out by listening: keys, speech, tones, who has answered. It hears once for all of
 * them, and only while something is looked for.
 */
export class Detection implements DtmfHandler {
  private keys: DtmfDetector | undefined;
  private speech: SpeechDetector | undefined;
  private tones: ToneDetector | undefined;
  private machine: MachineDetector | undefined;
  private deafen: (() => void) | undefined;
  /** A key is down that nobody but {@link keys} reports. */
  private down = false;

  constructor(private readonly host: DetectionHost) {}

  /** Of {@link keys}. */
  onDigit(digit: string, duration: number): void {
    this.down = this.host.onDigit(digit, duration);
  }

  /** Of {@link keys}. */
  onRelease(_digit: string, duration: number): void {
    if (!this.down) return;
    this.down = false;
    this.host.onRelease(duration);
  }

  /** Whether keys are looked for. */
  listenForKeys(wanted: boolean): void {
    if (wanted === (this.keys !== undefined)) return;
    this.keys?.reset();
    this.keys = wanted ? new DtmfDetector(this) : undefined;
    this.update();
  }

  /** Looks for these from now on, in place of what was looked for before; what stays goes on. */
  detect(options: DetectOptions | undefined): void {
    const { speech, tones } = options ?? {};
    if (speech === undefined) this.speech = undefined;
    else if (this.speech !== undefined) this.speech.configure(speech);
    else this.speech = new SpeechDetector(speech, (speaking) => this.host.onSpeech(speaking));
    if (tones !== true) this.tones = undefined;
    else this.tones ??= new ToneDetector((tone) => this.host.onTone(tone));
    this.update();
  }

  detectMachine(options: MachineOptions = {}): MachineDetection {
    const detector = new MachineDetector(options, () => {
      if (this.machine !== detector) return;
      this.machine = undefined;
      this.update();
    });
    this.machine?.stop();
    this.machine = detector;
    this.update();
    return detector;
  }

  /** Ends all. */
  close(): void {
    this.keys?.reset();
    this.keys = this.speech = this.tones = undefined;
    this.machine?.stop();
    this.update();
  }

  private update(): void {
    const wanted =
      this.keys !== undefined ||
      this.speech !== undefined ||
      this.tones !== undefined ||
      this.machine !== undefined;
    if (wanted === (this.deafen !== undefined)) return;
    if (wanted) {
      this.deafen = this.host.hear((frame, _time, kind) => this.hear(frame, kind));
    } else {
      this.deafen?.();
      this.deafen = undefined;
    }
  }

  private hear(frame: Int16Array, kind: FrameKind): void {
    if (this.keys !== undefined) {
      this.keys.hear(frame, kind === 'lost');
      if (this.down) this.host.onHold(this.keys.duration);
    }
    this.speech?.hear(frame, kind);
    this.tones?.hear(frame, kind);
    this.machine?.hear(frame, kind);
  }
}
