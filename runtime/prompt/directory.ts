import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isLanguageTag } from '../core/language';
import { intendedTag } from './languages';

/** How deep folders in folders are followed: links may lead in circles. */
const MAX_DEPTH = 8;
const MAX_FILES = 100_000;
const ENDING = /\.(?:wav|flac|opus|ogg|oga|mp3)$/i;
const MANIFEST = /\.ya?ml$/i;

/** What lies in the folders of the prompts; only names are read. */
export interface PromptFiles {
  /** Paths by language and name; those outside of all languages under `undefined`. */
  readonly recordings: ReadonlyMap<string | undefined, ReadonlyMap<string, string>>;
  /** Paths of manifests by language; the first folder's first. */
  readonly manifests: ReadonlyMap<string, readonly string[]>;
  /** What is wrong, each as a sentence with the path and the remedy. */
  readonly problems: readonly string[];
}

/**
 * The recordings of some folders: `prompts/de/digits/1.wav` is `digits/1` in German, `prompts/music/hold.mp3` is
 * `music/hold` in all languages. The first folder that has a name wins; a folder that does not exist has none. Hidden
 * files are left out, links are followed.
 */
export function findPromptFiles(directories: readonly string[]): PromptFiles {
  const found = new Finder();
  for (const directory of directories) found.top(directory);
  return found;
}

class Finder implements PromptFiles {
  readonly recordings = new Map<string | undefined, Map<string, string>>();
  readonly manifests = new Map<string, string[]>();
  readonly problems: string[] = [];
  private files = 0;

  top(directory: string): void {
    const above = new Set<string>();
    const own = new Map<string | undefined, Map<string, string>>();
    for (const name of list(directory, above)) {
      const path = join(directory, name);
      const kind = kindOf(path);
      if (kind === 'directory') {
        const language = isLanguageTag(name) ? name : undefined;
        if (language === undefined) this.checkTag(name, path, '');
        const prefix = language === undefined ? `${name}/` : '';
        // A set for each: one language may be a link to another.
        this.walk(path, prefix, 1, new Set(above), indexOf(own, language));
      } else if (kind === 'file' && MANIFEST.test(name)) {
        this.manifest(name.replace(MANIFEST, ''), path);
      } else if (kind === 'file') {
        this.recording('', name, path, indexOf(own, undefined));
      }
    }
    for (const [language, index] of own) {
      const all = indexOf(this.recordings, language);
      for (const [name, path] of index) if (!all.has(name)) all.set(name, path);
    }
  }

  private walk(
    directory: string,
    prefix: string,
    depth: number,
    visited: Set<string>,
    index: Map<string, string>,
  ): void {
    for (const name of list(directory, visited)) {
      const path = join(directory, name);
      const kind = kindOf(path);
      if (kind === 'directory' && depth < MAX_DEPTH) {
        this.walk(path, `${prefix}${name}/`, depth + 1, visited, index);
      } else if (kind === 'file') {
        this.recording(prefix, name, path, index);
      }
    }
  }

  private recording(prefix: string, file: string, path: string, index: Map<string, string>): void {
    if (!ENDING.test(file) || this.files >= MAX_FILES) return;
    this.files += 1;
    const name = prefix + file.replace(ENDING, '');
    const other = index.get(name);
    if (other === undefined) index.set(name, path);
    else
      this.problems.push(
        `${path}: the prompt "${name}" is recorded in ${other} already. Remove one of the two.`,
      );
  }

  private manifest(name: string, path: string): void {
    if (isLanguageTag(name)) {
      const paths = this.manifests.get(name);
      if (paths === undefined) this.manifests.set(name, [path]);
      else paths.push(path);
    } else if (!this.checkTag(name, path, '.yaml')) {
      this.problems.push(
        `${path}: this is not the name of a language. Name the file as the language of its texts, such as en.yaml or pt-BR.yaml.`,
      );
    }
  }

  /** Whether the name was reported as the misspelt tag of a language. */
  private checkTag(name: string, path: string, ending: '' | '.yaml'): boolean {
    const tag = intendedTag(name);
    if (tag === undefined) return false;
    this.problems.push(
      `${path}: "${name}" is not how the language ${tag} is written. Rename it to ${tag}${ending}.`,
    );
    return true;
  }
}

function indexOf<K>(all: Map<K, Map<string, string>>, key: K): Map<string, string> {
  let index = all.get(key);
  if (index === undefined) all.set(key, (index = new Map<string, string>()));
  return index;
}

/** Sorted, without hidden files; nothing where a folder was visited before, or cannot be read. */
function list(directory: string, visited: Set<string>): string[] {
  try {
    const real = realpathSync(directory);
    if (visited.has(real)) return [];
    visited.add(real);
    return readdirSync(directory)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch {
    return [];
  }
}

function kindOf(path: string): 'file' | 'directory' | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) return 'directory';
  return stat?.isFile() === true ? 'file' : undefined;
}

/**
 * Whether a text can be the name of a prompt: parts of letters, digits, `_`, `-`, `.` and spaces between single `/`, none
 * of them beginning with a dot. So no name leads out of the prompts' folder, or to an absolute path.
 */
export function isPromptName(name: string): boolean {
  return (
    name.length <= 200 &&
    /^[\p{L}\p{N}_-][\p{L}\p{N} ._-]*(\/[\p{L}\p{N}_-][\p{L}\p{N} ._-]*)*$/u.test(name)
  );
}
