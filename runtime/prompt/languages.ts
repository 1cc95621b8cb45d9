import { isLanguageTag, widerTags } from '../core/language';

/** What is looked through besides the language of a call. */
export interface LanguageOrder {
  /** The language of calls that say nothing else. */
  readonly language: string;
  /** Tried before {@link language}, in order. */
  readonly fallback: readonly string[];
}

/**
 * The languages in which a prompt is looked for, each once: the call's, what it narrows down, the fall-backs, the
 * default. `pt-BR` with the fall-back `es` and the default `en` gives `pt-BR`, `pt`, `es`, `en`. Without a call's
 * language, or with one that is no tag, the default comes first.
 */
export function languageChain(language: string | undefined, order: LanguageOrder): string[] {
  const first = isLanguageTag(language) ? language : order.language;
  return [...new Set([first, ...order.fallback, order.language].flatMap(widerTags))];
}

/** The tag that a name probably means, for `en_US` or `PT-br`; undefined where it is a tag, or nothing like one. */
export function intendedTag(name: string): string | undefined {
  const parts = name.split(/[-_]/);
  if (parts.length < 2) return undefined;
  const tag = parts
    .map((part, index) => {
      if (index === 0) return part.toLowerCase();
      if (part.length === 4) return part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase();
      return part.toUpperCase();
    })
    .join('-');
  return tag !== name && isLanguageTag(tag) ? tag : undefined;
}
