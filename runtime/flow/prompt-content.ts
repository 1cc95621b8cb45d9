import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { AnyStateMachine } from 'xstate';
import type { FoundPrompt, PromptCatalog } from '../prompt/port';
import { promptParts, usedPrompts } from './used-prompts';

/** What the named prompts of a flow say. */
export interface PromptContent {
  /** Equal where all of them, in all languages, are equal byte for byte, wherever they stand. */
  readonly digest: string;
  /** The recordings and manifests, absolute, sorted. */
  readonly files: readonly string[];
}

/** As far as it is known without a call: names that a flow puts together while it runs are not seen. */
export function promptContent(
  machine: AnyStateMachine,
  catalog: Pick<PromptCatalog, 'names' | 'languages' | 'find'>,
): PromptContent {
  const parts = usedPrompts(machine, catalog.names).flatMap(({ prompt }) => promptParts(prompt));
  const names = new Set(parts.map(({ part }) => part).filter((part) => typeof part === 'string'));
  const files = new Set<string>();
  const hash = createHash('sha256');
  // With no languages there may still be recordings outside of them.
  const languages = catalog.languages.length === 0 ? [undefined] : catalog.languages;
  for (const name of [...names].sort()) {
    for (const language of languages) {
      const found = catalog.find(name, language, { exact: true });
      if (found === undefined) continue;
      files.add(found.type === 'recorded' ? found.path : found.manifest);
      hash.update(JSON.stringify([name, language ?? null, ...contentOf(found)]));
    }
  }
  // Nothing for a flow that names none: as where prompts are not known at all.
  const digest = names.size === 0 ? '' : hash.digest('hex');
  return { digest, files: [...files].sort() };
}

function contentOf(found: FoundPrompt): readonly (string | null)[] {
  if (found.type === 'recorded') return [digestOf(found.path)];
  return [found.text, found.ssml ?? null, found.voice ?? null];
}

/** By path: recordings are large, and seldom change. */
const digests = new Map<string, { readonly key: string; readonly digest: string }>();

function digestOf(path: string): string {
  try {
    const { size, mtimeMs, ino } = statSync(path);
    const key = `${size} ${mtimeMs} ${ino}`;
    const known = digests.get(path);
    if (known?.key === key) return known.digest;
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
    digests.set(path, { key, digest });
    return digest;
  } catch {
    // The check of the prompts says what is wrong with it.
    return '';
  }
}
