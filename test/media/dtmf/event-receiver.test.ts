import { below, SeededRandom } from '../../../runtime/core/random';
import {
  EventReceiver,
  isPlausibleEvent,
  type EventVerdict,
} from '../../../runtime/media/dtmf/event-receiver';
import { EventSender } from '../../../runtime/media/dtmf/event-sender';
import { eventOfDigit, writeTelephoneEvent } from '../../../runtime/media/dtmf/telephone-event';
import { RtpPacket, writeRtpHeader } from '../../../runtime/media/rtp/packet';
import { RtpSender } from '../../../runtime/media/rtp/sender';

/** One event packet; everything not named is as a well-behaved sender does it. */
interface Report {
  readonly digit: string;
  readonly timestamp: number;
  readonly duration: number;
  readonly end?: boolean;
  readonly marker?: boolean;
  readonly sequence?: number;
  readonly ssrc?: number;
  /** Milliseconds; 20 after the report before. */
  readonly at?: number;
}

class Peer {
  readonly heard: string[] = [];
  readonly log: string[] = [];
  readonly receiver: EventReceiver;
  now = 0;
  private sequence = 100;

  constructor(clockRate = 8000) {
    this.receiver = new EventReceiver(
      {
        onDigit: (digit, duration) => {
          this.heard.push(digit);
          this.log.push(`${digit} down ${duration}`);
        },
        onRelease: (digit, duration) => this.log.push(`${digit} up ${duration}`),
      },
      clockRate,
    );
  }

  send(...reports: Report[]): EventVerdict[] {
    return reports.map((report) => {
      this.now = report.at ?? this.now + 20;
      this.sequence = report.sequence ?? this.sequence + 1;
      return this.receiver.receive(packetOf({ ...report, sequence: this.sequence }), this.now);
    });
  }
}

function packetOf(report: Report): RtpPacket {
  const bytes = new Uint8Array(16);
  const { marker = false, sequence = 0, timestamp, ssrc = 1, end = false, duration } = report;
  writeRtpHeader(bytes, marker, 101, sequence, timestamp >>> 0, ssrc);
  writeTelephoneEvent(bytes, 12, eventOfDigit(report.digit) ?? 16, end, 10, duration);
  return parsed(bytes);
}

function parsed(bytes: Uint8Array): RtpPacket {
  const packet = new RtpPacket();
  expect(packet.parse(bytes)).toBe('ok');
  return packet;
}

/** A press of 100 ms as RFC 4733 has it: five updates, the last with the end, which comes three times. */
function press(digit: string, timestamp: number): Report[] {
  const report = (duration: number, rest: Partial<Report> = {}): Report => ({
    digit,
    timestamp,
    duration,
    ...rest,
  });
  return [
    report(160, { marker: true }),
    report(320),
    report(480),
    report(640),
    report(800, { end: true }),
    report(800, { end: true }),
    report(800, { end: true }),
  ];
}

