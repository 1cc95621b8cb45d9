import * as fc from 'fast-check';
import { Limiter } from '../../../runtime/media/mixer/limiter';
import { Mixer } from '../../../runtime/media/mixer/mixer';

const RATE = 8_000;
const SIZE = 160;

/** A frame of one value, which no other party has. */
function level(value: number): Int16Array {
  return new Int16Array(SIZE).fill(value);
}

function heard(mixer: Mixer, voice: Parameters<Mixer['mix']>[0], round: number): number {
  const out = new Int16Array(SIZE);
  mixer.mix(voice, round, out);
  return out[0] as number;
}

describe('a mixer', () => {
  it('lets each voice hear the sum of all others and not itself', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 40, max: 1_500 }), { minLength: 1, maxLength: 12 }),
        fc.nat(1_000),
        (levels, round) => {
          const mixer = new Mixer(RATE);
          const voices = levels.map(() => mixer.add());
          for (const [index, voice] of voices.entries()) {
            mixer.put(voice, level(levels[index] as number), round);
          }
          const all = levels.reduce((sum, each) => sum + each, 0);
          for (const [index, voice] of voices.entries()) {
            expect(heard(mixer, voice, round)).toBe(all - (levels[index] as number));
          }
          expect(heard(mixer, mixer.add(), round)).toBe(all);
        },
      ),
    );
  });

  it('tells when nobody else said anything', () => {
    const mixer = new Mixer(RATE);
    const [speaker, listener] = [mixer.add(), mixer.add()];
    const out = new Int16Array(SIZE).fill(9);
    mixer.put(speaker, level(1_000), 5);
    expect(mixer.mix(speaker, 5, out)).toBe(false);
    expect(out).toEqual(new Int16Array(SIZE));
    expect(mixer.mix(listener, 5, out)).toBe(true);
  });

  it('forgets a frame when its round is over: a voice that stops is not heard again', () => {
    const mixer = new Mixer(RATE);
    const [speaker, listener] = [mixer.add(), mixer.add()];
    mixer.put(speaker, level(700), 0);
    for (let round = 1; round < 9; round += 1) expect(heard(mixer, listener, round)).toBe(0);
  });

  it('leaves out what comes after its round was heard, also from its own voice’s ear', () => {
    const mixer = new Mixer(RATE);
    const [late, early, listener] = [mixer.add(), mixer.add(), mixer.add()];
    mixer.put(early, level(300), 2);
    expect(heard(mixer, listener, 2)).toBe(300);
    mixer.put(late, level(500), 2);
    expect(heard(mixer, listener, 2)).toBe(300);
    expect(heard(mixer, late, 2)).toBe(300);
  });

  it('does not let a muted voice be heard, and lets it hear', () => {
    const mixer = new Mixer(RATE);
    const [muted, other] = [mixer.add(), mixer.add()];
    muted.muted = true;
    mixer.put(muted, level(900), 1);
    mixer.put(other, level(400), 1);
    expect(heard(mixer, other, 1)).toBe(0);
    expect(heard(mixer, muted, 1)).toBe(400);
  });

  it('lets a coach be heard by those alone whom he coaches, and hear all', () => {
    const mixer = new Mixer(RATE);
    const [agent, customer, coach] = [mixer.add(), mixer.add(), mixer.add()];
    mixer.address(coach, new Set([agent]));
    mixer.put(agent, level(100), 7);
    mixer.put(customer, level(200), 7);
    mixer.put(coach, level(400), 7);
    expect(heard(mixer, agent, 7)).toBe(600);
    expect(heard(mixer, customer, 7)).toBe(100);
    expect(heard(mixer, coach, 7)).toBe(300);
    mixer.remove(agent);
    mixer.put(coach, level(400), 8);
    expect(heard(mixer, customer, 8)).toBe(0);
  });

  it('turns a voice up and down', () => {
    const mixer = new Mixer(RATE);
    const [speaker, listener] = [mixer.add(), mixer.add()];
    speaker.gain = 0.5;
    mixer.put(speaker, level(1_000), 0);
    expect(heard(mixer, listener, 0)).toBe(500);
    speaker.gain = 100;
    mixer.put(speaker, level(1_000), 1);
    expect(heard(mixer, listener, 1)).toBeGreaterThan(20_000);
  });

  it('adds nothing of a line that only hisses', () => {
    const mixer = new Mixer(RATE);
    const [hiss, listener] = [mixer.add(), mixer.add()];
    mixer.put(hiss, level(20), 0);
    expect(mixer.mix(listener, 0, new Int16Array(SIZE))).toBe(false);
  });
});

describe('a limiter', () => {
  it('never clips, whatever is summed, and leaves alone what fits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 30 }),
        (peaks) => {
          const limiter = new Limiter();
          const out = new Int16Array(SIZE);
          for (const peak of peaks) {
            const sum = Int32Array.from({ length: SIZE }, (_, i) =>
              Math.round(peak * Math.sin((2 * Math.PI * i) / 16)),
            );
            limiter.limit(sum, out, SIZE);
            const highest = Math.max(...out.map(Math.abs));
            expect(highest).toBeLessThanOrEqual(29_500);
            // The wave keeps its shape: the gain moves slowly, so no sample is cut off flat.
            const gains = [...sum.keys()]
              .filter((i) => Math.abs(sum[i] as number) > 8_000)
              .map((i) => (out[i] as number) / (sum[i] as number));
            const steps = gains.slice(1).map((gain, i) => Math.abs(gain - (gains[i] as number)));
            expect(Math.max(0, ...steps)).toBeLessThan(0.02);
          }
        },
      ),
    );
  });

  it('comes back to full level within half a second', () => {
    const limiter = new Limiter();
    const out = new Int16Array(SIZE);
    limiter.limit(new Int32Array(SIZE).fill(120_000), out, SIZE);
    for (let frame = 0; frame < 25; frame += 1) {
      limiter.limit(new Int32Array(SIZE).fill(10_000), out, SIZE);
    }
    expect(out[SIZE - 1]).toBeGreaterThan(9_300);
    for (let frame = 0; frame < 75; frame += 1) {
      limiter.limit(new Int32Array(SIZE).fill(10_000), out, SIZE);
    }
    expect(out).toEqual(new Int16Array(SIZE).fill(10_000));
  });
});
