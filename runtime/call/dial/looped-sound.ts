import type { PlayItem } from '../../core/audio';
import type { MediaSession, Playback } from '../../media/port';

/** A sound that is repeated until it is stopped, from whenever it is there. */
export class LoopedSound {
  private playback: Playback | undefined;
  private stopped = false;

  constructor(
    items: Promise<readonly PlayItem[]>,
    media: Pick<MediaSession, 'play'>,
    onError: (error: unknown) => void,
  ) {
    items.then(
      (list) => {
        if (!this.stopped) this.playback = media.play(list, { loop: Infinity });
      },
      (error: unknown) => {
        if (!this.stopped) onError(error);
      },
    );
  }

  /** Idempotent. */
  stop(): void {
    this.stopped = true;
    this.playback?.stop();
  }
}
