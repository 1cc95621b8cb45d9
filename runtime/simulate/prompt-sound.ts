import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openCatalog, type CatalogOptions } from '../prompt/catalog';
import { PromptParser, type Piece } from '../prompt/pieces';
import type { Prompt, PromptCatalog } from '../prompt/port';
import { fileDuration } from './file-duration';
import type { SimulateOptions } from './port';

/** Milliseconds that a voice needs for a character, on average. */
const perCharacter = 65;
/** Of a prompt of which nothing is known but its name. */
const unknownDuration = 2_000;

/** What a caller hears of a prompt, without any sound. */
export interface HeardPrompt {
  /** What it says; '' where nobody knows. */
  readonly text: string;
  /** Milliseconds. */
  readonly duration: number;
  /** Why it cannot be played, as one sentence. */
  readonly problem: string | undefined;
}

interface Sounds {
  readonly parser: PromptParser;
  /** Whether a name that nobody knows is a mistake. */
  readonly complete: boolean;
  /** By language and name. */
  readonly named: Map<string, HeardPrompt>;
}

/** The sounds of a folder, and when its folders and manifests were changed by then. */
interface OpenFolder {
  readonly sounds: Sounds;
  readonly times: ReadonlyMap<string, number>;
}

/** By the options: the same folders are looked at once, and again when something in them has changed. */
const opened = new Map<string, OpenFolder>();

function open(given: SimulateOptions['prompts']): Sounds {
  if (typeof given === 'object' && 'find' in given) return ofCatalog(given);
  const key = JSON.stringify([given, process.cwd()]);
  const known = opened.get(key);
  if (known !== undefined && ![...known.times].some(([path, time]) => timeOf(path) !== time)) {
    return known.sounds;
  }
  const times = new Map(watchedIn(folderOf(given)).map((path) => [path, timeOf(path)]));
  const sounds = openSounds(given);
  opened.set(key, { sounds, times });
  return sounds;
}

function folderOf(given: Exclude<SimulateOptions['prompts'], PromptCatalog>): string | undefined {
  if (given === false) return undefined;
  return typeof given === 'object' ? (given.directory ?? 'prompts') : (given ?? 'prompts');
}

/** What changes when a prompt comes, goes, or gets another text: the folder, those in it, and the manifests. */
function watchedIn(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  if (!existsSync(folder)) return [folder];
  const inside = readdirSync(folder, { recursive: true, withFileTypes: true });
  const watched = inside.filter((entry) => entry.isDirectory() || entry.name.endsWith('.yaml'));
  return [folder, ...watched.map(({ parentPath, name }) => join(parentPath, name))];
}

/** Milliseconds since the epoch; 0 of what is not there. */
function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function openSounds(given: Exclude<SimulateOptions['prompts'], PromptCatalog>): Sounds {
  const folder = folderOf(given);
  const options: CatalogOptions = {
    ...(typeof given === 'object' ? given : {}),
    directories: folder === undefined ? [] : [folder],
  };
  const { parser } = openCatalog(options);
  // A project without a folder of prompts keeps them elsewhere.
  const complete = given === undefined ? existsSync('prompts') : given !== false;
  return { parser, complete, named: new Map() };
}

const catalogs = new WeakMap<PromptCatalog, Sounds>();

function ofCatalog(catalog: PromptCatalog): Sounds {
  let sounds = catalogs.get(catalog);
  if (sounds === undefined) {
    const parser = new PromptParser({
      find: (...wanted) => catalog.find(...wanted),
      chain: (language) => catalog.chain(language),
      defaultLanguage: catalog.defaultLanguage,
      fragments: () => new Map(),
      missing: (name) => catalog.check(name)[0]?.message ?? `There is no prompt "${name}".`,
    });
    sounds = { parser, complete: true, named: new Map() };
    catalogs.set(catalog, sounds);
  }
  return sounds;
}

/** What is heard of prompts in one call. */
export class PromptSound {
  private readonly sounds: Sounds;

