import type { PlayItem, ToneName } from '../core/audio';
import type { LanguageName, PromptName } from '../core/register';
import type { Phrase } from './phrases/port';

/**
 * What a caller hears. A string is a name in `prompts/`; a list is played in order without a gap.
 * Durations are milliseconds.
 */
export type Prompt =
  | PromptName
  /** Plain text; what a markup language would take for a sign is spoken as it stands. */
  | { readonly say: string; readonly voice?: string }
  /** The inside of `<speak>`, for voices that understand SSML; others speak its text. */
  | { readonly ssml: string; readonly voice?: string }
  /** Numbers, amounts, dates and the like, as they are said in the call's language. */
  | Phrase
  | { readonly silence: number }
  /** As it is in a country, by its two letters; where absent, in the one that is configured. */
  | { readonly tone: ToneName; readonly duration?: number; readonly country?: string }
  /** A WAV file: for what a call has recorded. */
  | { readonly file: string }
  /** Fetched by http or https, and kept as long as its server says. */
  | { readonly url: string }
  /** In another language than the call's: `{ language: 'de', prompt: 'welcome' }`. */
  | { readonly language: LanguageName; readonly prompt: Prompt }
  | readonly Prompt[];

/** Something wrong with a prompt that can be known before a call. */
export interface PromptProblem {
  /** `welcome`, or the text of what cannot be said. */
  readonly prompt: string;
  /** One sentence, with the remedy. */
  readonly message: string;
}

/** Where a named prompt is had from. */
export type FoundPrompt =
  /** `language` is undefined for a file outside of the languages' folders. `text` is what the manifest says that it says. */
  | {
      readonly type: 'recorded';
      readonly path: string;
      readonly language: string | undefined;
      readonly text: string | undefined;
    }
  /** Only its text is there, in the manifest of `language`; `line` is where. */
  | {
      readonly type: 'spoken';
      readonly text: string;
      /** Where the manifest has it: the inside of `<speak>`; `text` are its words. */
      readonly ssml: string | undefined;
      /** Where the manifest names who speaks. */
      readonly voice: string | undefined;
      readonly language: string;
      readonly manifest: string;
      readonly line: number;
    };

/** What prompts there are, and what they say: for tools that make no sound. */
export interface PromptCatalog {
  /** BCP 47 tags that have a folder or a manifest, sorted: `['de', 'en']`. */
  readonly languages: readonly string[];
  /** The language of calls that say nothing else. */
  readonly defaultLanguage: string;
  /** Names that exist in any language, sorted. */
  readonly names: readonly string[];
  /** What is wrong with the manifests, each as a sentence with file, line and remedy. */
  readonly problems: readonly string[];
  /** The languages in which a prompt is looked for, in order: `['de-AT', 'de', 'en']`. */
  chain(language?: string): readonly string[];
  /** Along the chain of `language`, the recording or the text; `exact` looks in that language (and outside of all) alone. */
  find(
    name: string,
    language?: string,
    options?: { readonly exact?: boolean },
  ): FoundPrompt | undefined;
  /**
   * What a caller would hear, in words: `Press 1 for sales. <beep>`; a recording whose text nobody knows is `[name]`.
   * Never throws.
   */
  text(prompt: Prompt, language?: string): string;
  /** What would fail; without `language` in the default one. Does not synthesise. */
  check(prompt: Prompt, language?: string): PromptProblem[];
}

