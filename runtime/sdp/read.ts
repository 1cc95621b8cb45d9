import { isIP } from 'node:net';
import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import type { Direction } from './direction';
import type { CodecName, NegotiatedAudio } from './port';

/** More text, or more media lines, than any telephone writes: refused unread. */
const maxLength = 65_536;
const maxMediaLines = 64;

/** RFC 3551 §6, table 4: what a payload type means without a=rtpmap. */
const staticFormats: Readonly<Record<number, string>> = {
  0: 'PCMU',
  3: 'GSM',
  4: 'G723',
  8: 'PCMA',
  9: 'G722',
  13: 'CN',
  15: 'G728',
  18: 'G729',
};

/** A format of the m= line that we might use. */
export interface AudioFormat {
  readonly payloadType: number;
  readonly codec: CodecName;
}

/** An m=audio line that can be talked to, before a codec is chosen. */
export interface AudioLine {
  readonly index: number;
  readonly rtp: NegotiatedAudio['remote']['rtp'];
  readonly rtcp: NegotiatedAudio['remote']['rtp'] | undefined;
  /** The address says "send nothing" (RFC 3264 §8.4). */
  readonly nowhere: boolean;
  /** G.711 formats in the order of the line. */
  readonly formats: readonly AudioFormat[];
  /** The payload type of telephone-event at 8000 Hz. */
  readonly telephoneEvent: number | undefined;
  /** The peer's own direction. */
  readonly direction: Direction;
  readonly ptime: number | undefined;
  readonly maxptime: number | undefined;
}

/** Why a media line cannot be used: an RFC 3261 §20.43 warning. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** An m= line in its parts, which a refusal repeats. */
export interface MediaLine {
  readonly type: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
}

export interface ReadDescription {
  readonly session: SessionDescription;
  readonly lines: readonly MediaLine[];
}

/** Parses a description; undefined when it is not one. Never throws. */
export function readDescription(sdp: string): ReadDescription | undefined {
  if (sdp.length > maxLength) return undefined;
  let session: SessionDescription;
  try {
    session = parse(sdp);
  } catch {
    return undefined;
  }
  // RFC 8866 §5: v= and o= open every description; without them this is some other text.
  if (session.version !== 0 || session.origin === undefined) return undefined;
  if (session.media.length > maxMediaLines) return undefined;
  const lines = readMediaLines(sdp);
  // sdp-transform starts a media section at each m= line, as we do.
  if (lines.length !== session.media.length) return undefined;
  return { session, lines };
}

/**
 * The m= lines as they stand: sdp-transform drops one it cannot read (`m=audio 5004/2 RTP/AVP 0`), and
 * a refusal has to repeat what was offered.
 */
function readMediaLines(sdp: string): MediaLine[] {
  const lines: MediaLine[] = [];
  for (let at = sdp.search(/^m=/m); at >= 0;) {
    const end = lineEnd(sdp, at);
    const [type = '', port = '', protocol = '', ...formats] = sdp
      .slice(at + 2, end)
      .trim()
      .split(/\s+/);
    // A port with a count means a series of ports, which we do not serve: NaN, never zero.
    lines.push({ type, port: port === '' ? Number.NaN : Number(port), protocol, formats });
    const next = sdp.indexOf('\nm=', end);
    at = next < 0 ? -1 : next + 1;
  }
  return lines;
}

function lineEnd(sdp: string, start: number): number {
  const end = sdp.indexOf('\n', start);
  if (end < 0) return sdp.length;
  return sdp.charCodeAt(end - 1) === 13 ? end - 1 : end;
}

/** Reads one m= line; a refusal when it is no audio that we can send and receive. */
export function readAudioLine(
  { session, lines }: ReadDescription,
  index: number,
  family: number,
): AudioLine | Refusal {
  const line = lines[index] as MediaLine;
  const media = session.media[index] as MediaDescription;
  if (line.type !== 'audio' || line.port === 0) {
    return { code: 304, text: 'Media type not available' };
  }
  if (!isPort(line.port)) return { code: 399, text: 'Unusable media port' };
  if (line.protocol !== 'RTP/AVP') {
    return { code: 302, text: 'Incompatible transport protocol' };
  }

  const host = (media.connection ?? session.connection)?.ip;
  const nowhere = host === '0.0.0.0' || host === '::';
  const refusal = nowhere ? undefined : refuseHost(host, family);
  if (refusal !== undefined) return refusal;

  const formats: AudioFormat[] = [];
  let telephoneEvent: number | undefined;
  for (const text of line.formats) {
    const payloadType = Number(text);
    if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) continue;
    const name = formatName(media, payloadType);
    if (name === 'PCMU' || name === 'PCMA') formats.push({ payloadType, codec: name });
    // A phone may offer events at each of its clock rates; ours is that of G.711 (RFC 4733 §2.4.1).
    else if (name === 'TELEPHONE-EVENT') telephoneEvent ??= payloadType;
  }
  if (formats.length === 0) return { code: 305, text: 'Incompatible media format' };

  return {
    index,
    rtp: { host: host as string, port: line.port },
    rtcp: nowhere ? undefined : rtcpAddress(media, host as string, family),
    nowhere,
    formats,
    telephoneEvent,
    // RFC 8866 §6.7: the session's direction counts where the media line has none.
    direction: media.direction ?? session.direction ?? 'sendrecv',
    ptime: positive(media.ptime),
    maxptime: positive(media.maxptime),
  };
}

function refuseHost(host: string | undefined, family: number): Refusal | undefined {
  if (host === undefined) return { code: 399, text: 'No connection address' };
  const version = isIP(host);
  // A name would have to be looked up, a multicast address (`224.1.1.1/127`) to be joined.
  if (version === 0) return { code: 301, text: 'Incompatible network address format' };
  if (version !== family) return { code: 300, text: 'Incompatible network protocol' };
  if (version === 4 && Number(host.slice(0, host.indexOf('.'))) >= 224) {
    return { code: 330, text: 'Multicast not available' };
  }
  return undefined;
}

/** Upper-case encoding name of a mono format at 8000 Hz, or '' for any other. */
function formatName(media: MediaDescription, payloadType: number): string {
  for (const entry of media.rtp) {
    if (entry.payload !== payloadType) continue;
    if ((entry.rate ?? 8000) !== 8000 || (entry.encoding ?? 1) !== 1) return '';
    // sdp-transform makes a number of a name that looks like one, whatever its types say.
    const name: unknown = entry.codec;
    return typeof name === 'string' ? name.toUpperCase() : '';
  }
  return staticFormats[payloadType] ?? '';
}

/** RFC 3605 §2.1: a=rtcp names another port, and perhaps another address. */
function rtcpAddress(
  media: MediaDescription,
  host: string,
  family: number,
): AudioLine['rtp'] | undefined {
  const { rtcp } = media;
  if (rtcp === undefined || !isPort(rtcp.port)) return undefined;
  const other = rtcp.address;
  return { host: other !== undefined && isIP(other) === family ? other : host, port: rtcp.port };
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
