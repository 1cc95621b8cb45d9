import { SeededRandom } from '../../../runtime/core/random';
import { EventSender } from '../../../runtime/media/dtmf/event-sender';
import { digitOfEvent, TelephoneEvent } from '../../../runtime/media/dtmf/telephone-event';
import { RtpPacket } from '../../../runtime/media/rtp/packet';
import { RtpSender } from '../../../runtime/media/rtp/sender';

/** What went out at one tick; times relative to the first. */
interface Sent {
  readonly tick: number;
  readonly digit: string | undefined;
  readonly marker: boolean;
  readonly end: boolean;
  readonly timestamp: number;
  readonly duration: number;
  readonly sequence: number;
}

function setUp(): { rtp: RtpSender; sender: EventSender; run: (ticks?: number) => Sent[] } {
  const rtp = new RtpSender(new SeededRandom(3));
  const sender = new EventSender(rtp);
  const start = rtp.timestamp;
  let tick = 0;
  return {
    rtp,
    sender,
    run: (ticks = Infinity) => {
      const sent: Sent[] = [];
      const packet = new RtpPacket();
      const report = new TelephoneEvent();
      for (const until = tick + ticks; tick < until && sender.busy; tick += 1) {
        const target = new Uint8Array(16);
        const size = sender.poll(target, 101, 160);
        if (size > 0) {
          expect(size).toBe(16);
          expect(packet.parse(target)).toBe('ok');
          expect(packet.payloadType).toBe(101);
          expect(report.parse(target, 12, 4)).toBe(true);
          sent.push({
            tick,
            digit: digitOfEvent(report.event),
            marker: packet.marker,
            end: report.end,
            timestamp: (packet.timestamp - start) >>> 0,
            duration: report.duration,
            sequence: (packet.sequence - rtp.firstSequence) & 0xffff,
          });
        }
        rtp.advance(160);
      }
      return sent;
    },
  };
}

describe('EventSender', () => {
  it('keeps the timeline that is drawn in it', () => {
    const { sender, run } = setUp();
    sender.press('15', 100, 80);
    const row = (sent: Sent): unknown[] => [
      sent.tick,
      sent.digit,
      sent.marker,
      sent.end,
      sent.timestamp / 160,
      sent.duration / 160,
    ];
    expect(run().map(row)).toEqual([
      [0, '1', true, false, 0, 1],
      [1, '1', false, false, 0, 2],
      [2, '1', false, false, 0, 3],
      [3, '1', false, false, 0, 4],
      [4, '1', false, true, 0, 5],
      [5, '1', false, true, 0, 5],
      [6, '1', false, true, 0, 5],
      [9, '5', true, false, 9, 1],
      [10, '5', false, false, 9, 2],
      [11, '5', false, false, 9, 3],
      [12, '5', false, false, 9, 4],
      [13, '5', false, true, 9, 5],
      [14, '5', false, true, 9, 5],
      [15, '5', false, true, 9, 5],
    ]);
  });

  it('numbers every packet by one, retransmitted ends too (RFC 4733 §2.5.1.6)', () => {
    const { sender, run } = setUp();
    sender.press('12', 60, 60);
    const sequences = run().map((sent) => sent.sequence);
    expect(sequences).toEqual(sequences.map((_, i) => i));
  });

  it('sends all keys and leaves out what is none', () => {
    const { sender, run } = setUp();
    sender.press('0 1x2-3', 40, 40);
    sender.press('*#abCD', 40, 40);
    const starts = run().filter((sent) => sent.marker);
    expect(starts.map((sent) => sent.digit).join('')).toBe('0123*#ABCD');
  });

  it('makes a gap long enough for the retransmitted ends', () => {
    const { sender, run } = setUp();
    sender.press('11', 40, 0);
    const sent = run();
    expect(sent.filter((packet) => packet.end)).toHaveLength(6);
    expect(sent.filter((packet) => packet.marker).map((packet) => packet.tick)).toEqual([0, 4]);
  });

  it('is busy until the last gap has passed', () => {
    const { sender, run } = setUp();
    sender.press('1', 40, 100);
    run(6);
    expect(sender.busy).toBe(true);
    expect(run(1)).toEqual([]);
    expect(sender.busy).toBe(false);
  });

  it('sends one packet at least of a press of no length', () => {
    const { sender, run } = setUp();
    sender.press('1', 0, 0);
    expect(run().map((sent) => sent.end)).toEqual([true, true, true]);
  });

  it('splits a press of 20 s into segments that touch (RFC 4733 §2.5.1.3)', () => {
    const { sender, run } = setUp();
    sender.press('1', 20_000, 40);
    const sent = run();
    expect(sent.filter((packet) => packet.marker)).toHaveLength(1);
    expect([...new Set(sent.map((packet) => packet.timestamp))]).toEqual([0, 0xffff, 2 * 0xffff]);
    const full = sent.filter((packet) => packet.duration === 0xffff);
    expect(full.map((packet) => packet.end)).toEqual([false, false]);
    expect(sent.filter((packet) => packet.end)).toHaveLength(3);
    const last = sent.at(-1) as Sent;
    expect(last.timestamp + last.duration).toBe(160_000);
  });

  it('ends the key that sounds when it is cancelled, and forgets the others', () => {
    const { sender, run } = setUp();
    sender.press('123', 1000, 40);
    run(5);
    sender.cancel();
    const rest = run();
    expect(rest.map((sent) => [sent.digit, sent.end])).toEqual([
      ['1', true],
      ['1', true],
      ['1', true],
    ]);
    expect(sender.busy).toBe(false);
  });

  it('sends nothing when it is cancelled before it began', () => {
    const { sender, run } = setUp();
    sender.press('123', 100, 40);
    sender.cancel();
    expect(sender.busy).toBe(false);
    expect(run()).toEqual([]);
  });
});
