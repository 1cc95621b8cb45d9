import type { CallControl } from '../call/port';
import type { Playback, PlaybackOptions } from '../media/port';
import type { Prompt } from '../prompt/port';

/** How a prompt came to its end by itself. */
export type PromptEnd =
  { readonly type: 'completed' } | { readonly type: 'failed'; readonly error: unknown };

/**
 * One prompt on its way to the caller: from the request, through the synthesis it may need, to its end.
 * It can be stopped at any point, and then is silent at once and says nothing more.
 */
export class PromptPlayback {
  private readonly controller = new AbortController();
  private playback: Playback | undefined;
  private over = false;

  constructor(
    call: Pick<CallControl, 'play'>,
    prompt: Prompt,
    options: PlaybackOptions,
    private readonly onEnd: (end: PromptEnd) => void,
    private readonly onStarted: (playback: Playback) => void = () => undefined,
  ) {
    call.play(prompt, options, this.controller.signal).then(
      (playback) => this.started(playback),
      (error: unknown) => this.end({ type: 'failed', error }),
    );
  }

  /** Idempotent; `onEnd` is not called any more. */
  stop(): void {
    if (this.over) return;
    this.over = true;
    // Aborting makes an error with a stack: only where a synthesis may still be waited for.
    if (this.playback === undefined) this.controller.abort();
    else this.playback.stop();
  }

  private started(playback: Playback): void {
    if (this.over) {
      playback.stop();
      return;
    }
    this.playback = playback;
    this.onStarted(playback);
    playback.done.then(
      () => this.end({ type: 'completed' }),
      (error: unknown) => this.end({ type: 'failed', error }),
    );
  }

  private end(end: PromptEnd): void {
    if (this.over) return;
    this.over = true;
    this.onEnd(end);
  }
}
