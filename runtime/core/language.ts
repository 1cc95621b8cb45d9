/** Whether a text is a BCP 47 tag as prompts use them: a language, and perhaps a script and a region. */
export function isLanguageTag(text: unknown): text is string {
  return (
    typeof text === 'string' && /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/.test(text)
  );
}

/** The tag and what it narrows down, the narrowest first: `pt-BR`, `pt`. */
export function widerTags(tag: string): string[] {
  const parts = tag.split('-');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'));
}
