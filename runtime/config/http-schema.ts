import { parseHttpAddress } from './listener';
import { networks, section, shape, text, textLike, whole } from './schema-parts';

/** What `http` may say. */
export const http = section({
  listen: textLike(
    'an IP address and a port, such as "127.0.0.1:8080"',
    (value) => parseHttpAddress(value) !== undefined,
  ).optional(),
  tls: shape({
    certificate: text('the path of a PEM file'),
    key: text('the path of a PEM file'),
  }).optional(),
  publicUrl: textLike(
    'a URL without a path, such as "https://calls.example.com"',
    isOrigin,
  ).optional(),
  trustProxy: networks,
  bodyLimit: whole(1_000, 10_000_000, 'bytes'),
  rateLimit: whole(1, 1_000_000, 'requests a minute'),
});

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}