/** How a prompt is to be turned into sound. */
export interface ResolveOptions {
  /** That of the configuration when absent. */
  readonly language?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Turns prompts into sound. */
export interface PromptLibrary {
  /** Names that exist in any language, sorted. */
  readonly names: readonly string[];
  /** What there is by name, and what it says; absent where nothing has a name. */
  readonly catalog?: PromptCatalog;
  /** What would fail; does not synthesise. */
  check(prompt: Prompt, language?: string): PromptProblem[];
  /**
   * The sound of a prompt, from memory, disk or the voice. Rejects with a {@link CallchartError}:
   * `CALLCHART_PROMPT_MISSING`, `CALLCHART_PROMPT_UNREADABLE`, `CALLCHART_VOICE_FAILED`.
   */
  resolve(prompt: Prompt, options?: ResolveOptions): Promise<PlayItem[]>;
  /**
   * The same as it comes to be: resolves when the beginning can be heard. Without it a prompt is heard when all of it
   * is there.
   */
  stream?(prompt: Prompt, options?: ResolveOptions): Promise<PromptStream>;
  /**
   * A library of what the folders hold now; this one stays as it is. Both share what is decoded and spoken already,
   * and each is closed by itself. Rejects when something is wrong with the folders. Without it nothing is ever new.
   */
  renew?(): Promise<PromptLibrary>;
  /** Absent where nobody speaks. */
  readonly speechCounts?: SpeechCounts;
  close(): Promise<void>;
}

/** A prompt of which the beginning is there. */
export interface PromptStream {
  readonly items: readonly PlayItem[];
  /**
   * What follows, each part as soon as it is made; rejects as {@link PromptLibrary.resolve} does. Undefined when all
   * is there.
   */
  readonly rest: AsyncIterable<readonly PlayItem[]> | undefined;
}

/** What is to be spoken: plain text, or SSML, the inside of `<speak>`. */
export type SpeechContent =
  | { readonly text: string; readonly ssml?: undefined }
  | { readonly ssml: string; readonly text?: undefined };

/** A text, and how it is to be spoken. */
export type SpeechRequest = SpeechContent & {
  /** A name that the voice knows; its usual speaker when absent. */
  readonly speaker?: string | undefined;
  /** BCP 47; the voice's own when absent. */
  readonly language?: string | undefined;
  /** Nobody waits any more. */
  readonly signal?: AbortSignal | undefined;
};

/** A part of what a voice says: mono, 16-bit linear PCM. */
export interface SpeechChunk {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly samples: Int16Array;
  /** What of a plain text is still unsaid after it, so that another voice can go on; absent where nobody can tell. */
  readonly rest?: string;
}

/** What a voice has done since the start. */
export interface VoiceCounts {
  /** As the configuration calls its kind, and the language that it speaks where a text names none. */
  readonly voice: string;
  readonly language: string | undefined;
  /** It failed again and again, and is not asked for a while. */
  readonly resting: boolean;
  /** Texts that it spoke to the end, and those of them that were there already when they were wanted again. */
  readonly spoken: number;
  readonly kept: number;
  /** Texts that it was too late with or failed at, and that it would not speak. */
  readonly failed: number;
  readonly refused: number;
  /** Texts that it spoke, or went on with, because a voice before it failed or rested. */
  readonly takenOver: number;
}

/** How the voices do, and what is kept of what they spoke. */
export interface SpeechCounts {
  readonly voices: readonly VoiceCounts[];
  /** Bytes of sound; on disk undefined where nobody has looked yet. */
  readonly memory: number;
  readonly disk: number | undefined;
}

/** A speech synthesiser. */
export interface Voice {
  /** As the configuration calls its kind: `flite`. For messages. */
  readonly name: string;
  /** Everything that shapes the sound but the request: options, version of the engine. Part of the cache key. */
  readonly key: string;
  /** Milliseconds that the first sound, and each next, may take until another voice is asked. */
  readonly timeout: number;
  /** The language as this voice speaks it, part of the cache key; undefined when it does not speak it. */
  dialect(language: string | undefined): string | undefined;
  /** Whether a speaker may be one of its own. */
  knows(speaker: string): boolean;
  /**
   * Speaks part by part, each as soon as it is made. Plain text is spoken as it stands. Throws
   * `CALLCHART_VOICE_FAILED`. To end the iteration ends the work.
   */
  speak(request: SpeechRequest): AsyncIterable<SpeechChunk>;
  /**
   * What would make {@link speak} refuse a request, as one sentence with the remedy; undefined if nothing does. Does
   * not synthesise.
   */
  check?(request: SpeechRequest): string | undefined;
  /**
   * Loads what the first text would otherwise wait for, and hold up calls with. Called once, at start;
   * a rejection is logged, and the voice may still work later.
   */
  prepare?(): Promise<void>;
  close(): Promise<void>;
}
