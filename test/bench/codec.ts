/**
 * What codecs and resamplers cost: microseconds for 20 ms of speech, each way. Beside them the floor: copying the
 * frame, which nothing can do without. The best of many short rounds, since others use the machine too. `--quick` for a look.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodecName } from '../../runtime/core/audio';
import type { CodecFormat } from '../../runtime/media/codec/port';
import { availableCodecs, codecKind, opusProblem } from '../../runtime/media/codec/registry';
import { StreamResampler } from '../../runtime/media/resampler';
import { resample } from '../../runtime/prompt/resample';
import { readWav } from '../../runtime/prompt/wav';

export interface CodecCost {
  readonly codec: CodecName;
  readonly sampleRate: number;
  /** Microseconds for 20 ms. */
  readonly encode: number;
  readonly decode: number;
  /** When the packet is lost. */
  readonly conceal: number;
  readonly copy: number;
}

export interface ResamplerCost {
  readonly from: number;
  readonly to: number;
  /** Microseconds for 20 ms. */
  readonly cost: number;
  readonly copy: number;
}

/** Microseconds a frame, each way, at most. */
const BUDGETS: Readonly<Partial<Record<CodecName, number>>> = { PCMU: 0.5, PCMA: 0.5, G722: 15 };
const RATES = [8_000, 16_000, 24_000, 48_000];
const CASES: readonly (readonly [format: CodecFormat, sampleRate: number])[] = [
  [{ name: 'PCMU', clockRate: 8_000 }, 8_000],
  [{ name: 'PCMA', clockRate: 8_000 }, 8_000],
  [{ name: 'L16', clockRate: 16_000 }, 16_000],
  [{ name: 'G722', clockRate: 8_000 }, 16_000],
  ...RATES.map((rate) => [{ name: 'opus', clockRate: 48_000 }, rate] as const),
];

function speech(sampleRate: number): Int16Array {
  const file = join(__dirname, '..', '..', 'prompts', 'en', 'survey-welcome.wav');
  const clip = readWav(readFileSync(file));
  const samples = resample(clip.samples, clip.sampleRate, sampleRate);
  return samples.subarray(0, samples.length - (samples.length % (sampleRate / 50)));
}

/** Microseconds a frame of the best round. `work` does `frames` of them. */
function best(rounds: number, frames: number, work: () => void): number {
  work();
  let least = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    work();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1_000 / frames);
  }
  return least;
}

/** Goes through a sound frame by frame. */
function eachFrame(
  sound: Int16Array,
  frame: number,
  work: (at: number, index: number) => void,
): () => void {
  return () => {
    for (let at = 0, index = 0; at < sound.length; at += frame, index += 1) work(at, index);
  };
}

function measureCodec(format: CodecFormat, sampleRate: number, rounds: number): CodecCost {
  const kind = codecKind(format.name);
  const encoder = kind.encoder(format, sampleRate);
  const decoder = kind.decoder(format, sampleRate);
  const sound = speech(sampleRate);
  const frame = sampleRate / 50;
  const frames = sound.length / frame;
  const bytes = new Uint8Array(encoder.maxBytes(frame));
  const packets: Uint8Array[] = [];
  for (let at = 0; at < sound.length; at += frame) {
    packets.push(bytes.slice(0, encoder.encode(sound, at, frame, bytes, 0)));
  }
  const out = new Int16Array(frame);
  const cost = (work: (at: number, index: number) => void): number =>
    best(rounds, frames, eachFrame(sound, frame, work));
  try {
    return {
      codec: format.name,
      sampleRate,
      encode: cost((at) => encoder.encode(sound, at, frame, bytes, 0)),
      decode: cost((_at, index) => {
        const packet = packets[index] as Uint8Array;
        decoder.decode(packet, 0, packet.length, out, 0);
      }),
      // Each loss is a first one: those are the dear ones, because a pitch is sought.
      conceal: cost((_at, index) => {
        const packet = packets[index] as Uint8Array;
        decoder.conceal(out, 0, frame);
        decoder.decode(packet, 0, packet.length, out, 0);
      }),
      copy: cost((at) => {
        for (let i = 0; i < frame; i += 1) out[i] = sound[at + i] as number;
      }),
    };
  } finally {
    encoder.close();
    decoder.close();
  }
}

function measureResampler(from: number, to: number, rounds: number): ResamplerCost {
  const resampler = new StreamResampler(from, to);
  const sound = speech(from);
  const frame = from / 50;
  const out = new Int16Array(Math.max(from, to) / 50);
  const frames = sound.length / frame;
  return {
    from,
    to,
    cost: best(
      rounds,
      frames,
      eachFrame(sound, frame, (at) => resampler.process(sound, at, frame, out, 0)),
    ),
    copy: best(
      rounds,
      frames,
      eachFrame(sound, frame, (at) => {
        for (let i = 0; i < frame; i += 1) out[i] = sound[at + i] as number;
      }),
    ),
  };
}

function figure(value: number): string {
  return value.toFixed(2).padStart(10);
}

/** Measures all and prints it as it comes. */
export function run(rounds = 200): { codecs: CodecCost[]; resamplers: ResamplerCost[] } {
  const problem = opusProblem();
  if (problem !== undefined) console.log(`no Opus: ${problem}`);
  console.log('µs for 20 ms of speech; "lost" is a concealed packet and the one after it');
  console.log(`${''.padEnd(16)}    encode    decode      lost      copy`);
  const codecs: CodecCost[] = [];
  for (const [format, sampleRate] of CASES) {
    if (!availableCodecs().includes(format.name)) continue;
    const cost = measureCodec(format, sampleRate, rounds);
    codecs.push(cost);
    const budget = BUDGETS[format.name];
    const missed = budget !== undefined && Math.max(cost.encode, cost.decode) > budget;
    console.log(
      `${format.name.padEnd(5)}${String(sampleRate).padStart(8)} Hz` +
        [cost.encode, cost.decode, cost.conceal, cost.copy].map(figure).join('') +
        (budget === undefined ? '' : `   at most ${budget}${missed ? ': MISSED' : ''}`),
    );
  }
  console.log(`\n${''.padEnd(24)}  resample      copy`);
  const resamplers: ResamplerCost[] = [];
  for (const from of RATES) {
    for (const to of RATES) {
      if (from === to) continue;
      const cost = measureResampler(from, to, rounds);
      resamplers.push(cost);
      console.log(
        `${String(from).padStart(8)} to ${String(to).padStart(6)} Hz   ${figure(cost.cost)}${figure(cost.copy)}`,
      );
    }
  }
  return { codecs, resamplers };
}

if (require.main === module) run(process.argv.includes('--quick') ? 20 : 200);
