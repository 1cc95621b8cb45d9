/** The most that one call keeps of one origin. */
const most = 50;
/** Of how many origins, and how many characters of one cookie. */
const mostOrigins = 20;
const longest = 4_096;

/**
 * Cookies that the web apps of one call have set, by origin: many apps keep their session there. They end with the
 * call, so that path, domain and expiry are of no use but for deletion.
 */
export class Cookies {
  private readonly byOrigin = new Map<string, Map<string, string>>();

  /** @param lines each `Set-Cookie` */
  take(url: string, lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';');
      const at = pair.indexOf('=');
      if (at < 1) continue;
      const name = pair.slice(0, at).trim();
      if (line.length > longest) continue;
      const kept = this.kept(url);
      if (kept === undefined) return;
      if (attributes.some((attribute) => /^\s*max-age\s*=\s*(?:0|-\d+)\s*$/i.test(attribute))) {
        kept.delete(name);
      } else if (kept.size < most) {
        kept.set(name, pair.slice(at + 1).trim());
      }
    }
  }

  /** The `Cookie` header for a URL. */
  for(url: string): string | undefined {
    const kept = this.byOrigin.get(originOf(url));
    if (kept === undefined || kept.size === 0) return undefined;
    return Array.from(kept, ([name, value]) => `${name}=${value}`).join('; ');
  }

  private kept(url: string): Map<string, string> | undefined {
    const origin = originOf(url);
    let kept = this.byOrigin.get(origin);
    if (kept === undefined) {
      if (this.byOrigin.size >= mostOrigins) return undefined;
      this.byOrigin.set(origin, (kept = new Map<string, string>()));
    }
    return kept;
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}
