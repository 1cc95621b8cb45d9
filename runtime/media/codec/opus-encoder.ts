import { DefectError } from '../../core/errors';
import { OpusJoiner } from './opus-joiner';
import type { OpusLibrary, OpusState } from './opus-library';
import type { CodecFormat, Encoder, OpusParameters } from './port';

/** Requests of `opus_defines.h`, and one of `opus_private.h`. */
const SET_BITRATE = 4_002;
const SET_MAX_BANDWIDTH = 4_004;
const SET_VBR = 4_006;
const SET_BANDWIDTH = 4_008;
const SET_COMPLEXITY = 4_010;
const SET_INBAND_FEC = 4_012;
const SET_PACKET_LOSS = 4_014;
const SET_DTX = 4_016;
const FORCE_MODE = 11_002;
const AUTOMATIC = -1_000;
const SILK = 1_000;
const WIDE_BAND = 1_103;

/** From narrow to full band: up to which rate of the listener each is enough, and the speech rate for it. */
const BANDWIDTHS = [
  // RFC 7587 §3.1.1 recommends these rates for 20 ms of speech.
  { rate: 8_000, request: 1_101, bitrate: 12_000 },
  { rate: 12_000, request: 1_102, bitrate: 16_000 },
  { rate: 16_000, request: 1_103, bitrate: 20_000 },
  { rate: 24_000, request: 1_104, bitrate: 28_000 },
  { rate: 48_000, request: 1_105, bitrate: 40_000 },
] as const;

/** Of 0 to 10. Above it speech gains little and costs half as much again. */
const COMPLEXITY = 5;
/** RFC 7587 §6.1: a `maxaveragebitrate` outside is ignored. */
const LEAST_BITRATE = 6_000;
const MOST_BITRATE = 510_000;
/** Of the most that the peer takes: the average of some seconds of speech lies up to 7 % above what was set. */
const MARGIN = 0.92;
/** What the copies of lost packets cost; with less the library leaves them out. */
const COPIES = 1.25;
/** Percent: until the peer reports. Up to 5 the library would leave the copies out. */
const LOSS_AT_FIRST = 10;
/** RFC 6716 §3.2.1: bytes of a frame of 20 ms or less. */
const FRAME_BYTES = 1_275;

/** Speech to Opus, mono, as the peer asked for it in its `fmtp` (RFC 7587 §6.1, §7.1). */
export class OpusEncoder implements Encoder {
  private readonly state: OpusState;
  private readonly dtx: boolean;
  private readonly fec: boolean;
  private loss = LOSS_AT_FIRST;
  private closed = false;
  /** Whether the last packet was put together of frames of 10 ms. */
  private joining = false;
  private joiner: OpusJoiner | undefined;
  private readonly wishes: OpusParameters;

  constructor(
    private readonly library: OpusLibrary,
    format: CodecFormat,
    readonly sampleRate: number,
  ) {
    this.wishes = format.opus ?? {};
    this.dtx = this.wishes.useDtx === true;
    this.fec = this.wishes.useInbandFec === true;
    const state = library.open('encoder', sampleRate);
    if (state === undefined) throw new DefectError('no memory for an Opus encoder');
    this.state = state;
    this.configure();
  }

  encode(pcm: Int16Array, from: number, count: number, out: Uint8Array, at: number): number {
    if (this.closed || from < 0 || count < 1 || from + count > pcm.length) return 0;
    if (!this.library.holds(this.state)) {
      if (!this.library.ready(this.state)) return 0;
      this.configure();
    }
    const tens = (100 * count) / this.sampleRate;
    if (tens === 3 || tens === 5) return this.encodeJoined(pcm, from, tens, out, at);
    if (this.joining) this.join(false);
    const most = this.maxBytes(count);
    const written = this.library.encode(this.state, pcm, from, count, out, at, most);
    // Two bytes or less say nothing but that there is nothing to hear (RFC 7587 §3.1.3).
    if (written < 0 || (this.dtx && written <= 2)) return 0;
    return written;
  }

  /** No frame lasts 30 or 50 ms: a packet of so many frames of 10 ms does (RFC 6716 §3.2.5). */
  private encodeJoined(
    pcm: Int16Array,
    from: number,
    frames: number,
    out: Uint8Array,
    at: number,
  ): number {
    if (!this.joining) this.join(true);
    const frame = this.sampleRate / 100;
    const joiner = (this.joiner ??= new OpusJoiner());
    joiner.clear();
    for (let i = 0; i < frames; i += 1) {
      const { scratch } = joiner;
      const next = from + i * frame;
      const length = this.library.encode(this.state, pcm, next, frame, scratch, 0, FRAME_BYTES);
      if (length < 1 || !joiner.add(length)) return 0;
    }
    return this.dtx && joiner.empty ? 0 : joiner.write(out, at);
  }

  /** Frames of one packet share their configuration, so that the library must not change it on the way. */
  private join(joining: boolean): void {
    this.joining = joining;
    const band = Math.min(WIDE_BAND, this.band.request);
    this.library.set(this.state, FORCE_MODE, joining ? SILK : AUTOMATIC);
    this.library.set(this.state, SET_BANDWIDTH, joining ? band : AUTOMATIC);
  }

  maxBytes(count: number): number {
    const tens = Math.ceil((100 * count) / this.sampleRate);
    // Frames of 10 ms that are joined have their lengths before them.
    return tens === 3 || tens === 5 ? tens * (FRAME_BYTES + 2) : FRAME_BYTES * Math.ceil(tens / 2);
  }

  expectLoss(fraction: number): void {
    const loss = Math.round(100 * Math.min(1, Math.max(0, fraction)));
    if (loss === this.loss) return;
    this.loss = loss;
    if (this.fec) this.library.set(this.state, SET_PACKET_LOSS, loss);
  }

  reset(): void {
    this.library.reset(this.state);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.library.close(this.state);
  }

  /** RFC 7587 §7.1: no more than what the peer plays needs. */
  private get band(): (typeof BANDWIDTHS)[number] {
    const useful = Math.min(this.sampleRate, this.wishes.maxPlaybackRate ?? 48_000);
    return BANDWIDTHS.find(({ rate }) => useful <= rate) ?? BANDWIDTHS[4];
  }

  private configure(): void {
    this.joining = false;
    const { library, state, wishes } = this;
    const { band } = this;
    const asked = wishes.maxAverageBitrate ?? MOST_BITRATE;
    const most = asked < LEAST_BITRATE || asked > MOST_BITRATE ? MOST_BITRATE : asked;
    library.set(state, SET_COMPLEXITY, COMPLEXITY);
    library.set(state, SET_MAX_BANDWIDTH, band.request);
    const wanted = this.fec ? band.bitrate * COPIES : band.bitrate;
    library.set(state, SET_BITRATE, Math.round(Math.min(most * MARGIN, wanted)));
    library.set(state, SET_VBR, wishes.cbr === true ? 0 : 1);
    library.set(state, SET_DTX, this.dtx ? 1 : 0);
    library.set(state, SET_INBAND_FEC, this.fec ? 1 : 0);
    library.set(state, SET_PACKET_LOSS, this.fec ? this.loss : 0);
  }
}
