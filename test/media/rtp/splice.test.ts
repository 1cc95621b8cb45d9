import { RtpPacket } from '../../../runtime/media/rtp/packet';
import { Splice } from '../../../runtime/media/rtp/splice';

function packet(sequence: number, timestamp: number, marker = false): RtpPacket {
  const made = new RtpPacket();
  made.sequence = sequence & 0xffff;
  made.timestamp = timestamp >>> 0;
  made.marker = marker;
  return made;
}

/** A splice behind what we sent until time stamp 1 160, whose last packet left at 10 000 ms. */
function spliced(): Splice {
  const splice = new Splice(8);
  splice.set(1_000, 10_000, 1_160);
  return splice;
}

describe('Splice', () => {
  it('begins with our next number, at the time stamp of real time, with a marker', () => {
    const splice = spliced();
    expect(splice.place(packet(7, 99), 160, true, false, 500, 10_050)).toBe('placed');
    expect(splice).toMatchObject({ sequence: 500, timestamp: 1_400, marker: true, end: 1_560 });
  });

  it('begins behind what was sent last, when that has not ended', () => {
    const splice = spliced();
    expect(splice.place(packet(7, 99), 160, true, false, 500, 10_015)).toBe('placed');
    expect(splice.timestamp).toBe(1_160);
  });

  it('leaves out the packet that would be heard for the most part with what was sent last', () => {
    const splice = spliced();
    expect(splice.place(packet(7, 99), 160, true, false, 500, 10_005)).toBe('skipped');
    expect(splice.place(packet(8, 259), 160, true, false, 500, 10_025)).toBe('placed');
    expect(splice).toMatchObject({ sequence: 500, timestamp: 1_200 });
  });

  it('moves all numbers of a run alike, for as long as it lasts', () => {
    const splice = spliced();
    let placed = 0;
    for (let i = 0; i < 200_000; i += 1) {
      const from = packet(7 + i, 99 + 160 * i);
      const verdict = splice.place(from, 160, true, false, 500, 10_020 + 20 * i);
      const right = splice.sequence === ((500 + i) & 0xffff);
      if (verdict === 'placed' && right && splice.timestamp === (1_160 + 160 * i) >>> 0)
        placed += 1;
    }
    expect(placed).toBe(200_000);
  });

  it('gives a packet that was overtaken its own place', () => {
    const splice = spliced();
    splice.place(packet(65_535, 0), 160, true, false, 65_535, 10_020);
    splice.place(packet(1, 320), 160, true, false, 0, 10_060);
    expect(splice.place(packet(0, 160), 160, false, false, 2, 10_061)).toBe('placed');
    expect(splice).toMatchObject({ sequence: 0, timestamp: 1_320, end: 1_640 });
  });

  it('leaves out a packet from before the run, whose place is taken', () => {
    const splice = spliced();
    splice.place(packet(8, 160), 160, true, false, 500, 10_020);
    expect(splice.place(packet(7, 0), 160, false, false, 501, 10_021)).toBe('skipped');
    splice.cut();
    splice.place(packet(12, 800), 160, true, false, 520, 10_100);
    expect(splice.place(packet(9, 320), 160, false, false, 521, 10_101)).toBe('skipped');
  });

  it('leaves no gap where it swallows a packet, and no place for those before it', () => {
    const splice = spliced();
    splice.place(packet(8, 160), 160, true, false, 500, 10_020);
    splice.swallow(packet(10, 480));
    expect(splice.place(packet(9, 320), 160, false, false, 501, 10_061)).toBe('skipped');
    splice.place(packet(11, 640), 160, true, false, 501, 10_080);
    expect(splice.sequence).toBe(502);
    splice.swallow(packet(12, 800));
    splice.place(packet(13, 960), 160, true, false, 503, 10_120);
    expect(splice).toMatchObject({ sequence: 503, timestamp: 1_160 + 800 });
  });

  it('does not take over what a run was ahead of real time', () => {
    const splice = spliced();
    splice.place(packet(0, 0), 160, true, false, 500, 10_012);
    expect(splice).toMatchObject({ timestamp: 1_160, lead: 64 });
    splice.endOwn(1_160 + 160);
    splice.place(packet(9, 9_000), 160, true, false, 501, 10_100);
    expect(splice).toMatchObject({ timestamp: 1_800, lead: 0 });
  });

  it('lets the clock follow a sender that is slow or quick, and no single packet', () => {
    for (const period of [20.01, 19.99]) {
      const splice = spliced();
      for (let i = 0; i < 50_000; i += 1) {
        const late = i % 10 === 5 ? 12 : 0;
        splice.place(packet(i, 160 * i), 160, true, false, 500, 10_020 + period * i + late);
      }
      const now = 10_020 + period * 50_000;
      expect(Math.abs((splice.timestampAt(now) - (1_160 + 160 * 50_000)) | 0)).toBeLessThan(40);
    }
  });
});
