/** How many parts are looked at: more is no honest message. */
const maxParts = 16;

/**
 * The content of the first part of a media type in a multipart body (RFC 2046 §5.1). Parts in other
 * encodings than their own octets are not decoded: SIP needs none (RFC 5621 §4).
 */
export function partOf(
  body: Uint8Array,
  boundary: string,
  mediaType: string,
): Uint8Array | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  let start = bytes.indexOf(delimiter);
  for (let count = 0; start >= 0 && count < maxParts; count += 1) {
    const lineEnd = bytes.indexOf('\r\n', start + delimiter.length, 'latin1');
    if (lineEnd < 0 || isClosing(bytes, start + delimiter.length)) return undefined;
    const end = bytes.indexOf(delimiter, lineEnd);
    // The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    const part = bytes.subarray(lineEnd + 2, end < 0 ? bytes.length : Math.max(lineEnd, end - 2));
    const content = contentOf(part, mediaType);
    if (content !== undefined) return content;
    start = end;
  }
  return undefined;
}

function isClosing(bytes: Buffer, at: number): boolean {
  return bytes[at] === 45 && bytes[at + 1] === 45;
}

function contentOf(part: Buffer, mediaType: string): Buffer | undefined {
  const blank = part.indexOf('\r\n\r\n', 0, 'latin1');
  if (blank < 0) return undefined;
  for (const line of part.toString('latin1', 0, blank).split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name !== 'content-type' && name !== 'c') continue;
    const type = line.slice(colon + 1).split(';', 1)[0] ?? '';
    if (type.trim().toLowerCase() === mediaType) return part.subarray(blank + 4);
  }
  return undefined;
}
