import { join } from 'node:path';
import { widerTags } from '../core/language';
import { findPromptFiles } from './directory';
import { wordsKey, type Fragments } from './fragments';
import { languageChain } from './languages';
import { readManifest, type ManifestText } from './manifest';
import { didYouMean, PromptParser, type Piece } from './pieces';
import type { FoundPrompt, Prompt, PromptCatalog, PromptProblem } from './port';
import { tidyText } from './tts/plain-text';

/** Names that begin so are recordings of words in phrases. */
const PHRASES = 'phrases/';

export interface CatalogOptions {
  /** Where named prompts and manifests are; the first folder that has a name wins. */
  readonly directories: readonly string[];
  /** The language of calls that say nothing else; `en`. */
  readonly language?: string | undefined;
  /** Languages that are tried before {@link language}. */
  readonly fallback?: readonly string[] | undefined;
  /** Whose tones are meant where a prompt names no country, by its two letters. */
  readonly toneCountry?: string | undefined;
}

/**
 * Looks at the folders of the prompts and reads the manifests; never at sound. Never throws: what is wrong is among
 * {@link PromptCatalog.problems}.
 */
export function openCatalog(
  options: CatalogOptions,
): PromptCatalog & { readonly parser: PromptParser } {
  return new Catalog(options);
}

class Catalog implements PromptCatalog {
  readonly languages: readonly string[];
  readonly defaultLanguage: string;
  readonly names: readonly string[];
  readonly problems: readonly string[];
  readonly parser: PromptParser;
  readonly toneCountry: string | undefined;
  private readonly recordings: ReadonlyMap<string | undefined, ReadonlyMap<string, string>>;
  private readonly phraseParts = new Map<string, Fragments>();
  private readonly texts = new Map<string, Map<string, ManifestText>>();

  constructor(private readonly options: CatalogOptions) {
    const { recordings, manifests, problems } = findPromptFiles(options.directories);
    this.recordings = recordings;
    const found = [...problems];
    for (const [language, paths] of manifests) {
      const texts = new Map<string, ManifestText>();
      for (const path of paths) {
        const manifest = readManifest(path);
        found.push(...manifest.problems);
        for (const [name, text] of manifest.texts) if (!texts.has(name)) texts.set(name, text);
      }
      this.texts.set(language, texts);
    }
    this.problems = found;
    this.defaultLanguage = options.language ?? 'en';
    this.toneCountry = options.toneCountry;
    const tags = [...recordings.keys(), ...manifests.keys()].filter((tag) => tag !== undefined);
    this.languages = [...new Set(tags)].sort();
    const names = [...recordings.values(), ...this.texts.values()].flatMap((each) => [
      ...each.keys(),
    ]);
    this.names = [...new Set(names)].sort();
    this.parser = new PromptParser(this);
  }

  chain(language?: string): readonly string[] {
    const { fallback = [] } = this.options;
    return languageChain(language, { language: this.defaultLanguage, fallback });
  }

  fragments(language: string): Fragments {
    let found = this.phraseParts.get(language);
    if (found === undefined) {
      const parts = [...(this.recordings.get(language) ?? [])].flatMap(([name, path]) => {
        const text = this.texts.get(language)?.get(name)?.text;
        return name.startsWith(PHRASES) && text !== undefined ? [{ name, path, text }] : [];
      });
      found = new Map(parts.map((part) => [wordsKey(part.text), part]));
      this.phraseParts.set(language, found);
    }
    return found;
  }

  find(
    name: string,
    language?: string,
    { exact = false }: { readonly exact?: boolean } = {},
  ): FoundPrompt | undefined {
    const chain = exact ? [language ?? this.defaultLanguage] : this.chain(language);
    for (const tag of chain) {
      const found = this.in(tag, name);
      if (found !== undefined) return found;
    }
    const path = this.recordings.get(undefined)?.get(name);
    return path === undefined
      ? undefined
      : { type: 'recorded', path, language: undefined, text: undefined };
  }

  text(prompt: Prompt, language?: string): string {
    const words = this.parser.pieces(prompt, language).map(wordsOfPiece);
    return tidyText(words.join(' '));
  }

  check(prompt: Prompt, language?: string): PromptProblem[] {
    return this.parser
      .pieces(prompt, language)
      .flatMap((piece) =>
        piece.type === 'problem' ? [{ prompt: piece.prompt, message: piece.message }] : [],
      );
  }

  missing(name: string, language: string): string {
    const elsewhere = this.languages.filter((tag) => this.in(tag, name) !== undefined);
    const where = elsewhere.length === 0 ? '' : ` in ${language}, only in ${elsewhere.join(', ')}`;
    const meant = elsewhere.length === 0 ? didYouMean(name, this.names) : '';
    const tag = this.nearestLanguage(language);
    const folder = join(this.options.directories[0] ?? 'prompts', tag);
    return `There is no prompt "${name}"${where}.${meant} Put ${name}.wav into ${folder}, or its text into ${folder}.yaml.`;
  }

  /** Of the language and what it narrows down, what has prompts. */
  private nearestLanguage(language: string): string {
    return widerTags(language).find((tag) => this.languages.includes(tag)) ?? language;
  }

  private in(language: string, name: string): FoundPrompt | undefined {
    const text = this.texts.get(language)?.get(name);
    const path = this.recordings.get(language)?.get(name);
    if (path !== undefined) return { type: 'recorded', path, language, text: text?.text };
    return text === undefined ? undefined : { type: 'spoken', language, ...text };
  }
}

function wordsOfPiece(piece: Piece): string {
  switch (piece.type) {
    case 'file':
      return piece.text ?? `[${piece.name}]`;
    case 'say':
      return piece.text;
    case 'url':
      return `[${piece.url}]`;
    case 'item':
      return piece.text ?? '';
    case 'problem':
      return `[${piece.prompt}]`;
  }
}
