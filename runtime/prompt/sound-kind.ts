/** What a file of sound is, told by its content. */
export interface SoundKind {
  readonly kind: 'wav' | 'flac' | 'opus' | 'mp3';
  /** Samples of each channel that the file says it has; undefined where it does not say. */
  readonly samples?: number | undefined;
  /** Samples a second by which `samples` counts. */
  readonly rate?: number;
}

/** Other files that people take for sound of ours, by how they begin. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^.{4}ftyp/s, 'it is an MP4 or AAC file'],
  [/^FORM.{4}AIF/s, 'it is an AIFF file'],
  [/^#!AMR/, 'it is an AMR file'],
  [/^\.snd/, 'it is an AU file'],
  [/^\s*[<{[]/, 'it is a text, perhaps an error page'],
];
/** Bytes of anything between the beginning, or an ID3 tag, and the first frame of an MP3 file. */
const MP3_SLACK = 4_096;

/**
 * Tells the kind of a file, and sees whether it is whole as far as that is known without decoding. Throws an `Error`
 * that says what is wrong.
 */
export function soundKind(bytes: Uint8Array): SoundKind {
  if (bytes.length === 0) throw new Error('the file is empty');
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = view.toString('latin1', 0, 4);
  if (mark === 'RIFF' || mark === 'RIFX' || mark === 'RF64') return { kind: 'wav' };
  if (mark === 'fLaC') return flac(view);
  if (mark === 'OggS') return ogg(view);
  if (mark.startsWith('ID3')) return tagged(view);
  const start = view.toString('latin1', 0, 64);
  const other = OTHERS.find(([pattern]) => pattern.test(start));
  if (other !== undefined) throw new Error(other[1]);
  return mp3(view) ?? nothing();
}

function nothing(): never {
  throw new Error('it is none of WAV, FLAC, Ogg Opus and MP3, or its beginning is damaged');
}

function cutOff(): never {
  throw new Error('it is cut off: its end is missing');
}

/** An ID3 tag is mostly before MP3, and sometimes before FLAC. Its size has seven bits in each byte. */
function tagged(view: Buffer): SoundKind {
  if (view.length < 10) cutOff();
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (view.readUInt8(at) & 0x7f), 0);
  const rest = view.subarray(10 + size + ((view.readUInt8(5) & 0x10) === 0 ? 0 : 10));
  if (rest.length === 0) cutOff();
  if (rest.toString('latin1', 0, 4) === 'fLaC') return flac(rest);
  return mp3(rest) ?? nothing();
}

/**
 * RFC 9639 §8: blocks of metadata (1 bit last, 7 bits type, 24 bits length), the first of them STREAMINFO:
 *
 *     block sizes 4 bytes, frame sizes 6 bytes, 20 bits rate, 3 bits channels, 5 bits depth, 36 bits samples, MD5
 */
function flac(view: Buffer): SoundKind {
  if (view.length < 42) cutOff();
  if ((view.readUInt8(4) & 0x7f) !== 0) throw new Error('its FLAC header is damaged');
  const rate = view.readUIntBE(18, 3) >> 4;
  if (rate === 0) throw new Error('its FLAC header is damaged');
  const samples = (view.readUInt8(21) & 0x0f) * 2 ** 32 + view.readUInt32BE(22);
  let at = 4;
  for (let last = false; !last;) {
    if (at + 4 > view.length) cutOff();
    last = (view.readUInt8(at) & 0x80) !== 0;
    at += 4 + view.readUIntBE(at + 1, 3);
  }
  if (at + 2 > view.length) cutOff();
  if (view.readUInt16BE(at) >> 2 !== 0x3ffe) throw new Error('its first FLAC frame is damaged');
  return { kind: 'flac', samples: samples === 0 ? undefined : samples, rate };
}

/**
 * RFC 3533 §6: pages.
 *
 *     0 OggS  4 version  5 flags  6 granule position  14 stream  18 number  22 checksum  26 segments  27 their lengths
 */
