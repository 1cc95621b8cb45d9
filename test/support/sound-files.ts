import { decodeG711 } from '../../runtime/media/codec/g711';
import { codecKind } from '../../runtime/media/codec/registry';

/** What a recording holds, read by the book and not by the code that wrote it. */
export interface SoundInFile {
  readonly sampleRate: number;
  readonly channels: readonly Int16Array[];
  /** Milliseconds. */
  readonly duration: number;
}

/** Reads a whole recording of any format; throws where anything in it is not as the format wants it. */
export function soundInFile(file: Buffer): SoundInFile {
  return file.toString('latin1', 0, 4) === 'OggS' ? oggSound(file) : wavSound(file);
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function wavSound(file: Buffer): SoundInFile {
  check(file.toString('latin1', 0, 4) === 'RIFF', 'no RIFF');
  check(file.toString('latin1', 8, 12) === 'WAVE', 'no WAVE');
  check(file.readUInt32LE(4) === file.length - 8, `RIFF says ${file.readUInt32LE(4)}`);
  const chunks = new Map<string, Buffer>();
  for (let at = 12; at < file.length;) {
    const size = file.readUInt32LE(at + 4);
    check(at + 8 + size <= file.length, 'a chunk goes beyond the file');
    chunks.set(file.toString('latin1', at, at + 4), file.subarray(at + 8, at + 8 + size));
    at += 8 + size + (size % 2);
  }
  const format = chunks.get('fmt ') ?? Buffer.alloc(0);
  const data = chunks.get('data') ?? Buffer.alloc(0);
  const [code, count] = [format.readUInt16LE(0), format.readUInt16LE(2)];
  const [sampleRate, block] = [format.readUInt32LE(4), format.readUInt16LE(12)];
  check(format.readUInt32LE(8) === sampleRate * block, 'bytes a second');
  check(data.length % block === 0, 'a part of a sample');
  const samples = data.length / block;
  if (code === 7) {
    check(format.length === 18 && format.readUInt16LE(14) === 8 && block === count, 'mu-law');
    check(chunks.get('fact')?.readUInt32LE(0) === samples, 'fact');
  } else {
    check(code === 1 && format.length === 16 && block === 2 * count, 'PCM');
  }
  const all = new Int16Array(samples * count);
  if (code === 7) decodeG711('PCMU', data, 0, data.length, all, 0);
  else all.forEach((_, i) => (all[i] = data.readInt16LE(2 * i)));
  const channels = Array.from({ length: count }, (_, channel) =>
    Int16Array.from({ length: samples }, (__, i) => all[i * count + channel] as number),
  );
  return { sampleRate, channels, duration: (samples * 1_000) / sampleRate };
}

/** RFC 3533 §6, bit by bit. */
export function oggCrc(page: Buffer): number {
  let crc = 0;
  for (const [i, byte] of page.entries()) {
    crc ^= (i >= 22 && i < 26 ? 0 : byte) << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}

export interface OggPage {
  readonly flags: number;
  readonly granule: number;
  readonly packets: readonly Buffer[];
}

/** The pages of a stream; throws unless they follow each other and each is whole. */
export function oggPages(file: Buffer): OggPage[] {
  const pages: OggPage[] = [];
  for (let at = 0; at < file.length;) {
    check(file.toString('latin1', at, at + 4) === 'OggS', `no page at ${at}`);
    const lacing = file.subarray(at + 27, at + 27 + (file[at + 26] as number));
    const size = 27 + lacing.length + lacing.reduce((sum, value) => sum + value, 0);
    const page = file.subarray(at, at + size);
    check(page.length === size, 'a page goes beyond the file');
    check(page.readUInt32LE(22) === oggCrc(page), 'CRC');
    check(page.readUInt32LE(18) === pages.length, 'number of the page');
    check(page.readUInt32LE(14) === file.readUInt32LE(14), 'another stream');
    const packets: Buffer[] = [];
    let from = 27 + lacing.length;
    let length = 0;
    for (const value of lacing) {
      length += value;
      if (value === 255) continue;
      packets.push(page.subarray(from, from + length));
      from += length;
      length = 0;
    }
    check(length === 0, 'a packet goes on in another page');
    pages.push({ flags: page[5] as number, granule: Number(page.readBigInt64LE(6)), packets });
    at += size;
  }
  return pages;
}

function oggSound(file: Buffer): SoundInFile {
  const pages = oggPages(file);
  const [head, tags, ...rest] = pages;
  const id = head?.packets[0] ?? Buffer.alloc(0);
  check(head?.flags === 2 && head.granule === 0 && head.packets.length === 1, 'first page');
  check(id.toString('latin1', 0, 8) === 'OpusHead' && id[8] === 1, 'OpusHead');
  const [count, preSkip, sampleRate] = [id[9] as number, id.readUInt16LE(10), id.readUInt32LE(12)];
  if (count === 1) check(id.length === 19 && id[18] === 0, 'family 0');
  else check(id.subarray(18).equals(Buffer.from([1, 2, 0, 0, 1])), 'two streams of one channel');
  const comments = tags?.packets[0] ?? Buffer.alloc(0);
  check(tags?.packets.length === 1 && tags.granule === 0, 'second page');
  check(comments.toString('latin1', 0, 8) === 'OpusTags', 'OpusTags');
  const vendor = comments.readUInt32LE(8);
  check(comments.length === 16 + vendor && comments.readUInt32LE(12 + vendor) === 0, 'tags');
  let packets = 0;
  for (const [i, page] of rest.entries()) {
    const last = i === rest.length - 1;
    check(page.flags === (last ? 4 : 0), `flags ${page.flags}`);
    check(page.packets.length <= 50 && page.packets.length > 0, 'pages are a second at the most');
    packets += page.packets.length;
    // RFC 7845 §4.5: the last page may say less than it has, by less than all of it.
    const least = last ? (packets - page.packets.length) * 960 : packets * 960;
    check(page.granule >= least && page.granule <= packets * 960, `granule ${page.granule}`);
  }
  const heard = ((rest.at(-1)?.granule ?? preSkip) - preSkip) * (sampleRate / 48_000);
  const skipped = (preSkip * sampleRate) / 48_000;
  const sides = decodeSides(
    rest.flatMap((page) => page.packets),
    count,
    sampleRate,
  );
  const channels = sides.map((side) => side.subarray(skipped, skipped + Math.max(0, heard)));
  return { sampleRate, channels, duration: (Math.max(0, heard) * 1_000) / sampleRate };
}

function decodeSides(packets: readonly Buffer[], count: number, sampleRate: number): Int16Array[] {
  const frame = sampleRate / 50;
  return Array.from({ length: count }, (_, channel) => {
    const decoder = codecKind('opus').decoder({ name: 'opus', clockRate: 48_000 }, sampleRate);
    const out = new Int16Array(packets.length * frame);
    packets.forEach((packet, i) => {
      const own = count === 1 ? packet : split(packet)[channel];
      const got = decoder.decode(own ?? Buffer.alloc(0), 0, own?.length ?? 0, out, i * frame);
      check(got === frame, `packet ${i} has ${got} samples`);
    });
    decoder.close();
    return out;
  });
}

/** RFC 6716 appendix B: the first of two packets says how long its frame is. */
function split(packet: Buffer): readonly [Buffer, Buffer] {
  const low = packet[1] as number;
  const field = low < 252 ? 1 : 2;
  const length = field === 1 ? low : low + 4 * (packet[2] as number);
  const first = Buffer.concat([
    packet.subarray(0, 1),
    packet.subarray(1 + field).subarray(0, length),
  ]);
  return [first, packet.subarray(1 + field + length)];
}
