import { readFileSync } from 'node:fs';

interface WasmModule {
  readonly brand: 'module';
}
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
/** What is used of WebAssembly here: its types come with the DOM's, which this project leaves out. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => WasmModule;
  readonly Memory: new () => WasmMemory;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
};

/**
 * libopus as WebAssembly, driven directly: one instance a thread, its memory shared by all codecs of the thread.
 *
 * What goes wrong inside is a value, never an exception to the caller. After a trap nothing in the instance can be
 * trusted, so it is left to the collector and a new one takes its place: codecs notice by their {@link OpusState}
 * and go on with fresh state. Only numbers within bounds that were checked before reach it.
 */

/** What we use of the module's exports. Pointers are offsets in its memory; sizes are bytes. */
interface OpusExports {
  readonly memory: WasmMemory;
  _initialize(): void;
  malloc(size: number): number;
  opus_encoder_get_size(channels: number): number;
  opus_encoder_init(state: number, rate: number, channels: number, application: number): number;
  opus_encoder_ctl_set(state: number, request: number, value: number): number;
  opus_encode(state: number, pcm: number, count: number, out: number, most: number): number;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(state: number, rate: number, channels: number): number;
  opus_decoder_ctl_set(state: number, request: number, value: number): number;
  opus_decode(
    state: number,
    bytes: number,
    length: number,
    pcm: number,
    count: number,
    fec: number,
  ): number;
}

const FUNCTIONS = [
  '_initialize',
  'malloc',
  'opus_encoder_get_size',
  'opus_encoder_init',
  'opus_encoder_ctl_set',
  'opus_encode',
  'opus_decoder_get_size',
  'opus_decoder_init',
  'opus_decoder_ctl_set',
  'opus_decode',
] as const;

/** The builds of the library, the faster first: `simd` needs 128-bit vectors. */
const BUILDS = ['simd.wasm', 'opus.wasm'] as const;

/** RFC 6716 §3.2.5: the most that a packet can last is 120 ms; at 48 kHz so many samples. */
export const OPUS_MOST_SAMPLES = 5_760;
/** The longest packet that is looked at. 120 ms of the highest rate (510 kbit/s) fit. */
export const OPUS_MOST_BYTES = 7_680;

/** `OPUS_APPLICATION_VOIP`. */
const VOIP = 2_048;
/** `OPUS_RESET_STATE`. */
const RESET = 4_028;

/** Returned where the library failed, in place of a count. */
export const OPUS_FAILED = -1;

/** Encoder or decoder state within an instance; void when `generation` is not the library's. */
export interface OpusState {
  readonly kind: 'encoder' | 'decoder';
  readonly sampleRate: number;
  pointer: number;
  generation: number;
}

/** Reads a file of the package; replaced by tests. */
export type ReadOpusBuild = (name: string) => Uint8Array;

export class OpusLibrary {
  /** Counts the instances, from 1. */
  generation = 0;
  /** Traps since the start: none are known to be possible. */
  traps = 0;
  private broken = false;
  private exports!: OpusExports;
  private pcmPointer = 0;
  private bytesPointer = 0;
  private pcmView = new Int16Array(0);
  private bytesView = new Uint8Array(0);
  /** States that were closed, by kind: reused, since freed ones would leave gaps. */
  private readonly free = { encoder: [] as number[], decoder: [] as number[] };

