/** A URL to ask: http or https, absolute; undefined for anything else. */
export function webUrl(text: string, base?: URL): URL | undefined {
  if (!URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

/** For logs and messages: without what may be secret, which is the user and what is asked. */
export function shownUrl(url: string | URL): string {
  const text = String(url);
  if (!URL.canParse(text)) return 'a URL that cannot be read';
  const { protocol, host, pathname, search } = new URL(text);
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`;
}

export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' || protocol === 'wss:' ? 443 : 80;
}

/** As sockets take it: an IPv6 literal without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** What name and password in a URL stand for; undefined when there are none. */
export function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const secret = Buffer.from(`${decoded(username)}:${decoded(password)}`);
  return `Basic ${secret.toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
