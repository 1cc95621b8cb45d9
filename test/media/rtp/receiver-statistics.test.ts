import { below, SeededRandom } from '../../../runtime/core/random';
import { ReportBlock } from '../../../runtime/media/rtp/rtcp';
import {
  ReceiverStatistics,
  type SequenceVerdict,
} from '../../../runtime/media/rtp/receiver-statistics';

function receive(statistics: ReceiverStatistics, ...sequences: number[]): SequenceVerdict[] {
  return sequences.map((sequence) =>
    statistics.update(1, sequence & 0xffff, (sequence * 160) >>> 0, sequence * 20),
  );
}

function report(statistics: ReceiverStatistics): ReportBlock {
  const block = new ReportBlock();
  expect(statistics.fillReport(block)).toBe(true);
  return block;
}

describe('ReceiverStatistics', () => {
  it('takes the first packet without a probation', () => {
    const statistics = new ReceiverStatistics();
    expect(receive(statistics, 100, 101)).toEqual(['first', 'in-order']);
    expect(statistics.received).toBe(2);
    expect(statistics.lost).toBe(0);
  });

  it('reports nothing while nothing was received', () => {
    expect(new ReceiverStatistics().fillReport(new ReportBlock())).toBe(false);
  });

  it('counts lost packets, and takes one off that comes after all', () => {
    const statistics = new ReceiverStatistics();
    receive(statistics, 10, 11, 15);
    expect(statistics.lost).toBe(3);
    expect(receive(statistics, 13)).toEqual(['reordered']);
    expect(statistics.lost).toBe(2);
    expect(statistics.reordered).toBe(1);
  });

  it('tells a duplicate from a packet out of order', () => {
    const statistics = new ReceiverStatistics();
    expect(receive(statistics, 10, 11, 13, 13, 12, 12, 11)).toEqual([
      'first',
      'in-order',
      'in-order',
      'duplicate',
      'reordered',
      'duplicate',
      'duplicate',
    ]);
    expect(statistics.duplicates).toBe(3);
    expect(statistics.lost).toBe(0);
  });

  it('does not hold a packet from before the first one against the stream', () => {
    const statistics = new ReceiverStatistics();
    expect(receive(statistics, 2, -3)).toEqual(['first', 'reordered']);
    expect(statistics.lost).toBe(0);
    receive(statistics, 4);
    expect(statistics.lost).toBe(1);
  });

  it('extends the sequence number over its wraps', () => {
    const statistics = new ReceiverStatistics();
    receive(statistics, 65_534, 65_535, 65_536, 65_537);
    expect(report(statistics).extendedHighestSequence).toBe(0x1_0001);
    expect(statistics.lost).toBe(0);
  });

  it('counts a packet from before a wrap, after it, as reordered', () => {
    const statistics = new ReceiverStatistics();
    expect(receive(statistics, 65_534, 65_536, 65_535)).toEqual(['first', 'in-order', 'reordered']);
    expect(report(statistics).extendedHighestSequence).toBe(0x1_0000);
    expect(statistics.lost).toBe(0);
  });

  it('gives the fraction lost since the report before, in 256ths, and the total', () => {
    const statistics = new ReceiverStatistics();
    receive(statistics, 1, 2, 3, 5, 6, 7, 9, 10);
    // Eight of ten came.
    expect(report(statistics)).toMatchObject({ ssrc: 1, fractionLost: 51, cumulativeLost: 2 });
    receive(statistics, 11, 12, 13, 14);
    expect(report(statistics)).toMatchObject({ fractionLost: 0, cumulativeLost: 2 });
    receive(statistics, 16, 18);
    expect(report(statistics)).toMatchObject({ fractionLost: 128, cumulativeLost: 4 });
    expect(report(statistics)).toMatchObject({ fractionLost: 0, cumulativeLost: 4 });
  });

  it('lets duplicates make the total negative, but never the fraction', () => {
    const statistics = new ReceiverStatistics();
    receive(statistics, 1, 1, 1);
    expect(report(statistics)).toMatchObject({ fractionLost: 0, cumulativeLost: -2 });
  });

  it('holds one odd sequence number to be an accident', () => {
    const statistics = new ReceiverStatistics();
    expect(receive(statistics, 10, 11, 30_000, 12, 13)).toEqual([
      'first',
      'in-order',
      'suspect',
      'in-order',
      'in-order',
    ]);
    expect(statistics.lost).toBe(0);
    expect(statistics.restarts).toBe(0);
  });

  it('follows a sender that starts again at another number, and keeps the totals', () => {
    const statistics = new ReceiverStatistics();
    receive(statistics, 10, 12);
    expect(receive(statistics, 30_000, 30_001, 30_003)).toEqual(['suspect', 'restart', 'in-order']);
    expect(statistics.restarts).toBe(1);
    expect(statistics.lost).toBe(2);
    expect(report(statistics)).toMatchObject({
      cumulativeLost: 1,
      extendedHighestSequence: 30_003,
    });
  });

  it('takes another SSRC for a new stream', () => {
    const statistics = new ReceiverStatistics();
    receive(statistics, 10, 12);
    expect(statistics.update(2, 12, 0, 0)).toBe('restart');
    expect(statistics.ssrc).toBe(2);
    expect(statistics.lost).toBe(1);
    expect(report(statistics)).toMatchObject({ ssrc: 2, cumulativeLost: 0, fractionLost: 0 });
  });

  it('finds no jitter in an even stream, whatever it starts with', () => {
    const statistics = new ReceiverStatistics();
    for (let i = 0; i < 100; i += 1) {
      statistics.update(1, i, (0xffff_f000 + i * 160) >>> 0, 1e12 + i * 20);
    }
    expect(statistics.jitter).toBe(0);
  });

  it('computes jitter as RFC 3550 §A.8 does', () => {
    const statistics = new ReceiverStatistics();
    const random = new SeededRandom(5);
    let jitter = 0;
    let before: number | undefined;
    for (let i = 0; i < 500; i += 1) {
      const delay = below(random, 30);
      statistics.update(1, i, i * 160, i * 20 + delay);
      // The RFC's transit time, in timestamp units.
      const transit = (i * 20 + delay) * 8 - i * 160;
      if (before !== undefined) jitter += (Math.abs(transit - before) - jitter) / 16;
      before = transit;
    }
    expect(statistics.jitter).toBeCloseTo(jitter / 8, 9);
    expect(report(statistics).jitter).toBe(Math.floor(jitter));
  });

  it('keeps the reports of a telephone event, which share a timestamp, out of the jitter', () => {
    const statistics = new ReceiverStatistics();
    statistics.update(1, 1, 0, 0);
    for (let i = 0; i < 8; i += 1) statistics.update(1, 2 + i, 160, 20 + i * 20, false);
    statistics.update(1, 10, 1440, 180);
    expect(statistics.jitter).toBe(0);
    expect(statistics.received).toBe(10);
  });

  it('counts right over many wraps with loss, disorder and doubles', () => {
    const statistics = new ReceiverStatistics();
    const random = new SeededRandom(11);
    const arrivals: { sequence: number; at: number }[] = [];
    let lost = 0;
    let doubled = 0;
    const count = 200_000;
    for (let i = 0; i < count; i += 1) {
      const edge = i === 0 || i === count - 1;
      if (!edge && below(random, 20) === 0) {
        lost += 1;
        continue;
      }
      arrivals.push({ sequence: i, at: i + (edge ? 0 : below(random, 8)) });
      if (!edge && below(random, 50) === 0) {
        doubled += 1;
        arrivals.push({ sequence: i, at: i + below(random, 8) });
      }
    }
    arrivals.sort((a, b) => a.at - b.at);
    for (const { sequence } of arrivals) statistics.update(1, sequence & 0xffff, 0, 0, false);
    expect(statistics.lost).toBe(lost);
    expect(statistics.duplicates).toBe(doubled);
    expect(statistics.restarts).toBe(0);
    expect(statistics.extendedHighestSequence).toBe(count - 1);
  });
});
