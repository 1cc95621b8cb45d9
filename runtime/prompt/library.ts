import { join } from 'node:path';
import type { AudioClip, PlayItem } from '../core/audio';
import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import { silentLogger, type Logger } from '../core/logger';
import { AudioFiles, clipOfFile } from './audio-files';
import { ClipMemory } from './clip-memory';
import { openCatalog, type CatalogOptions } from './catalog';
import { promptMissing, PromptsError, voiceFailed } from './errors';
import { type Piece, speechOf } from './pieces';
import type {
  Prompt,
  PromptLibrary,
  PromptProblem,
  PromptStream,
  ResolveOptions,
  SpeechCounts,
  Voice,
} from './port';
import { streamOf, type Source } from './stream';
import { SpeechCache } from './tts/cache';
import { tidyText } from './tts/plain-text';
import { Speech, type VoiceSet } from './tts/speech';
import { SoundDecoder } from './sound-decoder';
import { SecureRandom } from '../core/random';
import { createWebClient } from '../web/client';
import type { WebClient } from '../web/port';
import { HttpGet } from './url/http-get';
import { UrlPrompts } from './url/url-prompts';
import { UrlStore } from './url/url-store';

const MEGABYTE = 1024 * 1024;
/** Bytes of what is fetched, and milliseconds that it may take: somebody waits for it on the telephone. */
const MAX_FETCHED = 16 * MEGABYTE;
const FETCH_TIMEOUT = 10_000;

export interface PromptLibraryOptions extends CatalogOptions {
  /** Who speaks, or several in the order in which they are asked. The library closes them. */
  readonly voice: Voice | readonly Voice[];
  /** By language tag: those that are asked first in that language. */
  readonly voices?: VoiceSet['byLanguage'];
  /** Where spoken texts are kept; without it they are kept in memory alone. */
  readonly cacheDirectory?: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Fetches `{ url }`; when absent one of the library's own, which asks public hosts alone. */
  readonly web?: WebClient;
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

/** What the libraries of some folders share: what is decoded and spoken, and who does that. */
class Sounds {
  readonly decoder: SoundDecoder;
  readonly urls: UrlPrompts;
  readonly web: WebClient;
  private readonly ownWeb: WebClient | undefined;
  private readonly store: UrlStore;
  readonly speech: Speech;
  readonly fileMemory: ClipMemory;
  private readonly speechMemory: ClipMemory;
  private users = 0;

  constructor(options: PromptLibraryOptions) {
    const { clock, logger = silentLogger, sampleRates = [8_000], cacheDirectory } = options;
    const { maxMemory = 128 * MEGABYTE } = options;
    this.fileMemory = new ClipMemory(maxMemory);
    this.speechMemory = new ClipMemory(maxMemory);
    this.decoder = new SoundDecoder({ clock });
    const maxSize = options.maxDiskSize ?? 512 * MEGABYTE;
    const directory = cacheDirectory === undefined ? undefined : join(cacheDirectory, 'urls');
    this.store = new UrlStore({ directory, maxSize, clock, logger });
    this.web = options.web ?? createWebClient({ clock, random: new SecureRandom(), allow: [] });
    this.ownWeb = options.web === undefined ? this.web : undefined;
    this.urls = new UrlPrompts({
      clock,
      http: new HttpGet({ web: this.web, timeout: FETCH_TIMEOUT, maxSize: MAX_FETCHED }),
      store: this.store,
      memory: this.fileMemory,
      decode: (bytes) => clipOfFile(bytes, this.decoder, sampleRates),
    });
    const cache = new SpeechCache({
      directory: cacheDirectory,
      sampleRates,
      clock,
      logger,
      memory: this.speechMemory,
      maxDiskSize: options.maxDiskSize ?? 512 * MEGABYTE,
    });
    const { voice, voices: byLanguage = {} } = options;
    const voices = 'speak' in voice ? [voice] : voice;
    this.speech = new Speech({ voices, byLanguage, cache, clock, logger });
    void this.speech.prepare();
  }

  use(): this {
    this.users += 1;
    return this;
  }

  async leave(): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    await Promise.all([this.speech.close(), this.decoder.close(), this.ownWeb?.close()]);
    await this.store.close();
    this.fileMemory.clear();
    this.speechMemory.clear();
  }
}

class Library implements PromptLibrary {
  readonly names: readonly string[];
  private readonly files: AudioFiles;
  private readonly speech: Speech;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly options: PromptLibraryOptions,
    readonly catalog: ReturnType<typeof openCatalog>,
    private readonly sounds = new Sounds(options),
  ) {
    const { clock, sampleRates = [8_000], maxFileSize = 64 * MEGABYTE } = options;
    const { decoder, fileMemory: memory, speech } = sounds.use();
    this.names = catalog.names;
    this.files = new AudioFiles({ clock, decoder, sampleRates, memory, maxFileSize });
    this.speech = speech;
  }

  renew(): Promise<PromptLibrary> {
    const catalog = openCatalog(this.options);
    if (catalog.problems.length > 0) return Promise.reject(new PromptsError(catalog.problems));
    // Calls that go on with this one hear no recording change.
    this.files.hold();
    return Promise.resolve(new Library(this.options, catalog, this.sounds));
  }

  get speechCounts(): SpeechCounts {
    return this.speech.counts;
  }

  check(prompt: Prompt, language?: string): PromptProblem[] {
    const problems: PromptProblem[] = [];
    for (const piece of this.catalog.parser.pieces(prompt, language)) {
      if (piece.type === 'problem') {
        problems.push({ prompt: piece.prompt, message: piece.message });
      } else if (piece.type === 'say') {
        const message = this.speech.check(speechOf(piece));
        if (message !== undefined) problems.push({ prompt: piece.text, message });
      } else if (piece.type === 'url') {
        void this.sounds.web.prepare();
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
    const sources = Promise.all(this.playable(prompt, language).map((piece) => this.sound(piece)));
    const items = sources.then((all) => Promise.all(all.map(wholeItem)));
    const found = await (signal === undefined ? items : untilAborted(items, signal));
    return found.filter((item) => item !== undefined);
  }

  async stream(prompt: Prompt, { language, signal }: ResolveOptions = {}): Promise<PromptStream> {
    signal?.throwIfAborted();
    const sources = Promise.all(this.playable(prompt, language).map((piece) => this.sound(piece)));
    const stream = sources.then(streamOf);
    return signal === undefined ? stream : untilAborted(stream, signal);
  }

  close(): Promise<void> {
    this.closed ??= (() => {
      this.files.close();
      return this.sounds.leave();
    })();
    return this.closed;
  }

  private playable(prompt: Prompt, language: string | undefined): Piece[] {
    const pieces = this.catalog.parser.pieces(prompt, language);
    for (const piece of pieces) {
      if (piece.type === 'problem') throw promptMissing(piece.message);
    }
    return pieces;
  }

  private async sound(piece: Piece): Promise<Source> {
    switch (piece.type) {
      case 'item':
        return piece.item;
      case 'file':
        return clipItem(await this.files.load(piece.path, piece.fresh));
      case 'say':
        if (this.closed !== undefined) throw voiceFailed('The prompt library is closed.');
        if (tidyText(piece.text) === '') return undefined;
        return this.speech.open(speechOf(piece));
      case 'url':
        return clipItem(await this.sounds.urls.load(piece.url));
      case 'problem':
        throw promptMissing(piece.message);
    }
  }
}

async function wholeItem(source: Source): Promise<PlayItem | undefined> {
  return source === undefined || 'type' in source ? source : clipItem(await source.whole());
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
