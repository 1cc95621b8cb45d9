import type { MediaTap } from '../media/port';
import type {
  Recognition,
  RecognitionHandler,
  RecognitionOptions,
  Recognizer,
} from '../recognize/port';
import type { CallRecognition } from './port';

/** A recognition that hears a call: what comes out of its tap goes into the recogniser, frame by frame. */
export class TappedRecognition implements CallRecognition {
  private readonly recognition: Recognition;
  private open = true;

  /** @param onClosed is told once, however it came to its end. */
  constructor(
    private readonly tap: MediaTap,
    recognizer: Recognizer,
    options: RecognitionOptions,
    handler: RecognitionHandler,
    private readonly onClosed: () => void,
  ) {
    const frame = new Int16Array(tap.frameSize);
    const recognition = recognizer.open(options, {
      onPartial: (result) => handler.onPartial(result),
      onFinal: (result) => handler.onFinal(result),
      onEnd: (error) => {
        this.release();
        handler.onEnd(error);
      },
    });
    this.recognition = recognition;
    tap.onReadable = () => {
      while (tap.read(frame)) recognition.write(frame);
    };
  }

  /** What is said from now on is not heard any more. */
  finish(): void {
    this.tap.close();
    this.recognition.finish();
  }

  close(): void {
    if (!this.open) return;
    this.release();
    this.recognition.close();
  }

  private release(): void {
    if (!this.open) return;
    this.open = false;
    this.tap.close();
    this.onClosed();
  }
}