describe('EventReceiver', () => {
  it('reports a press with its first packet and its release with the whole duration', () => {
    const peer = new Peer();
    expect(peer.send(...press('5', 1000))).toEqual([
      'press',
      'update',
      'update',
      'update',
      'end',
      'repeat',
      'repeat',
    ]);
    expect(peer.log).toEqual(['5 down 20', '5 up 100']);
    expect(peer.receiver.presses).toBe(1);
    expect(peer.receiver.pressed).toBeUndefined();
  });

  it('knows which key is down', () => {
    const peer = new Peer();
    peer.send(...press('#', 1000).slice(0, 2));
    expect(peer.receiver.pressed).toBe('#');
  });

  const one = press('7', 4000);
  const ends = one.slice(4);
  const traps: [string, Report[]][] = [
    ['without any marker', one.map((report) => ({ ...report, marker: false }))],
    ['with a marker on every packet', one.map((report) => ({ ...report, marker: true }))],
    ['that starts at duration 0', [{ ...(one[0] as Report), duration: 0 }, ...one.slice(1)]],
    [
      'whose three ends have one sequence number',
      [...one.slice(0, 4), ...ends.map((report) => ({ ...report, sequence: 500 }))],
    ],
    [
      'between audio packets, with a step of two in its sequence',
      one.map((report, i) => ({ ...report, sequence: 100 + 2 * i })),
    ],
    [
      'of which every packet comes twice',
      one.flatMap((report, i) => [
        { ...report, sequence: i },
        { ...report, sequence: i },
      ]),
    ],
    [
      'whose packets come in reverse',
      [...one].reverse().map((report, i) => ({ ...report, sequence: 106 - i })),
    ],
    ['whose second packet overtakes the first', [one[1], one[0], ...one.slice(2)] as Report[]],
    ['of which an update comes after the end', [...one, one[2] as Report]],
    ['of which only the first packet arrives', one.slice(0, 1)],
    ['of which only an update arrives', one.slice(2, 3)],
    ['of which only the last end arrives', one.slice(6)],
    ['whose ends are all lost', one.slice(0, 4)],
    ['whose start is lost', one.slice(3)],
    [
      'with pauses of 150 ms between its packets',
      one.map((report, i) => ({ ...report, at: i * 150 })),
    ],
    [
      'whose updates stop for a second',
      one.map((report, i) => ({ ...report, at: i < 3 ? i * 20 : 1000 + i * 20 })),
    ],
    ['whose timestamp wraps', one.map((report) => ({ ...report, timestamp: 0xffff_ffff }))],
    [
      'whose sender moves the timestamp with each packet',
      one.map((report, i) => ({ ...report, marker: i === 0, timestamp: 4000 + i * 160 })),
    ],
    [
      'whose sender moves the timestamp, with a duration that starts at 0',
      one.map((report, i) => ({
        ...report,
        marker: false,
        timestamp: 4000 + Math.min(i, 4) * 160,
        duration: Math.min(i, 4) * 160,
      })),
    ],
    ['whose duration never grows', one.map((report) => ({ ...report, duration: 160 }))],
    [
      'whose first packet comes three times with a marker',
      [one[0], one[0], one[0], ...one.slice(1)] as Report[],
    ],
  ];

  it.each(traps)('makes one digit of a press %s', (_, reports) => {
    const peer = new Peer();
    for (const report of reports) {
      peer.send(report);
      peer.receiver.poll(peer.now);
    }
    peer.receiver.poll(peer.now + 1000);
    expect(peer.heard).toEqual(['7']);
    expect(peer.log.filter((line) => line.includes('up'))).toHaveLength(1);
  });

  it.each(traps)('makes two digits of two presses of one key, each %s', (_, reports) => {
    const peer = new Peer();
    const last = Math.max(...reports.map((report) => report.at ?? 0));
    for (const shift of [0, 3200]) {
      for (const [i, report] of reports.entries()) {
        const at = report.at === undefined ? {} : { at: report.at + (shift > 0 ? last + 400 : 0) };
        const sequence = report.sequence === undefined ? {} : { sequence: report.sequence + shift };
        peer.send({ ...report, ...at, ...sequence, timestamp: report.timestamp + shift });
        if (i === reports.length - 1) peer.now += 300;
        peer.receiver.poll(peer.now);
      }
    }
    expect(peer.heard).toEqual(['7', '7']);
  });

  it('keeps two quick presses of one key apart although all ends of the first are lost', () => {
    const peer = new Peer();
    peer.send(...press('1', 0).slice(0, 3), ...press('1', 1280));
    expect(peer.log).toEqual(['1 down 20', '1 up 60', '1 down 20', '1 up 100']);
  });

  it('ends a press when the next key begins', () => {
    const peer = new Peer();
    peer.send(...press('1', 0).slice(0, 2), ...press('2', 960));
    expect(peer.log).toEqual(['1 down 20', '1 up 40', '2 down 20', '2 up 100']);
  });

  it('drops the late ends of a press after the next one has begun', () => {
    const peer = new Peer();
    const [first, second] = [press('1', 0), press('2', 1440)];
    const verdicts = peer.send(
      ...first.slice(0, 5),
      ...second.slice(0, 2),
      ...first.slice(5),
      ...second.slice(2),
    );
    expect(verdicts.filter((verdict) => verdict === 'event-stale')).toHaveLength(2);
    expect(peer.heard).toEqual(['1', '2']);
    expect(peer.log).toContain('2 up 100');
  });

  it('joins the segments of a press that is longer than 65,535 units', () => {
    const peer = new Peer();
    const reports: Report[] = [];
    for (let total = 160; total <= 160_000; total += 160) {
      const segment = Math.floor((total - 1) / 0xffff);
      const timestamp = 5000 + segment * 0xffff;
      reports.push({
        digit: '9',
        timestamp,
        duration: total - segment * 0xffff,
        marker: total === 160,
      });
    }
    reports.push({ ...(reports.at(-1) as Report), end: true });
    peer.send(...reports);
    expect(peer.log).toEqual(['9 down 20', '9 up 20000']);
  });

  it('joins segments whose last packets had the end bit by mistake', () => {
    const peer = new Peer();
    peer.send(
      { digit: '9', timestamp: 0, duration: 160, marker: true },
      { digit: '9', timestamp: 0, duration: 0xffff, end: true, at: 8192 },
      { digit: '9', timestamp: 0xffff, duration: 160 },
      { digit: '9', timestamp: 0xffff, duration: 320, end: true },
    );
    expect(peer.heard).toEqual(['9']);
  });

  it('infers the release of a key when nothing more comes', () => {
    const peer = new Peer();
    peer.send(...press('4', 0).slice(0, 3));
    peer.receiver.poll(peer.now + 199);
    expect(peer.log).toEqual(['4 down 20']);
    peer.receiver.poll(peer.now + 200);
    peer.receiver.poll(peer.now + 400);
    expect(peer.log).toEqual(['4 down 20', '4 up 60']);
  });

  it('tells presses with one timestamp apart by marker, sequence and silence', () => {
    const peer = new Peer();
    peer.send(...press('1', 0));
    peer.send(...press('1', 0).map((report, i) => (i === 0 ? { ...report, at: 800 } : report)));
    expect(peer.heard).toEqual(['1', '1']);
  });

  it('reads contiguous reports that share a packet', () => {
    const bytes = new Uint8Array(20);
    writeRtpHeader(bytes, true, 101, 1, 1000, 1);
    writeTelephoneEvent(bytes, 12, 1, true, 10, 800);
    writeTelephoneEvent(bytes, 16, 2, false, 10, 160);
    const peer = new Peer();
    peer.receiver.receive(parsed(bytes), 0);
    expect(peer.heard).toEqual(['1', '2']);
    expect(peer.receiver.pressed).toBe('2');
  });

  it('takes another source for another keyboard, even when its timestamps are lower', () => {
    const peer = new Peer();
    peer.send(...press('1', 50_000), ...press('2', 40_000).map((r) => ({ ...r, ssrc: 2 })));
    expect(peer.heard).toEqual(['1', '2']);
  });

  it('follows a sender whose timestamps began anew', () => {
    const peer = new Peer();
    peer.send(...press('1', 500_000), ...press('2', 1000));
    expect(peer.heard).toEqual(['1', '2']);
  });

  it('counts in the clock of the payload type', () => {
    const peer = new Peer(48_000);
    peer.send(
      { digit: '3', timestamp: 0, duration: 960, marker: true },
      { digit: '3', timestamp: 0, duration: 4800, end: true },
    );
    expect(peer.log).toEqual(['3 down 20', '3 up 100']);
  });

  it('makes no digit of other events, nor of packets that are too short', () => {
    const peer = new Peer();
    expect(peer.send({ digit: 'flash', timestamp: 0, duration: 160, marker: true })).toEqual([
      'event-unknown',
    ]);
    const short = new Uint8Array(15);
    writeRtpHeader(short, true, 101, 1, 0, 1);
    expect(peer.receiver.receive(parsed(short), 0)).toBe('event-malformed');
    expect(peer.heard).toEqual([]);
  });

  it('releases the key that is down on a reset', () => {
    const peer = new Peer();
    peer.send(...press('6', 0).slice(0, 2));
    peer.receiver.reset();
    expect(peer.log).toEqual(['6 down 20', '6 up 40']);
  });

  it('makes exactly 1,000 digits of 1,000 presses over a network that loses every tenth packet', () => {
    const random = new SeededRandom(20_260);
    const rtp = new RtpSender(random);
    const sender = new EventSender(rtp);
    const peer = new Peer();
    const pressed = Array.from({ length: 1000 }, () => '0123456789*#ABCD'[below(random, 16)]).join(
      '',
    );
    for (const digit of pressed)
      sender.press(digit, 60 + below(random, 140), 40 + below(random, 100));
    const arrivals: { at: number; packet: RtpPacket }[] = [];
    let now = 0;
    for (; sender.busy; now += 20) {
      const target = new Uint8Array(16);
      const size = sender.poll(target, 101, 160);
      rtp.advance(160);
      if (size === 0 || below(random, 10) === 0) continue;
      const packet = parsed(target);
      arrivals.push({ at: now + below(random, 30), packet });
      if (below(random, 20) === 0) arrivals.push({ at: now + below(random, 60), packet });
    }
    arrivals.sort((a, b) => a.at - b.at);
    for (const { at, packet } of arrivals) {
      peer.receiver.poll(at);
      peer.receiver.receive(packet, at);
    }
    peer.receiver.poll(now + 1000);
    expect(peer.heard.join('')).toBe(pressed);
    expect(peer.log).toHaveLength(2000);
  });
});

describe('isPlausibleEvent', () => {
  function payload(type: number, ...bytes: number[]): RtpPacket {
    const packet = new Uint8Array(12 + bytes.length);
    writeRtpHeader(packet, false, type, 1, 1, 1);
    packet.set(bytes, 12);
    return parsed(packet);
  }

  it('recognises a key press under a payload type that nobody agreed on', () => {
    expect(isPlausibleEvent(payload(120, 5, 0x0a, 0, 160))).toBe(true);
    expect(isPlausibleEvent(payload(96, 15, 0x8a, 3, 32))).toBe(true);
  });

  it.each([
    ['a static payload type', payload(0, 5, 0x0a, 0, 160)],
    ['another length', payload(120, 5, 0x0a, 0)],
    ['two reports', payload(120, 5, 0x0a, 0, 160, 5, 0x0a, 0, 160)],
    ['an event that is no key', payload(120, 16, 0x0a, 0, 160)],
    ['the reserved bit', payload(120, 5, 0x4a, 0, 160)],
  ])('but not %s', (_, packet) => {
    expect(isPlausibleEvent(packet)).toBe(false);
  });
});
