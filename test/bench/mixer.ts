/**
 * What mixing costs for each party: microseconds for 20 ms, at each rate and size of a conference in which all speak.
 * The floor in the same run: adding a frame to a sum and taking one out of it, which is the least that a party needs.
 * `--quick` for a look.
 */
import { Mixer } from '../../runtime/media/mixer/mixer';
import { voice } from '../support/voice';

export interface MixerCost {
  readonly sampleRate: number;
  readonly parties: number;
  /** Microseconds of 20 ms of each party. */
  readonly cost: number;
  readonly floor: number;
}

/** Microseconds of the best round of `ticks`, for each tick of each party. */
function best(rounds: number, ticks: number, parties: number, tick: (at: number) => void): number {
  let least = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    for (let at = 0; at < ticks; at += 1) tick(at);
    const took = Number(process.hrtime.bigint() - start) / 1_000;
    least = Math.min(least, took / (ticks * parties));
  }
  return least;
}

function framesOf(sampleRate: number): readonly Int16Array[] {
  const sound = voice(sampleRate, 4_000);
  const size = sampleRate / 50;
  return Array.from({ length: 200 }, (_, i) => sound.subarray(i * size, (i + 1) * size));
}

function measure(sampleRate: number, parties: number, rounds: number): MixerCost {
  const frames = framesOf(sampleRate);
  const frameOf = (at: number, party: number): Int16Array =>
    frames[(at + 37 * party) % frames.length] as Int16Array;
  const mixer = new Mixer(sampleRate);
  const voices = Array.from({ length: parties }, () => mixer.add());
  const out = new Int16Array(mixer.frameSize);
  const sum = new Int32Array(mixer.frameSize);
  let now = 8;
  const cost = best(rounds, frames.length, parties, (at) => {
    now += 1;
    for (let party = 0; party < parties; party += 1) {
      const each = voices[party];
      if (each === undefined) continue;
      mixer.put(each, frameOf(at, party), now);
      mixer.mix(each, now - 1, out);
    }
  });
  const floor = best(rounds, frames.length, parties, (at) => {
    sum.fill(0);
    for (let party = 0; party < parties; party += 1) {
      const frame = frameOf(at, party);
      for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + (frame[i] as number);
      for (let i = 0; i < sum.length; i += 1) out[i] = (sum[i] as number) - (frame[i] as number);
    }
  });
  return { sampleRate, parties, cost, floor };
}

/** Measures all and prints it as it comes. */
export function run(rounds = 50): MixerCost[] {
  console.log('µs for each party and 20 ms: taken, mixed and limited');
  console.log(`${''.padEnd(24)}     mixed     floor   ratio`);
  const results: MixerCost[] = [];
  for (const sampleRate of [8_000, 16_000, 48_000]) {
    for (const parties of [3, 10, 50]) {
      const result = measure(sampleRate, parties, rounds);
      results.push(result);
      const { cost, floor } = result;
      console.log(
        `${String(sampleRate).padStart(8)} Hz, ${String(parties).padStart(2)} parties ` +
          `${cost.toFixed(2).padStart(9)}${floor.toFixed(2).padStart(10)}${(cost / floor).toFixed(1).padStart(8)}`,
      );
    }
  }
  return results;
}

if (require.main === module) run(process.argv.includes('--quick') ? 5 : 50);
