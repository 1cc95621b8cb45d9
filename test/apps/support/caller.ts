import { level } from '../../../runtime/cli/phone/meter';
import { Phone, type PhoneResult } from '../../../runtime/cli/phone/phone';
import type { PlayItem } from '../../../runtime/core/audio';
import { toneIn } from './tones';

/** In dB: what is no silence. */
const loud = -45;
/** Milliseconds of a call in which nothing comes of what is waited for. */
const patience = 20_000;

/** A phone of ours that calls, hears and presses keys. */
export class Caller {
  /** All that was heard, 20 ms each. */
  readonly frames: Int16Array[] = [];
  readonly keys: string[] = [];
  private phone: Phone | undefined;
  private result: Promise<PhoneResult> | undefined;
  private look: (() => void) | undefined;
  private over = false;
  /** From here on nobody has asked for what was heard. */
  private mark = 0;

  static async dial(to: string, from: string): Promise<Caller> {
    const caller = new Caller();
    await caller.dial(to, from);
    return caller;
  }

  private async dial(to: string, from: string): Promise<void> {
    this.phone = await Phone.dial({
      ...{ to, from, codecs: ['PCMU'], ringTimeout: 20_000, version: 'test' },
      ...{ onRinging: ignored, onAnswered: ignored, onHold: ignored, onTransferAsked: ignored },
      onKey: (key) => this.keys.push(key),
      onFrame: (frame) => {
        this.frames.push(frame.slice());
        this.look?.();
      },
    });
    this.result = this.phone.done.then((result) => {
      this.over = true;
      this.look?.();
      return result;
    });
  }

  /** Resolves when so many milliseconds more of sound were heard; rejects when the call is over before. */
  hears(duration = 200): Promise<void> {
    return this.until(`${duration} ms of sound`, () => {
      const fresh = this.frames.slice(this.mark);
      return fresh.filter((frame) => level(frame) > loud).length >= duration / 20;
    });
  }

  /** Resolves when so many milliseconds more were heard, sound or silence. */
  waits(duration: number): Promise<void> {
    return this.until(`${duration} ms`, () => this.frames.length - this.mark >= duration / 20);
  }

  /** Resolves when nothing was heard for so long. */
  hearsNothing(duration = 400): Promise<void> {
    const frames = duration / 20;
    return this.until(
      `${duration} ms of silence`,
      () =>
        this.frames.length - this.mark >= frames &&
        this.frames.slice(-frames).every((frame) => level(frame) <= loud),
    );
  }

  /** Resolves when a tone is heard, about as loud as it is spoken, for so long. */
  hearsTone(frequency: number, duration = 400): Promise<void> {
    return this.until(
      `a tone of ${frequency} Hz`,
      () => this.frames.length >= duration / 20 && toneIn(this.last(duration), frequency) > -3,
    );
  }

  press(keys: string): Promise<void> {
    // The call may be over before the key is let go.
    return this.open.press(keys).catch(ignored);
  }

  speak(samples: Int16Array): void {
    const items: PlayItem[] = [{ type: 'clip', clip: { id: 'said', sampleRate: 8_000, samples } }];
    this.open.speak(items);
  }

  hangUp(): void {
    this.open.hangUp();
  }

  /** When the call is over. Gives the phone back. */
  async done(): Promise<PhoneResult> {
    const result = await this.result;
    if (result === undefined) throw new Error('nobody has dialled');
    await this.open.close();
    return result;
  }

  /** The frames of the last so many milliseconds, as one. */
  last(duration: number): Int16Array {
    return Int16Array.from(this.frames.slice(-duration / 20).flatMap((frame) => [...frame]));
  }

  private get open(): Phone {
    if (this.phone === undefined) throw new Error('nobody has dialled');
    return this.phone;
  }

  /** Resolves when something holds, looked at with each frame that is heard; rejects when the call is over before. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const last = this.frames.length + patience / 20;
    await new Promise<void>((resolve, reject) => {
      this.look = () => {
        if (holds()) resolve();
        else if (this.frames.length > last) reject(new Error(`the call went on without ${what}`));
        else if (this.over) reject(new Error(`the call was over before ${what}`));
      };
      this.look();
    });
    this.look = undefined;
    this.mark = this.frames.length;
  }
}

function ignored(): void {
  // Of no interest here.
}
