import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { FrameRing } from '../../runtime/media/frame-ring';

const FRAME = 160;

function count(from: number, length = FRAME): Int16Array {
  return Int16Array.from({ length }, (_, i) => from + i);
}

describe('a ring of frames', () => {
  it('gives what was written, in order, 20 ms at a time, to whoever reads the same memory', () => {
    const writer = FrameRing.create(8_000, 500);
    const reader = new FrameRing(writer.memory);
    const frame = new Int16Array(FRAME);
    expect(reader.takeFrame(frame)).toBe(false);
    for (let round = 0; round < 100; round += 1) {
      writer.push(count(round));
      writer.push(count(round + 1_000));
      expect(reader.waiting).toBe(2 * FRAME);
      expect(reader.takeFrame(frame)).toBe(true);
      expect(frame).toEqual(count(round));
      expect(reader.takeFrame(frame)).toBe(true);
      expect(frame).toEqual(count(round + 1_000));
    }
    expect(reader.takenTime).toBe(200 * 20);
    expect(writer.takenTime).toBe(200 * 20);
    expect(reader.lost).toBe(0);
  });

  it('loses the oldest frames of a pushing writer when nobody reads them, and counts them', () => {
    const ring = FrameRing.create(8_000, 100);
    for (let index = 0; index < 1_000; index += 1) ring.push(count(index));
    expect(ring.lost).toBe(995);
    expect(ring.waiting).toBe(5 * FRAME);
    const frame = new Int16Array(FRAME);
    for (let index = 995; index < 1_000; index += 1) {
      expect(ring.takeFrame(frame)).toBe(true);
      expect(frame[0]).toBe(index);
    }
    expect(ring.takeFrame(frame)).toBe(false);
    expect(ring.lost).toBe(995);
    expect(ring.takenTime).toBe(100);
  });

  it('refuses an offering writer what finds no room, and says how much it took', () => {
    const ring = FrameRing.create(16_000, 100);
    expect(ring.frameSize).toBe(320);
    expect(ring.offer(count(0, 1_000))).toBe(1_000);
    expect(ring.offer(count(1_000, 1_000))).toBe(600);
    expect(ring.offer(count(1_600, 1))).toBe(0);
    const frame = new Int16Array(320);
    expect(ring.take(frame)).toBe(320);
    expect(ring.offer(count(1_600, 1_000))).toBe(320);
    for (let next = 320; next < 1_920; next += 320) {
      expect(ring.take(frame)).toBe(320);
      expect(frame).toEqual(count(next, 320));
    }
    expect(ring.lost).toBe(0);
  });

  it('fills the frame with silence behind the last samples', () => {
    const ring = FrameRing.create(8_000, 100);
    ring.offer(count(1, 10));
    const frame = new Int16Array(FRAME).fill(9);
    expect(ring.takeFrame(frame)).toBe(false);
    expect(ring.take(frame)).toBe(10);
    expect([...frame.subarray(0, 12)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0]);
    expect(ring.take(frame)).toBe(0);
  });

  it('forgets what waits when its writer clears it, and has room again', () => {
    const ring = FrameRing.create(8_000, 100);
    ring.offer(count(0, 800));
    ring.clear();
    expect(ring.waiting).toBe(0);
    expect(ring.offer(count(5_000, 900))).toBe(800);
    const frame = new Int16Array(FRAME);
    expect(ring.takeFrame(frame)).toBe(true);
    expect(frame[0]).toBe(5_000);
    expect(ring.takenTime).toBe(20);
    expect(ring.lost).toBe(0);
  });

  it('goes on where positions wrap, long after it was cleared once', () => {
    const ring = FrameRing.create(8_000, 100);
    const header = new Int32Array(ring.memory, 0, 8);
    ring.offer(count(0, 160));
    ring.clear();
    const frame = new Int16Array(FRAME);
    // Half of all positions, then all of them.
    for (const start of [0x7fff_ff00, -0x100]) {
      const behind = start - 0x7000_0000;
      header.fill(behind | 0, 0, 3);
      ring.offer(count(0, FRAME));
      expect(ring.takeFrame(frame)).toBe(true);
      header[0] = header[2] = start | 0;
      for (let round = 0; round < 20; round += 1) {
        expect(ring.offer(count(round, FRAME))).toBe(FRAME);
        expect(ring.waiting).toBe(FRAME);
        expect(ring.takeFrame(frame)).toBe(true);
        expect(frame[0]).toBe(round);
      }
    }
  });

  it('is a queue, whatever is done to it', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('offer' as const), size: fc.integer({ min: 0, max: 900 }) }),
      fc.record({ do: fc.constant('take' as const), size: fc.constant(0) }),
      fc.record({ do: fc.constant('clear' as const), size: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ring = FrameRing.create(8_000, 100);
        let model: number[] = [];
        let next = 0;
        const frame = new Int16Array(FRAME);
        for (const { do: what, size } of steps) {
          if (what === 'clear') {
            ring.clear();
            model = [];
          } else if (what === 'offer') {
            const samples = count(next % 20_000, size);
            const taken = ring.offer(samples);
            expect(taken).toBe(Math.min(size, 800 - model.length));
            model.push(...samples.subarray(0, taken));
            next += taken;
          } else {
            const taken = ring.take(frame);
            expect([...frame.subarray(0, taken)]).toEqual(model.splice(0, FRAME));
          }
          expect(ring.waiting).toBe(model.length);
        }
      }),
    );
  });

  it('says on both sides that one of them has closed it', () => {
    const ring = FrameRing.create(8_000, 100);
    const other = new FrameRing(ring.memory);
    expect(other.closed).toBe(false);
    ring.close();
    expect(other.closed).toBe(true);
  });

  it('keeps frames whole between two threads, one of which writes as fast as it can', async () => {
    const ring = FrameRing.create(8_000, 200);
    const total = 20_000;
    // Plain JavaScript: what it tests is the memory and the reader, while another thread writes.
    const worker = new Worker(
      `const { workerData: { memory, total } } = require('node:worker_threads');
       const header = new Int32Array(memory, 0, 8);
       const samples = new Int16Array(memory, 32);
       for (let index = 0; index < total; index += 1) {
         const at = header[0];
         for (let i = 0; i < 160; i += 1) samples[(at + i) & (samples.length - 1)] = index;
         Atomics.store(header, 0, at + 160);
         if (index % 50 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
       }`,
      { eval: true, workerData: { memory: ring.memory, total } },
    );
    const frame = new Int16Array(FRAME);
    let read = 0;
    let last = -1;
    let torn = 0;
    let over = false;
    worker.on('exit', () => {
      over = true;
    });
    while (!over || ring.waiting > 0) {
      while (ring.takeFrame(frame)) {
        read += 1;
        const value = frame[0] as number;
        if (frame.some((sample) => sample !== value) || value <= last) torn += 1;
        last = value;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(torn).toBe(0);
    expect(last).toBe(total - 1);
    expect(read + ring.lost).toBe(total);
  });
});
