import type { AudioClip } from '../../core/audio';
import { joinClips } from '../clip';

/** A text on its way to being sound, part by part, for all who wait for it. */
export class SpokenText {
  readonly parts: AudioClip[] = [];
  /** What of a plain text follows the parts; undefined where nobody can tell. */
  rest: string | undefined;
  /** The name of the voice that spoke last. */
  by: string | undefined;
  private result: { readonly clip: AudioClip } | { readonly error: Error } | undefined;
  private waiting: (() => void)[] = [];

  /** One that is there already. */
  static of(clip: AudioClip, by: string): SpokenText {
    const spoken = new SpokenText();
    spoken.by = by;
    spoken.add(clip);
    spoken.finish(clip);
    return spoken;
  }

  /** Whether it is complete, or has failed. */
  get over(): boolean {
    return this.result !== undefined;
  }

  add(part: AudioClip): void {
    if (this.over || part.samples.length === 0) return;
    this.parts.push(part);
    this.tell();
  }

  /** All of it is there; `clip` is all of it. */
  finish(clip: AudioClip = joinClips(this.parts)): void {
    this.end({ clip });
  }

  fail(error: Error): void {
    this.end({ error });
  }

  /** All of it; rejects when it fails. */
  async whole(): Promise<AudioClip> {
    while (this.result === undefined) await this.change();
    if ('error' in this.result) throw this.result.error;
    return this.result.clip;
  }

  /** Resolves when there is a part, or none will come. Never rejects. */
  async begun(): Promise<void> {
    while (this.result === undefined && this.parts.length === 0) await this.change();
  }

  /** The parts from `from` on, each as soon as it is there; throws at the end if it fails. */
  async *from(from = 0): AsyncGenerator<AudioClip, void> {
    for (let next = from; ;) {
      const part = this.parts[next];
      if (part !== undefined) {
        next += 1;
        yield part;
      } else if (this.result === undefined) {
        await this.change();
      } else {
        if ('error' in this.result) throw this.result.error;
        return;
      }
    }
  }

  private end(result: NonNullable<SpokenText['result']>): void {
    if (this.over) return;
    this.result = result;
    this.tell();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private tell(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