  /** Throws when no build can be loaded, with the reasons. */
  static load(read: ReadOpusBuild = readBuild): OpusLibrary {
    const reasons: string[] = [];
    for (const name of BUILDS) {
      try {
        return new OpusLibrary(new WebAssembly.Module(read(name)));
      } catch (error) {
        reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw new Error(reasons.join('; '));
  }

  private constructor(private readonly module: WasmModule) {
    this.renew();
  }

  /** Bytes of WebAssembly memory. */
  get memorySize(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** A state, or undefined when there is no memory for one. */
  open(kind: OpusState['kind'], sampleRate: number): OpusState | undefined {
    const state: OpusState = { kind, sampleRate, pointer: 0, generation: 0 };
    return this.ready(state) ? state : undefined;
  }

  /** Gives a state back. It must not be used again. */
  close(state: OpusState): void {
    if (state.pointer !== 0 && state.generation === this.generation) {
      this.free[state.kind].push(state.pointer);
    }
    state.pointer = 0;
  }

  /** Whether the state has its place in this instance. */
  holds(state: OpusState): boolean {
    return state.pointer !== 0 && state.generation === this.generation && !this.broken;
  }

  /**
   * Gives the state a fresh place in this instance, where it has none: settings are lost with the old one. Returns
   * false when there is none to be had.
   */
  ready(state: OpusState): boolean {
    if (this.holds(state)) return true;
    if (this.broken) this.trapped();
    if (this.broken) return false;
    const { exports } = this;
    try {
      const encoder = state.kind === 'encoder';
      const size = encoder ? exports.opus_encoder_get_size(1) : exports.opus_decoder_get_size(1);
      const pointer = this.free[state.kind].pop() ?? exports.malloc(size);
      if (pointer === 0) return false;
      const error = encoder
        ? exports.opus_encoder_init(pointer, state.sampleRate, 1, VOIP)
        : exports.opus_decoder_init(pointer, state.sampleRate, 1);
      state.pointer = pointer;
      state.generation = this.generation;
      return error === 0;
    } catch {
      this.trapped();
      return false;
    }
  }

  /** A setting of the encoder, by the number that `opus_defines.h` gives it. */
  set(state: OpusState, request: number, value: number): boolean {
    if (!this.holds(state)) return false;
    try {
      return this.exports.opus_encoder_ctl_set(state.pointer, request, value) === 0;
    } catch {
      this.trapped();
      return false;
    }
  }

  /** As new, with the settings kept. */
  reset(state: OpusState): void {
    if (!this.holds(state)) return;
    try {
      if (state.kind === 'encoder') this.exports.opus_encoder_ctl_set(state.pointer, RESET, 0);
      else this.exports.opus_decoder_ctl_set(state.pointer, RESET, 0);
    } catch {
      this.trapped();
    }
  }

  /** Bytes written to `out`, at most `most` of them, or {@link OPUS_FAILED}. `count` is one of libopus's frames. */
  encode(
    state: OpusState,
    pcm: Int16Array,
    from: number,
    count: number,
    out: Uint8Array,
    at: number,
    most: number,
  ): number {
    const room = Math.min(most, OPUS_MOST_BYTES, out.length - at);
    if (!this.holds(state) || count > OPUS_MOST_SAMPLES || room < 1) return OPUS_FAILED;
    this.look();
    const { pcmView, bytesPointer } = this;
    for (let i = 0; i < count; i += 1) pcmView[i] = pcm[from + i] as number;
    let written: number;
    try {
      written = this.exports.opus_encode(state.pointer, this.pcmPointer, count, bytesPointer, room);
    } catch {
      this.trapped();
      return OPUS_FAILED;
    }
    if (written < 0 || written > room) return OPUS_FAILED;
    this.look();
    const { bytesView } = this;
    for (let i = 0; i < written; i += 1) out[at + i] = bytesView[i] as number;
    return written;
  }

  /**
   * Samples written to `out` at `at`, at most `room` of them, or {@link OPUS_FAILED}. Without bytes (`length` 0)
   * the loss of `room` samples is concealed; with `fec` they are what the packet has of the one before.
   */
  decode(
    state: OpusState,
    bytes: Uint8Array,
    from: number,
    length: number,
    out: Int16Array,
    at: number,
    room: number,
    fec: boolean,
  ): number {
    if (!this.holds(state) || length > OPUS_MOST_BYTES || room > OPUS_MOST_SAMPLES) {
      return OPUS_FAILED;
    }
    this.look();
    const { bytesView } = this;
    for (let i = 0; i < length; i += 1) bytesView[i] = bytes[from + i] as number;
    let samples: number;
    try {
      samples = this.exports.opus_decode(
        state.pointer,
        length === 0 ? 0 : this.bytesPointer,
        length,
        this.pcmPointer,
        room,
        fec ? 1 : 0,
      );
    } catch {
      this.trapped();
      return OPUS_FAILED;
    }
    if (samples < 0 || samples > room) return OPUS_FAILED;
    this.look();
    const { pcmView } = this;
    for (let i = 0; i < samples; i += 1) out[at + i] = pcmView[i] as number;
    return samples;
  }

  /** Memory that grew leaves the old views empty. */
  private look(): void {
    const { buffer } = this.exports.memory;
    if (this.pcmView.buffer === buffer) return;
    this.pcmView = new Int16Array(buffer, this.pcmPointer, OPUS_MOST_SAMPLES);
    this.bytesView = new Uint8Array(buffer, this.bytesPointer, OPUS_MOST_BYTES);
  }

  /** The old instance may have written anywhere in its memory: another takes its place, for all. */
  private trapped(): void {
    this.traps += 1;
    try {
      this.renew();
      this.broken = false;
    } catch {
      // No memory for another: tried again when a state is next asked for.
      this.broken = true;
    }
  }

  private renew(): void {
    const instance = new WebAssembly.Instance(this.module, IMPORTS);
    if (!isOpus(instance.exports)) throw new Error('is not the Opus library');
    this.exports = instance.exports;
    this.exports._initialize();
    this.free.encoder.length = 0;
    this.free.decoder.length = 0;
    this.pcmPointer = this.exports.malloc(OPUS_MOST_SAMPLES * 2);
    this.bytesPointer = this.exports.malloc(OPUS_MOST_BYTES);
    if (this.pcmPointer === 0 || this.bytesPointer === 0) throw new Error('has no memory');
    this.generation += 1;
    this.look();
  }
}

/** It asks for nothing but a place for messages and a way to stop, which is a trap here. */
const IMPORTS = {
  wasi_snapshot_preview1: {
    fd_seek: () => 0,
    fd_write: () => 0,
    fd_close: () => 0,
    proc_exit: () => {
      throw new Error('the library gave up');
    },
  },
  env: { emscripten_notify_memory_growth: () => undefined },
};

function isOpus(exports: object): exports is OpusExports {
  const members = new Map<string, unknown>(Object.entries(exports));
  return (
    members.get('memory') instanceof WebAssembly.Memory &&
    FUNCTIONS.every((name) => typeof members.get(name) === 'function')
  );
}

function readBuild(name: string): Uint8Array {
  return new Uint8Array(readFileSync(require.resolve(`@evan/opus/wasm/${name}`)));
}
