import type { PlayItem, ToneName } from '../core/audio';

/**
 * What a caller hears. A string is a name in `prompts/`; a list is played in order without a gap.
 * Durations are milliseconds.
 */
export type Prompt =
  | string
  | { readonly say: string; readonly voice?: string }
  /** Read one by one: `0` to `9`, `*`, `#`. */
  | { readonly digits: string }
  | { readonly silence: number }
  /** As it is in a country, by its two letters; where absent, in the one that is configured. */
  | { readonly tone: ToneName; readonly duration?: number; readonly country?: string }
  /** A WAV file: for what a call has recorded. */
  | { readonly file: string }
  | readonly Prompt[];

/** Something wrong with a prompt that can be known before a call. */
export interface PromptProblem {
  /** `welcome`, or the text of what cannot be said. */
  readonly prompt: string;
  /** One sentence, with the remedy. */
  readonly message: string;
}

/** Turns prompts into sound. */
export interface PromptLibrary {
  /** Names that exist, sorted. */
  readonly names: readonly string[];
  /** What would fail; does not synthesise. */
  check(prompt: Prompt): PromptProblem[];
  /**
   * The sound of a prompt, from memory, disk or the voice. Rejects with a {@link CallchartError}:
   * `CALLCHART_PROMPT_MISSING`, `CALLCHART_PROMPT_UNREADABLE`, `CALLCHART_VOICE_FAILED`.
   */
  resolve(prompt: Prompt, signal?: AbortSignal): Promise<PlayItem[]>;
  close(): Promise<void>;
}

/** A speech synthesiser. */
export interface Voice {
  /** Everything that shapes the sound but the text: part of the cache key. */
  readonly key: string;
  /** Mono PCM; rejects with `CALLCHART_VOICE_FAILED`. */
  synthesise(
    text: string,
    options: { readonly voice?: string; readonly signal?: AbortSignal },
  ): Promise<{ readonly sampleRate: number; readonly samples: Int16Array }>;
  /**
   * What would make {@link synthesise} refuse a text or a speaker, as one sentence with the remedy;
   * undefined if nothing does. Does not synthesise.
   */
  check?(text: string, voice?: string): string | undefined;
  /**
   * Loads what the first text would otherwise wait for, and hold up calls with. Called once, at start;
   * a rejection is logged, and the voice may still work later.
   */
  prepare?(): Promise<void>;
  close(): Promise<void>;
}
