import type { AudioClip, PlayItem } from '../core/audio';
import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import { silentLogger, type Logger } from '../core/logger';
import { ClipMemory } from './clip-memory';
import { openCatalog, type CatalogOptions } from './catalog';
import { promptMissing, PromptsError, voiceFailed } from './errors';
import type { Piece } from './pieces';
import type { Prompt, PromptLibrary, PromptProblem, ResolveOptions, Voice } from './port';
import { SpeechCache } from './tts/cache';
import { tidyText } from './tts/plain-text';
import { WavFiles } from './wav-files';

const MEGABYTE = 1024 * 1024;

export interface PromptLibraryOptions extends CatalogOptions {
  /** Who speaks. The library closes it. */
  readonly voice: Voice;
  /** Further voices that `{ say, voice }` can name; any other name is a speaker of {@link voice}. */
  readonly voices?: Readonly<Record<string, Voice>>;
  /** Where spoken texts are kept; without it they are kept in memory alone. */
  readonly cacheDirectory?: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /**
   * What clips may have, samples a second: 8 000. With more, a sound keeps what codecs of a wide band can carry of
   * it, and each codec gets what it can carry when the clip is encoded.
   */
  readonly sampleRates?: readonly number[];
  /** Bytes of decoded files, and of spoken texts, in memory: 128 MB each. */
  readonly maxMemory?: number;
  /** Bytes of one file: 64 MB. */
  readonly maxFileSize?: number;
  /** Bytes of spoken texts on disk: 512 MB. */
  readonly maxDiskSize?: number;
}

/**
 * Looks at the names in the folders and reads the manifests, nothing more: sound is read and made when it is needed.
 * Rejects with a {@link PromptsError} when something is wrong with the folders or the manifests.
 */
export async function createPromptLibrary(options: PromptLibraryOptions): Promise<PromptLibrary> {
  const catalog = openCatalog(options);
  if (catalog.problems.length > 0) throw new PromptsError(catalog.problems);
  return Promise.resolve(new Library(options, catalog));
}

class Library implements PromptLibrary {
  readonly names: readonly string[];
  private readonly files: WavFiles;
  private readonly speech: SpeechCache;
  private readonly fileMemory: ClipMemory;
  private readonly speechMemory: ClipMemory;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly options: PromptLibraryOptions,
    private readonly catalog: ReturnType<typeof openCatalog>,
  ) {
    const { clock, logger = silentLogger, sampleRates = [8_000], cacheDirectory } = options;
    const { maxMemory = 128 * MEGABYTE, maxFileSize = 64 * MEGABYTE } = options;
    this.names = catalog.names;
    for (const voice of this.voices()) void this.prepare(voice, logger);
    this.fileMemory = new ClipMemory(maxMemory);
    this.speechMemory = new ClipMemory(maxMemory);
    this.files = new WavFiles({ clock, sampleRates, memory: this.fileMemory, maxFileSize });
    this.speech = new SpeechCache({
      directory: cacheDirectory,
      sampleRates,
      clock,
      logger,
      memory: this.speechMemory,
      maxDiskSize: options.maxDiskSize ?? 512 * MEGABYTE,
    });
  }

  check(prompt: Prompt, language?: string): PromptProblem[] {
    const problems: PromptProblem[] = [];
    for (const piece of this.catalog.parser.pieces(prompt, language)) {
      if (piece.type === 'problem') {
        problems.push({ prompt: piece.prompt, message: piece.message });
      } else if (piece.type === 'say') {
        const message = sayProblem(piece.text, ...this.speakerOf(piece));
        if (message !== undefined) problems.push({ prompt: piece.text, message });
      } else if (piece.type === 'file') {
        try {
          this.files.check(piece.path);
        } catch (error) {
          problems.push({ prompt: piece.name, message: describeError(error) });
        }
      }
    }
    return problems;
  }

  async resolve(prompt: Prompt, { language, signal }: ResolveOptions = {}): Promise<PlayItem[]> {
    signal?.throwIfAborted();
    const pieces = this.catalog.parser.pieces(prompt, language);
    for (const piece of pieces) {
      if (piece.type === 'problem') throw promptMissing(piece.message);
    }
    const items = Promise.all(pieces.map((piece) => this.sound(piece)));
    const found = await (signal === undefined ? items : untilAborted(items, signal));
    return found.filter((item) => item !== undefined);
  }

  close(): Promise<void> {
    this.closed ??= (async () => {
      await Promise.all(this.voices().map((voice) => voice.close()));
      await this.speech.close();
      this.fileMemory.clear();
      this.speechMemory.clear();
    })();
    return this.closed;
  }

  private say(piece: Piece & { readonly type: 'say' }): Promise<AudioClip> {
    const [voice, speaker] = this.speakerOf(piece);
    return this.speech.speak(voice, tidyText(piece.text), speaker);
  }

  /** Who speaks: a voice that has the name, or the voice itself by a speaker of that name. */
  private speakerOf({ speaker }: Piece & { readonly type: 'say' }): [Voice, string | undefined] {
    const { voice, voices = {} } = this.options;
    const named =
      speaker !== undefined && Object.hasOwn(voices, speaker) ? voices[speaker] : undefined;
    return named === undefined ? [voice, speaker] : [named, undefined];
  }

  private voices(): Voice[] {
    return [...new Set([this.options.voice, ...Object.values(this.options.voices ?? {})])];
  }

  private async prepare(voice: Voice, logger: Logger): Promise<void> {
    try {
      await voice.prepare?.();
    } catch (error) {
      if (this.closed !== undefined) return;
      logger.warn({ reason: describeError(error) }, 'a voice is not ready');
    }
  }

  private async sound(piece: Piece): Promise<PlayItem | undefined> {
    switch (piece.type) {
      case 'item':
        return piece.item;
      case 'file':
        return clipItem(await this.files.load(piece.path, piece.fresh));
      case 'say':
        if (this.closed !== undefined) throw voiceFailed('The prompt library is closed.');
        if (tidyText(piece.text) === '') return undefined;
        return clipItem(await this.say(piece));
      case 'url':
        throw promptMissing(`"${piece.url}" cannot be fetched yet.`);
      case 'problem':
        throw promptMissing(piece.message);
    }
  }
}

function sayProblem(text: string, voice: Voice, speaker: string | undefined): string | undefined {
  if (tidyText(text) === '') return '{ say } has no text: there is nothing to speak.';
  return voice.check?.(text, speaker);
}

function clipItem(clip: AudioClip): PlayItem | undefined {
  return clip.samples.length === 0 ? undefined : { type: 'clip', clip };
}

/** The sound goes on being made for the next call; this caller does not wait for it. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
