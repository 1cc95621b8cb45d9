import { encodeG711, g711DecodeTable } from '../../runtime/media/codec/g711';
import { FRAME_SAMPLES, JitterBuffer } from '../../runtime/media/jitter-buffer';
import { RtpPacket, writeRtpHeader } from '../../runtime/media/rtp/packet';

const HALF_AN_HOUR = 90_000;

/** Music without a pause: chords of three notes, a second in all, that joins itself. */
function chords(): Uint8Array {
  const sound = Int16Array.from({ length: 8_000 }, (_, i) => {
    const notes = i < 4_000 ? [220, 278, 330] : [196, 246, 294];
    return notes.reduce((sum, note) => sum + 3_500 * Math.sin((2 * Math.PI * note * i) / 8_000), 0);
  });
  const bytes = new Uint8Array(8_000);
  encodeG711('PCMU', sound, 0, 8_000, bytes, 0);
  return bytes;
}

/** The sharpest bend of the sound: a click has a sharper one than any note. */
function sharpest(previous: readonly [number, number], frame: Int16Array): number {
  let [before, last] = previous;
  let most = 0;
  for (let i = 0; i < frame.length; i += 1) {
    const sample = frame[i]!;
    const second = Math.abs(sample - 2 * last + before);
    if (second > most) most = second;
    before = last;
    last = sample;
  }
  return most;
}

describe('a clock that is not ours', () => {
  it.each([-200, 200])(
    'and off by %i ppm is followed for half an hour of music without a growing delay, a gap or a click',
    (ppm) => {
      const sound = chords();
      const table = g711DecodeTable('PCMU');
      const decoded = Int16Array.from(sound, (byte) => table[byte] as number);
      const bend = sharpest([decoded[7_998]!, decoded[7_999]!], decoded);
      const buffer = new JitterBuffer();
      const bytes = new Uint8Array(172);
      const packet = new RtpPacket();
      const frame = new Int16Array(FRAME_SAMPLES);
      let next = 0;
      let others = 0;
      let sharp = 0;
      let shortest = Infinity;
      let longest = 0;
      let tail: [number, number] = [0, 0];
      for (let tick = 0; tick < HALF_AN_HOUR; tick += 1) {
        const now = 7 + tick * 20;
        for (; (next * 20) / (1 + ppm / 1e6) <= now; next += 1) {
          writeRtpHeader(bytes, false, 0, next & 0xffff, (next * 160) >>> 0, 1);
          bytes.set(sound.subarray((next % 50) * 160, ((next % 50) + 1) * 160), 12);
          packet.parse(bytes);
          buffer.push(packet, 'PCMU', (next * 20) / (1 + ppm / 1e6));
        }
        const kind = buffer.pull(frame, now);
        if (tick < 5) continue;
        if (kind !== 'audio') others += 1;
        if (tick > 5) sharp = Math.max(sharp, sharpest(tail, frame));
        tail = [frame[158]!, frame[159]!];
        shortest = Math.min(shortest, buffer.buffered);
        longest = Math.max(longest, buffer.buffered);
      }
      expect(others).toBe(0);
      expect(buffer.late).toBe(0);
      expect(buffer.restarts).toBe(0);
      // 360 ms in pieces of a period: some forty of them.
      expect(buffer.stretched).toBeGreaterThanOrEqual(28);
      expect(buffer.stretched).toBeLessThanOrEqual(120);
      expect(shortest).toBeGreaterThanOrEqual(5);
      expect(longest).toBeLessThanOrEqual(70);
      // No sharper than the music itself where its chords meet.
      expect(sharp).toBeLessThanOrEqual(1.2 * bend);
    },
    60_000,
  );
});
