import { isIP } from 'node:net';
import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import { type CodecMapping, findMapping, readOpusParameters, staticMap } from './codecs';
import type { Direction } from './direction';
import { readFingerprint } from './fingerprint';
import type { Fingerprint, NegotiatedAudio, OpusParameters } from './port';
import { type Profile, readProfile } from './profile';

/** More text, or more media lines, than any telephone writes: refused unread. */
const maxLength = 65_536;
const maxMediaLines = 64;

/** A format of the m= line that we might use. */
export interface AudioFormat {
  readonly payloadType: number;
  readonly mapping: CodecMapping;
  readonly opus?: OpusParameters;
}

/** A format that goes beside a codec: events, comfort noise. */
export interface SideFormat {
  readonly payloadType: number;
  readonly clockRate: number;
}

/** An m=audio line that can be talked to, before a codec is chosen. */
export interface AudioLine {
  readonly index: number;
  readonly protocol: string;
  readonly profile: Profile;
  readonly rtp: NegotiatedAudio['remote']['rtp'];
  readonly rtcp: NegotiatedAudio['remote']['rtp'] | undefined;
  readonly rtcpMux: boolean;
  /** The address says "send nothing" (RFC 3264 §8.4). */
  readonly nowhere: boolean;
  /** Those that we know, in the order of the line. */
  readonly formats: readonly AudioFormat[];
  /** RFC 4733: one for each clock rate, perhaps. */
  readonly telephoneEvents: readonly SideFormat[];
  /** RFC 3389. */
  readonly comfortNoise: readonly SideFormat[];
  /** What each number of the line means, known to us or not. */
  readonly maps: ReadonlyMap<number, string>;
  /** The peer's own direction. */
  readonly direction: Direction;
  readonly ptime: number | undefined;
  readonly maxptime: number | undefined;
  /** RFC 4568: what stands behind each `a=crypto:`. */
  readonly crypto: readonly string[];
  /** RFC 8122. */
  readonly fingerprint: Fingerprint | undefined;
  /** RFC 4145: as it stands. */
  readonly setup: string | undefined;
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
  /** All of its section, for what sdp-transform does not read as it stands. */
  readonly text: string;
}

export interface ReadDescription {
  readonly session: SessionDescription;
  /** What stands above the first m= line. */
  readonly head: string;
  readonly lines: readonly MediaLine[];
}

/** Parses a description; undefined when it is not one. Never throws. */
export function readDescription(sdp: string): ReadDescription | undefined {
  if (sdp.length > maxLength) return undefined;
  // RFC 8866 §5: lines end with CRLF, and LF is put up with. A CR alone would be a line's end to some, and not to others.
  if (/\r(?!\n)/.test(sdp)) return undefined;
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
  const first = sdp.search(/^m=/m);
  return { session, head: first < 0 ? sdp : sdp.slice(0, first), lines };
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
    const next = sdp.indexOf('\nm=', end);
    lines.push({
      type,
      // A port with a count means a series of ports, which we do not serve: NaN, never zero.
      port: port === '' ? Number.NaN : Number(port),
      protocol,
      formats,
      text: sdp.slice(at, next < 0 ? undefined : next + 1),
    });
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
  description: ReadDescription,
  index: number,
  family: number,
): AudioLine | Refusal {
  const { session, head, lines } = description;
  const line = lines[index] as MediaLine;
  const media = session.media[index] as MediaDescription;
  if (line.type !== 'audio' || line.port === 0) {
    return { code: 304, text: 'Media type not available' };
  }
  if (!isPort(line.port)) return { code: 399, text: 'Unusable media port' };
  const profile = readProfile(line.protocol);
  if (profile === undefined) return { code: 302, text: 'Incompatible transport protocol' };

  const host = (media.connection ?? session.connection)?.ip;
  const nowhere = host === '0.0.0.0' || host === '::';
  if (profile.dtls && needsIce(session, media, nowhere)) {
    return { code: 302, text: 'Incompatible transport protocol: ICE is not available' };
  }
  const refusal = nowhere ? undefined : refuseHost(host, family);
  if (refusal !== undefined) return refusal;

  const formats = readFormats(line, media);
  if (formats.formats.length === 0) return { code: 305, text: 'Incompatible media format' };

  const ofMedia = attributeValues(line.text, 'fingerprint');
  return {
    index,
    protocol: line.protocol,
    profile,
    rtp: { host: host as string, port: line.port },
    rtcp: nowhere ? undefined : rtcpAddress(media, host as string, family),
    rtcpMux: media.rtcpMux !== undefined,
    nowhere,
    ...formats,
    // RFC 8866 §6.7: the session's direction counts where the media line has none.
    direction: media.direction ?? session.direction ?? 'sendrecv',
    ptime: positive(media.ptime),
    maxptime: positive(media.maxptime),
    crypto: attributeValues(line.text, 'crypto'),
    // RFC 8122 §5: those of the session count where the media line has none.
    fingerprint: readFingerprint(
      ofMedia.length > 0 ? ofMedia : attributeValues(head, 'fingerprint'),
    ),
    setup: attributeValues(line.text, 'setup')[0] ?? attributeValues(head, 'setup')[0],
  };
}