  /** @param recorded milliseconds of what the call itself has recorded, by its path */
  constructor(
    private readonly options: Pick<SimulateOptions, 'prompts' | 'urls'>,
    private readonly recorded: (path: string) => number | undefined,
  ) {
    this.sounds = open(options.prompts);
  }

  hear(prompt: Prompt, language: string | undefined): HeardPrompt {
    if (typeof prompt !== 'string') return this.take(prompt, language);
    const { named } = this.sounds;
    const key = `${language ?? ''} ${prompt}`;
    let heard = named.get(key);
    if (heard === undefined) named.set(key, (heard = this.take(prompt, language)));
    return heard;
  }

  private take(prompt: Prompt, language: string | undefined): HeardPrompt {
    const words: string[] = [];
    let duration = 0;
    let problem: string | undefined;
    for (const piece of this.sounds.parser.pieces(prompt, language)) {
      duration += this.durationOf(piece);
      const text = wordsOf(piece);
      if (text !== '') words.push(text);
      if (piece.type === 'problem' && !this.isUnknown(piece.prompt, prompt)) {
        problem ??= piece.message;
      }
    }
    return { text: words.join(' '), duration, problem };
  }

  /** A name, where names are not looked up. */
  private isUnknown(name: string, prompt: Prompt): boolean {
    return !this.sounds.complete && isHeardIn(prompt, name);
  }

  private ofUrl(href: string): number {
    const given = Object.entries(this.options.urls ?? {});
    const found = given.find(([url]) => URL.canParse(url) && new URL(url).href === href);
    return found?.[1] ?? unknownDuration;
  }

  private durationOf(piece: Piece): number {
    switch (piece.type) {
      case 'file':
        return (
          this.recorded(piece.path) ??
          fileDuration(piece.path) ??
          (piece.text === undefined ? unknownDuration : spoken(piece.text))
        );
      case 'say':
        return spoken(piece.text);
      case 'item':
        return itemDuration(piece.item);
      case 'url':
        return this.ofUrl(piece.url);
      default:
        return unknownDuration;
    }
  }
}

function itemDuration(item: Extract<Piece, { type: 'item' }>['item']): number {
  if (item.type === 'silence') return item.duration;
  if (item.type === 'tone') return item.tone.duration;
  return (item.clip.samples.length * 1_000) / item.clip.sampleRate;
}

function spoken(text: string): number {
  return text.length * perCharacter;
}

function wordsOf(piece: Piece): string {
  switch (piece.type) {
    case 'say':
      return piece.text;
    case 'file':
    case 'item':
      return piece.text ?? '';
    default:
      return '';
  }
}

/** A prompt as one word, for transcripts: names, and the words of what is said. */
export function promptName(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt;
  if (isList(prompt)) return prompt.map(promptName).join(' + ');
  if ('say' in prompt) return prompt.say;
  if ('ssml' in prompt) return prompt.ssml;
  if ('silence' in prompt) return `${prompt.silence} ms of silence`;
  if ('tone' in prompt) return prompt.tone === 'beep' ? 'beep' : `${prompt.tone} tone`;
  if ('file' in prompt) return prompt.file;
  if ('url' in prompt) return prompt.url;
  if ('language' in prompt) return promptName(prompt.prompt);
  return Object.entries(prompt)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** Whether somebody who hears `played` hears `wanted`: it is that, or has it in a list. */
export function isHeardIn(played: Prompt, wanted: Prompt): boolean {
  if (isSame(played, wanted)) return true;
  if (isList(played)) return played.some((each) => isHeardIn(each, wanted));
  return typeof played === 'object' && 'language' in played && isHeardIn(played.prompt, wanted);
}

function isSame(a: Prompt, b: Prompt): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  // How long a tone lasts, and whose it is, need not be said.
  if ('tone' in a && 'tone' in b) {
    return Object.entries(b).every(([member, value]) => Reflect.get(a, member) === value);
  }
  return canonical(a) === canonical(b);
}

/** As text that does not depend on the order of members. */
function canonical(prompt: Prompt): string {
  return JSON.stringify(prompt, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function isList(prompt: Prompt): prompt is readonly Prompt[] {
  return Array.isArray(prompt);
}
