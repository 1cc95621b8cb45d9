import type { Direction } from './direction';
import type { CodecName, LocalDescription } from './port';

/** The events that we take and send: the sixteen keys (RFC 4733 §3.2). */
const telephoneEvents = '0-15';

export interface WrittenFormat {
  readonly codec: CodecName;
  readonly payloadType: number;
}

/** Our own audio line. */
export interface WrittenAudio {
  readonly formats: readonly WrittenFormat[];
  readonly telephoneEvent: number | undefined;
  readonly direction: Direction;
  readonly ptime: number;
}

/**
 * All of a description but its o= line, from the t= line on. A refused media line is its text, without
 * `m=`; undefined stands for our audio.
 *
 * Written directly and not with sdp-transform's `write`: that takes 12 µs for such a text, twice the time
 * of reading the offer, deciding and writing all together, and every call needs one.
 */
export function writeMedia(
  local: LocalDescription,
  timing: string,
  lines: readonly (string | undefined)[],
  audio: WrittenAudio,
): string {
  let text = `t=${timing}\r\n`;
  for (const line of lines) {
    text += line === undefined ? audioLine(local, audio) : `m=${line}\r\n`;
  }
  return text;
}

/** The whole description; `version` counts in o= (RFC 3264 §8). */
export function writeDescription(local: LocalDescription, version: number, media: string): string {
  const address = `IN IP${local.host.includes(':') ? 6 : 4} ${local.host}`;
  return `v=0\r\no=- ${local.sessionId} ${version} ${address}\r\ns=-\r\nc=${address}\r\n${media}`;
}

function audioLine(local: LocalDescription, audio: WrittenAudio): string {
  let formats = '';
  let maps = '';
  for (const { codec, payloadType } of audio.formats) {
    formats += ` ${payloadType}`;
    maps += `a=rtpmap:${payloadType} ${codec}/8000\r\n`;
  }
  const event = audio.telephoneEvent;
  if (event !== undefined) {
    formats += ` ${event}`;
    maps += `a=rtpmap:${event} telephone-event/8000\r\na=fmtp:${event} ${telephoneEvents}\r\n`;
  }
  return `m=audio ${local.port} RTP/AVP${formats}\r\n${maps}a=ptime:${audio.ptime}\r\na=${audio.direction}\r\n`;
}
