import { HeaderTable } from './header-table';
import { CONTENT_LENGTH, headerNames } from './header-names';
import type { SipMessage } from './message';

/** `\r\nName: ` for each header of the table: one string joined instead of three. */
const prefixes: readonly string[] = headerNames.map((name) => `\r\n${name}: `);

/**
 * The message as octets. Content-Length is that of the body, whatever the headers say: in the place of
 * the one that is there, or after all others. The message itself is not changed.
 */
export function serialize(message: SipMessage): Buffer {
  const { headers, body } = message;
  let text =
    message.kind === 'request'
      ? `${message.method} ${message.requestUri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  let octets = false;
  let written = false;
  if (headers instanceof HeaderTable) {
    const { keys, values } = headers;
    octets = headers.octets;
    for (let i = 0; i < keys.length; i += 1) {
      const key = keys[i] as number | string;
      if (key === CONTENT_LENGTH) {
        if (!written) text += `\r\nContent-Length: ${body.length}`;
        written = true;
      } else if (typeof key === 'string') text += `\r\n${key}: ${values[i] as string}`;
      else text += (prefixes[key] as string) + (values[i] as string);
    }
  } else {
    for (const [name, value] of headers.entries()) {
      if (name !== 'Content-Length') text += `\r\n${name}: ${value}`;
    }
  }
  text += written ? '\r\n\r\n' : `\r\nContent-Length: ${body.length}\r\n\r\n`;
  return octets ? withOctets(text, body) : withUtf8(text, body);
}

function withUtf8(text: string, body: Uint8Array): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(length + body.length);
  if (length === text.length) bytes.write(text, 0, length, 'latin1');
  else bytes.write(text, 0, length, 'utf8');
  if (body.length > 0) bytes.set(body, length);
  return bytes;
}

/**
 * A head that came as octets goes as octets, so that what was copied from it is what was sent. A line
 * with a character that no octet stands for is of our making, and UTF-8.
 */
function withOctets(text: string, body: Uint8Array): Buffer {
  const lines = text
    .split('\n')
    .map((line) => Buffer.from(line, isLatin1(line) ? 'latin1' : 'utf8').toString('latin1'));
  return Buffer.concat([Buffer.from(lines.join('\n'), 'latin1'), body]);
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 255) return false;
  return true;
}
