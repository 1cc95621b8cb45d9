import type { PlayItem } from '../core/audio';
import type { OpenPlayback, Playback, PlaybackResult } from '../media/port';

/**
 * A prompt of which the end is still being made while its beginning is heard. Where that fails, what is there is
 * played to its end, and {@link done} rejects with the error.
 */
export class StreamedPlayback implements Playback {
  readonly done: Promise<PlaybackResult>;
  private failure: { readonly error: unknown } | undefined;
  private ended = false;

  /** @param onError told of a failure at once. */
  constructor(
    private readonly playback: OpenPlayback,
    rest: AsyncIterable<readonly PlayItem[]>,
    onError: (error: unknown) => void,
  ) {
    this.done = this.outcome();
    // Whoever asks for it is told; nobody has to.
    this.done.catch(() => undefined);
    void this.feed(rest).catch((error: unknown) => {
      if (this.ended) return;
      this.failure = { error };
      onError(error);
      playback.append([], true);
    });
  }

  stop(): void {
    this.ended = true;
    this.playback.stop();
  }

  pause(): void {
    this.playback.pause();
  }

  resume(): void {
    this.playback.resume();
  }

  seek(position: number, options?: { readonly relative?: boolean }): void {
    this.playback.seek(position, options);
  }

  setGain(gain: number): void {
    this.playback.setGain(gain);
  }

  private async feed(rest: AsyncIterable<readonly PlayItem[]>): Promise<void> {
    for await (const items of rest) {
      if (this.ended) return;
      this.playback.append(items, false);
    }
    this.playback.append([], true);
  }

  private async outcome(): Promise<PlaybackResult> {
    const result = await this.playback.done;
    this.ended = true;
    if (this.failure !== undefined && result.type === 'completed') throw this.failure.error;
    return result;
  }
}