function ogg(view: Buffer): SoundKind {
  const first = page(view, 0);
  const head = view.subarray(first.body, first.end).toString('latin1', 0, 8);
  if (head.startsWith('\x01vorbis')) throw new Error('it is an Ogg Vorbis file');
  if (head.startsWith('\x7fFLAC')) return { kind: 'flac' };
  if (head !== 'OpusHead' || first.end - first.body < 19) {
    throw new Error('it is an Ogg file without Opus');
  }
  const skipped = view.readUInt16LE(first.body + 10);
  let granule = 0;
  for (let at = 0; ;) {
    const { flags, end } = page(view, at);
    const position = Number(view.readBigInt64LE(at + 6));
    if (position > 0) granule = position;
    // End of stream; another may be chained behind it.
    if ((flags & 4) !== 0) break;
    at = end;
  }
  // Times in 48 000ths of a second, those before the beginning included (RFC 7845 §4).
  return { kind: 'opus', samples: Math.max(0, granule - skipped), rate: 48_000 };
}

function page(view: Buffer, at: number): { flags: number; body: number; end: number } {
  if (at + 27 > view.length) cutOff();
  if (view.toString('latin1', at, at + 4) !== 'OggS') throw new Error('its Ogg pages are damaged');
  const segments = view.readUInt8(at + 26);
  const body = at + 27 + segments;
  if (body > view.length) cutOff();
  let end = body;
  for (let each = 0; each < segments; each += 1) end += view.readUInt8(at + 27 + each);
  if (end > view.length) cutOff();
  return { flags: view.readUInt8(at + 5), body, end };
}

/** Kilobits a second by index, of Layer III; the first row is of MPEG 1, the second of MPEG 2 and 2.5. */
const MP3_BITRATES = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const MP3_RATES = [44_100, 48_000, 32_000] as const;

interface Mp3Frame {
  readonly length: number;
  readonly samples: number;
  readonly rate: number;
  /** Where the Xing header would be, from the frame's beginning. */
  readonly xing: number;
  /** Equal in all frames of a stream: version, layer and rate. */
  readonly stream: number;
}

/**
 * 11 bits sync, 2 version (3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5), 2 layer (1: III), 1 protection, 4 bit rate, 2 rate,
 * 1 padding, 1 private, 2 channels (3: mono).
 */
function mp3Frame(view: Buffer, at: number): Mp3Frame | undefined {
  if (at + 4 > view.length) return undefined;
  const header = view.readUInt32BE(at);
  const version = (header >>> 19) & 3;
  if (header >>> 21 !== 0x7ff || version === 1 || ((header >>> 17) & 3) !== 1) return undefined;
  const first = version === 3;
  const kilobits = MP3_BITRATES[first ? 0 : 1][(header >>> 12) & 15] ?? 0;
  const base = MP3_RATES[(header >>> 10) & 3];
  if (kilobits === 0 || base === undefined) return undefined;
  const rate = base / (first ? 1 : version === 2 ? 2 : 4);
  const mono = ((header >>> 6) & 3) === 3;
  const samples = first ? 1152 : 576;
  return {
    length: Math.floor((samples * kilobits * 125) / rate) + ((header >>> 9) & 1),
    samples,
    rate,
    xing: 4 + (first ? (mono ? 17 : 32) : mono ? 9 : 17),
    stream: header & 0xfffe0c00,
  };
}

/** Two frames in a row make it; undefined without. */
function mp3(view: Buffer): SoundKind | undefined {
  for (let at = 0; at < Math.min(MP3_SLACK, view.length); at += 1) {
    const frame = mp3Frame(view, at);
    if (frame === undefined) continue;
    const next = mp3Frame(view, at + frame.length);
    const alone = at + frame.length === view.length;
    if (next?.stream !== frame.stream && !alone) continue;
    return { kind: 'mp3', samples: announced(view.subarray(at), frame), rate: frame.rate };
  }
  return undefined;
}

/** What the first frame of many encoders says of all: flags 1 and 2 for the numbers of frames and bytes. */
function announced(view: Buffer, frame: Mp3Frame): number | undefined {
  const at = frame.xing;
  if (at + 16 > view.length) return undefined;
  const mark = view.toString('latin1', at, at + 4);
  if (mark !== 'Xing' && mark !== 'Info') return undefined;
  const flags = view.readUInt32BE(at + 4);
  if ((flags & 3) === 3 && view.readUInt32BE(at + 12) > view.length) cutOff();
  return (flags & 1) === 0 ? undefined : view.readUInt32BE(at + 8) * frame.samples;
}
