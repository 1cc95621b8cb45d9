/** Attributes by name; those that are undefined are left out. Numbers are rounded to tenths. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; `inner` is markup: text goes through {@link escapeXml}. */
export function element(name: string, attributes: Attributes, ...inner: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${typeof value === 'number' ? number(value) : escapeXml(value ?? '')}"`,
    )
    .join('');
  return inner.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>${inner.join('')}</${name}>`;
}

export function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** XML has no way to write most control characters, and half of a surrogate pair is none at all. */
export function escapeXml(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- they are what XML 1.0 does not allow
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
