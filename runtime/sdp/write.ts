import type { Direction } from './direction';
import type { LocalDescription } from './port';

/** The events that we take and send: the sixteen keys (RFC 4733 §3.2). */
const telephoneEvents = '0-15';

/** A payload type and what it stands for. */
export interface WrittenFormat {
  readonly payloadType: number;
  /** Behind `a=rtpmap`. */
  readonly map: string;
  /** Behind `a=fmtp`. */
  readonly parameters?: string | undefined;
}

/** Our own audio line. */
export interface WrittenAudio {
  readonly protocol: string;
  readonly formats: readonly WrittenFormat[];
  readonly direction: Direction;
  readonly ptime: number;
  readonly maxptime?: number | undefined;
  /** What else stands behind `a=`, a line each. */
  readonly attributes: readonly string[];
}

export function writtenEvent(payloadType: number, clockRate: number): WrittenFormat {
  return { payloadType, map: `telephone-event/${clockRate}`, parameters: telephoneEvents };
}

export function writtenNoise(payloadType: number, clockRate: number): WrittenFormat {
  return { payloadType, map: `CN/${clockRate}` };
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
  let lines = '';
  for (const { payloadType, map, parameters } of audio.formats) {
    formats += ` ${payloadType}`;
    lines += `a=rtpmap:${payloadType} ${map}\r\n`;
    if (parameters !== undefined) lines += `a=fmtp:${payloadType} ${parameters}\r\n`;
  }
  lines += `a=ptime:${audio.ptime}\r\n`;
  if (audio.maxptime !== undefined) lines += `a=maxptime:${audio.maxptime}\r\n`;
  lines += `a=${audio.direction}\r\n`;
  for (const attribute of audio.attributes) lines += `a=${attribute}\r\n`;
  return `m=audio ${local.port} ${audio.protocol}${formats}\r\n${lines}`;
}
