import type { FrameKind } from '../jitter-buffer';
import type { DetectOptions } from '../port';
import { VoiceActivity } from '../voice-activity';

/** Milliseconds. */
const FRAME = 20;
export const ONSET = 100;
export const HANGOVER = 500;
/** Silence that does not part what begins: a stop consonant. */
const STOP = 60;

/** Tells when a peer begins and ceases to speak. */
export class SpeechDetector {
  private readonly activity = new VoiceActivity();
  private onset = ONSET;
  private hangover = HANGOVER;
  private speaking = false;
  /** Milliseconds: of sound since it began, and of silence since there was some. */
  private sound = 0;
  private silence = 0;

  constructor(
    options: NonNullable<DetectOptions['speech']>,
    private readonly onSpeech: (speaking: boolean) => void,
  ) {
    this.configure(options);
  }

  /** Who speaks goes on speaking. */
  configure({ onset = ONSET, hangover = HANGOVER }: NonNullable<DetectOptions['speech']>): void {
    this.onset = onset;
    this.hangover = hangover;
  }

  /** Hears the next frame of 20 ms. */
  hear(frame: Int16Array, kind: FrameKind): void {
    if (this.isSound(frame, kind)) {
      this.sound += FRAME;
      this.silence = 0;
      if (this.speaking || this.sound < this.onset) return;
      this.speaking = true;
      this.onSpeech(true);
      return;
    }
    this.silence += FRAME;
    if (!this.speaking) {
      if (this.silence > STOP) this.sound = 0;
    } else if (this.silence >= this.hangover) {
      this.speaking = false;
      this.sound = 0;
      this.onSpeech(false);
    }
  }

  private isSound(frame: Int16Array, kind: FrameKind): boolean {
    // Where packets are lost the speech goes on, or the silence: what stands in their place says nothing.
    if (kind === 'lost') return this.sound > 0 && this.silence === 0;
    return kind === 'audio' && this.activity.hears(frame);
  }
}
