import type { Recording, RecordingOptions } from './port';
import { Recorder, type RecorderServices, type Side } from './recorder';

/** Gets a frame that is only valid during the call, and the tick at which it is heard. */
export type SideListener = (frame: Int16Array, time: number) => void;

/** What one side of a recording is heard by. */
export interface RecordedSide {
  /** A 20 ms frame in each tick, until the returned function is called. */
  hear(sampleRate: number, listener: SideListener): () => void;
  /** Gives what has arrived and was not heard yet, with the ticks at which it would be. */
  drain?(sampleRate: number, listener: SideListener): void;
}

export interface RecordedSides {
  readonly left: RecordedSide;
  /** Left out where one side is recorded. */
  readonly right?: RecordedSide;
  /** Lets those who are recorded know; resolves when they have heard it. */
  beep(): Promise<unknown>;
  /** It takes no more sound. */
  onEnded(recorder: Recorder): void;
}

export interface SidesServices extends RecorderServices {
  /** Called with every recording, so that nothing is closed before its file is. */
  onRecording(recording: Recording): void;
}

/** Records sides of a conversation from now on, or from the end of the beep. */
export function recordSides(
  services: SidesServices,
  options: RecordingOptions,
  sides: RecordedSides,
): Recorder {
  const { left, right } = sides;
  const both: readonly (readonly [Side, RecordedSide])[] =
    right === undefined
      ? [['left', left]]
      : [
          ['left', left],
          ['right', right],
        ];
  const deafen: (() => void)[] = [];
  const recorder = new Recorder(options, services, {
    // It ends with the last sound that has arrived, not with the last that was played out.
    onStopping: () => {
      for (const [side, one] of both) {
        one.drain?.(recorder.sampleRate, (frame, time) => recorder.push(side, frame, time));
      }
    },
    onEnded: () => {
      for (const stop of deafen) stop();
      sides.onEnded(recorder);
    },
  });
  services.onRecording(recorder);
  const start = (): void => {
    if (recorder.ended) return;
    recorder.start();
    for (const [side, one] of both) {
      deafen.push(one.hear(recorder.sampleRate, (frame, time) => recorder.push(side, frame, time)));
    }
  };
  // Whoever plays something else meanwhile has ended the beep.
  if (options.beep) void sides.beep().then(start);
  else start();
  return recorder;
}