type Formats = Pick<AudioLine, 'formats' | 'telephoneEvents' | 'comfortNoise' | 'maps'>;

function readFormats(line: MediaLine, media: MediaDescription): Formats {
  const formats: AudioFormat[] = [];
  const telephoneEvents: SideFormat[] = [];
  const comfortNoise: SideFormat[] = [];
  const maps = new Map<number, string>();
  for (const text of line.formats) {
    const payloadType = Number(text);
    if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) continue;
    if (maps.has(payloadType)) continue;
    const map = mapOf(media, payloadType);
    if (map === undefined) continue;
    maps.set(payloadType, map);
    const [name = '', rate = '8000', channels = '1'] = map.split('/');
    const clockRate = Number(rate);
    const kind = name.toUpperCase();
    if (kind === 'TELEPHONE-EVENT' || kind === 'CN') {
      if (!isClockRate(clockRate) || channels !== '1') continue;
      (kind === 'CN' ? comfortNoise : telephoneEvents).push({ payloadType, clockRate });
      continue;
    }
    const mapping = findMapping(name, clockRate, Number(channels));
    if (mapping === undefined) continue;
    const opus = mapping.name === 'opus' ? opusOf(media, payloadType) : {};
    formats.push({ payloadType, mapping, ...(Object.keys(opus).length === 0 ? {} : { opus }) });
  }
  return { formats, telephoneEvents, comfortNoise, maps };
}

/** `name/rate/channels`, or without what was not said; undefined where nothing says what the number means. */
function mapOf(media: MediaDescription, payloadType: number): string | undefined {
  const entry = media.rtp.find(({ payload }) => payload === payloadType);
  if (entry === undefined) return staticMap(payloadType);
  // sdp-transform makes a number of a name that looks like one, whatever its types say.
  const name: unknown = entry.codec;
  if (typeof name !== 'string') return undefined;
  const { rate = 8000, encoding = 1 } = entry;
  return encoding === 1 ? `${name}/${rate}` : `${name}/${rate}/${encoding}`;
}

function opusOf(media: MediaDescription, payloadType: number): OpusParameters {
  const entry = media.fmtp.find(({ payload }) => payload === payloadType);
  const parameters: unknown = entry?.config;
  return typeof parameters === 'string' ? readOpusParameters(parameters) : {};
}

function isClockRate(rate: number): boolean {
  return rate === 8_000 || rate === 16_000 || rate === 48_000;
}

/**
 * A browser speaks to nobody who does not do ICE, though its offer does not say so: it is known by what only browsers
 * write, or by an address that only candidates make good. Phones that offer ICE do without when the answer has none.
 */
function needsIce(session: SessionDescription, media: MediaDescription, nowhere: boolean): boolean {
  const offersIce = media.iceUfrag !== undefined || session.iceUfrag !== undefined;
  return offersIce && (nowhere || session.msidSemantic !== undefined);
}

/** What stands behind each `a=<name>:` of a section. */
function attributeValues(section: string, name: string): string[] {
  const values: string[] = [];
  const start = `\na=${name}:`;
  for (let at = section.indexOf(start); at >= 0; at = section.indexOf(start, at + 1)) {
    const begin = at + start.length;
    values.push(section.slice(begin, lineEnd(section, begin)));
  }
  return values;
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
