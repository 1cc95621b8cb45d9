/** What a message/sipfrag body says (RFC 3420): its status line. */
export interface Sipfrag {
  readonly status: number;
  readonly reason: string;
}

/** Longer than any status line that is worth reading. */
const longest = 512;

/** The status line that a sipfrag begins with, or undefined when it does not begin with one. */
export function parseSipfrag(body: Uint8Array): Sipfrag | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, longest))
    .toString('utf8')
    .trimStart();
  const match = /^SIP\/2\.0[ \t]+([1-6]\d\d)(?:[ \t]+([^\r\n]*))?(?:\r?\n|$)/i.exec(text);
  if (match === null) return undefined;
  return { status: Number(match[1]), reason: (match[2] ?? '').trim() };
}
