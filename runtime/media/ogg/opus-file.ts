import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock';
import { inBackground } from '../background';
import type { Encoder } from '../codec/port';
import type { RecordingFile } from '../recording-files';
import type { SoundFile, SoundFormat } from '../sound-file';
import {
  GRANULES_A_PACKET,
  GRANULE_RATE,
  joinPackets,
  opusHead,
  opusTags,
  PRE_SKIP,
} from './opus-packets';
import { fitsPage, lacingOf, readPage, writePage, type Page } from './page';

/** RFC 7845 §4: pages are to be no longer than a second, and this is what a crash may cost. */
const PACKETS_A_PAGE = 50;

/** Where a page stands in the file, how long it is, and the packets up to its end. */
interface WrittenPage {
  readonly at: number;
  readonly size: number;
  readonly packets: number;
}

/**
 * An Ogg Opus file that grows by whole pages (RFC 7845). Encoding takes its time, so it is done in the background;
 * {@link append} resolves when the samples are in the file, but for less than a packet of them.
 */
export class OggOpusFile implements SoundFile {
  private readonly serial = randomBytes(4).readUInt32LE(0);
  /** Samples of a channel in a packet. */
  private readonly frame: number;
  /** Samples that do not fill a packet yet. */
  private rest = new Int16Array(0);
  /** One channel of a packet's samples, and what the encoder makes of it. */
  private readonly side: Int16Array;
  private readonly encoded: Uint8Array;

  /** Samples of a channel that were appended; packets that were made of them, and of these the ones in a page. */
  private samples = 0;
  private packets = 0;
  private waiting: Uint8Array[] = [];
  private readonly pages: WrittenPage[] = [];
  private number = 0;
  private size = 0;
  private failed = false;
  private closed = false;

  /** @param encoders one for each channel */
  constructor(
    private readonly file: RecordingFile,
    private readonly format: SoundFormat,
    private readonly encoders: readonly Encoder[],
    private readonly clock: Clock,
  ) {
    this.frame = format.sampleRate / 50;
    this.side = new Int16Array(this.frame);
    this.encoded = new Uint8Array(Math.max(...encoders.map((one) => one.maxBytes(this.frame))));
  }

  async begin(): Promise<void> {
    const { sampleRate, channels } = this.format;
    await this.write({ packets: [opusHead(sampleRate, channels)], granule: 0, first: true });
    await this.write({ packets: [opusTags()], granule: 0 });
  }

  async append(samples: Int16Array): Promise<void> {
    this.samples += samples.length / this.format.channels;
    await this.encode(joined(this.rest, samples));
    while (this.waiting.length > 0) await this.writeWaiting();
  }

  async finish(keep: number): Promise<number> {
    const { file, pages, frame, format } = this;
    if (this.failed) {
      await file.truncate(this.size);
    } else {
      // The encoder is late by the pre-skip: so much more it must be given to get the last sound out.
      const late = (PRE_SKIP * format.sampleRate) / GRANULE_RATE;
      const packets = Math.ceil((Math.min(keep, this.samples) + late) / frame);
      const missing = (packets - this.packets) * frame * format.channels;
      if (missing > 0)
        await this.encode(joined(this.rest, new Int16Array(missing)).subarray(0, missing));
    }
    const granule = Math.min(
      PRE_SKIP + (Math.min(keep, this.samples) * GRANULE_RATE) / format.sampleRate,
      (this.failed ? this.written : this.packets) * GRANULES_A_PACKET,
    );
    if (granule > this.written * GRANULES_A_PACKET) {
      while (this.waiting.length > 0) await this.writeWaiting(granule);
    } else {
      await this.cutAt(granule, pages);
    }
    return Math.max(0, Math.round(((granule - PRE_SKIP) * format.sampleRate) / GRANULE_RATE));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const encoder of this.encoders) encoder.close();
  }

  /** Packets in whole pages. */
  private get written(): number {
    return this.pages.at(-1)?.packets ?? 0;
  }

  private async encode(samples: Int16Array): Promise<void> {
    const step = this.frame * this.format.channels;
    const end = samples.length - (samples.length % step);
    let at = 0;
    if (end > 0) {
      await inBackground(this.clock, () => {
        this.waiting.push(this.packetOf(samples, at));
        this.packets += 1;
        at += step;
        return at === end;
      });
    }
    this.rest = samples.slice(end);
  }

  private packetOf(samples: Int16Array, at: number): Uint8Array {
    const { channels } = this.format;
    const [first, second] = this.encoders;
    const left = this.sideOf(first, samples, at, channels);
    return channels === 1
      ? left
      : joinPackets(left, this.sideOf(second, samples, at + 1, channels));
  }

  private sideOf(
    encoder: Encoder | undefined,
    samples: Int16Array,
    at: number,
    step: number,
  ): Uint8Array {
    const { side, encoded, frame } = this;
    for (let i = 0, from = at; i < frame; i += 1, from += step) side[i] = samples[from] as number;
    const length = encoder?.encode(side, 0, frame, encoded, 0) ?? 0;
    return length > 0 ? encoded.slice(0, length) : SILENT_PACKET;
  }

  /** Writes a page of what waits; with `end` the last one, if it is. */
  private async writeWaiting(end?: number): Promise<void> {
    let count = 0;
    let lacing = 0;
    for (const packet of this.waiting.slice(0, PACKETS_A_PAGE)) {
      lacing += lacingOf(packet);
      if (!fitsPage(lacing)) break;
      count += 1;
    }
    const packets = this.waiting.slice(0, count);
    const all = this.written + count;
    const last = end !== undefined && count === this.waiting.length;
    const granule = last ? end : all * GRANULES_A_PACKET;
    const { at, size } = await this.write({ packets, granule, last });
    this.waiting = this.waiting.slice(count);
    this.pages.push({ at, size, packets: all });
  }

  private async write(
    page: Omit<Page, 'serial' | 'number'>,
  ): Promise<{ readonly at: number; readonly size: number }> {
    const { serial, number, size: at } = this;
    const bytes = writePage({ ...page, serial, number });
    this.failed = true;
    await this.file.append(bytes);
    this.failed = false;
    this.number += 1;
    this.size += bytes.length;
    return { at, size: bytes.length };
  }

  /** RFC 7845 §4.4: the last page may say that less is to be heard than its packets hold. */
  private async cutAt(granule: number, pages: readonly WrittenPage[]): Promise<void> {
    const index = pages.findIndex(({ packets }) => packets * GRANULES_A_PACKET >= granule);
    const written = pages[index];
    if (written === undefined) return;
    const page = readPage(await this.file.read(written.at, written.size));
    if (page === undefined) throw new Error('a page of the recording is not as it was written');
    const before = pages[index - 1]?.packets ?? 0;
    const count = Math.max(1, Math.ceil(granule / GRANULES_A_PACKET) - before);
    const bytes = writePage({
      ...page,
      packets: page.packets.slice(0, count),
      granule,
      last: true,
    });
    await this.file.patch(bytes, written.at);
    await this.file.truncate(written.at + bytes.length);
  }
}

/** RFC 6716 §3.1, §2.1.9: a packet of 20 ms without a frame in it is nothing to be heard. */
const SILENT_PACKET = Uint8Array.of(0x08);

function joined(first: Int16Array, second: Int16Array): Int16Array {
  if (first.length === 0) return second;
  const all = new Int16Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
