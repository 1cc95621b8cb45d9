/** What a recogniser is to listen for. Durations are milliseconds. */
export interface RecognitionOptions {
  /** BCP 47. */
  readonly language: string;
  /** Words and phrases that are likely. */
  readonly hints: readonly string[];
  /** Whether partial results are wanted. */
  readonly partial: boolean;
  /** The engine decides when the first utterance is over, and ends with it; else it goes on until it is finished. */
  readonly singleUtterance: boolean;
  /** `default`, `numbers_and_commands`, `phone_call`, … as the engine knows them. */
  readonly model?: string | undefined;
  readonly profanityFilter?: boolean | undefined;
  /** Samples a second of what will be written. */
  readonly sampleRate: 8_000 | 16_000;
}

/** What was understood so far. */
export interface Recognised {
  readonly text: string;
  /** 0 to 1; undefined where the engine does not say. */
  readonly confidence: number | undefined;
  /** How likely a partial result stays as it is, 0 to 1; undefined where the engine does not say. */
  readonly stability?: number | undefined;
}

export interface RecognitionHandler {
  onPartial(result: Recognised): void;
  /** One utterance; more may follow until it is finished. */
  onFinal(result: Recognised): void;
  /** There will be no more; nothing is told after it. */
  onEnd(error: Error | undefined): void;
}

/** One utterance, or several, that is listened to. */
export interface Recognition {
  /** 16-bit mono, of `sampleRate`; the samples are only valid during the call. Never blocks. */
  write(samples: Int16Array): void;
  /** The caller has stopped speaking: the last final result, then `onEnd`. */
  finish(): void;
  /** Ends it without results. Idempotent. */
  close(): void;
}

/** Turns speech into text: an engine in the cloud, or anybody's over a WebSocket. */
export interface Recognizer {
  /** For log and record. */
  readonly name: string;
  /** Loads what it needs, before the first call does. Rejects when it cannot be used. */
  prepare?(): Promise<void>;
  /** Returns at once, and never throws: what goes wrong is told by `onEnd`, nothing before this has returned. */
  open(options: RecognitionOptions, handler: RecognitionHandler): Recognition;
  /** Recognitions that are open now. */
  readonly recognitions: number;
  /** Closes those too. */
  close(): Promise<void>;
}
