import type { Clock, TimerHandle } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { Pacer, type PacerSeat } from '../../runtime/media/pacer';

class Member {
  readonly ticks: number[] = [];
  readonly instants: number[] = [];
  constructor(private readonly clock: Clock) {}
  onTick(time: number): void {
    this.ticks.push(time);
    this.instants.push(this.clock.now());
  }
}

function setUp(catchUp = 3): { clock: VirtualClock; pacer: Pacer } {
  const clock = new VirtualClock();
  return {
    clock,
    pacer: new Pacer({ clock, logger: silentLogger, period: 20, slots: 4, catchUp }),
  };
}

describe('the pacer', () => {
  it('ticks a member every 20 ms', () => {
    const { clock, pacer } = setUp();
    const member = new Member(clock);
    pacer.join(member);
    clock.advance(1_000);
    expect(member.ticks.length).toBe(50);
    for (let i = 1; i < 50; i += 1) expect(member.ticks[i]! - member.ticks[i - 1]!).toBe(20);
    pacer.close();
  });

  it('sets no timer while it has no members', () => {
    const { clock, pacer } = setUp();
    expect(clock.pending).toBe(0);
    const seat = pacer.join(new Member(clock));
    expect(clock.pending).toBe(1);
    clock.advance(100);
    seat.leave();
    seat.leave();
    clock.advance(20);
    expect(clock.pending).toBe(0);
    expect(pacer.size).toBe(0);
  });

  it.each([
    [400, [100, 100, 100, 100]],
    [20, [20]],
  ])('spreads %i members over as many moments as needed, evenly', (count, expected) => {
    const { clock, pacer } = setUp();
    const members = Array.from({ length: count }, () => new Member(clock));
    for (const member of members) pacer.join(member);
    clock.advance(20);
    const perInstant = new Map<number, number>();
    for (const member of members) {
      expect(member.ticks.length).toBe(1);
      const instant = member.instants[0]!;
      perInstant.set(instant, (perInstant.get(instant) ?? 0) + 1);
    }
    expect([...perInstant.values()]).toEqual(expected);
    pacer.close();
  });

  it('gives a new member the free moment that comes first', () => {
    const { clock, pacer } = setUp();
    clock.advance(1_007);
    const member = new Member(clock);
    pacer.join(member);
    clock.advance(20);
    expect(member.instants[0]! - (clock.now() - 20)).toBeLessThanOrEqual(5);
    pacer.close();
  });

  it('keeps to its schedule though every timer fires late', () => {
    const clock = new LateClock(7);
    const pacer = new Pacer({ clock, logger: silentLogger, period: 20, slots: 4, catchUp: 3 });
    const member = new Member(clock);
    pacer.join(member);
    clock.inner.advance(60_000);
    expect(member.ticks.length).toBeGreaterThanOrEqual(2_999);
    expect(member.ticks.at(-1)! - member.ticks[0]!).toBe((member.ticks.length - 1) * 20);
    for (let i = 0; i < member.ticks.length; i += 1) {
      expect(member.instants[i]! - member.ticks[i]!).toBeLessThanOrEqual(8);
    }
    pacer.close();
  });

  it('makes up for a few ticks after a stall and skips the rest', () => {
    const clock = new LateClock(0);
    const pacer = new Pacer({ clock, logger: silentLogger, period: 20, slots: 4, catchUp: 3 });
    const member = new Member(clock);
    pacer.join(member);
    clock.inner.advance(100);
    const before = member.ticks.length;
    clock.lateness = 500;
    clock.inner.advance(20);
    clock.lateness = 0;
    clock.inner.advance(600);
    const atStall = member.instants.filter((instant) => instant === member.instants[before + 1]);
    expect(atStall.length).toBe(4);
    expect(pacer.skipped).toBeGreaterThan(15);
    // On the grid again, and no more often than once a period.
    expect((member.ticks.at(-1)! - member.ticks[0]!) % 20).toBe(0);
    expect(new Set(member.ticks).size).toBe(member.ticks.length);
    pacer.close();
  });

  it('ticks each of the others once when members leave in the middle of a tick', () => {
    const { clock, pacer } = setUp();
    const members: (Member & { seat?: PacerSeat })[] = [];
    for (let i = 0; i < 40; i += 1) {
      const member: Member & { seat?: PacerSeat } = new Member(clock);
      if (i % 3 === 0) {
        const tick = member.onTick.bind(member);
        member.onTick = (time) => {
          tick(time);
          member.seat?.leave();
          members[(i + 4) % 40]?.seat?.leave();
        };
      }
      member.seat = pacer.join(member);
      members.push(member);
    }
    const left = new Set<number>();
    for (let i = 0; i < 40; i += 3) left.add((i + 4) % 40);
    clock.advance(200);
    members.forEach((member, index) => {
      if (index % 3 === 0) expect(member.ticks.length).toBeLessThanOrEqual(1);
      else if (!left.has(index)) expect(member.ticks.length).toBe(10);
      expect(new Set(member.ticks).size).toBe(member.ticks.length);
    });
    pacer.close();
  });

  it('goes on when a member throws, and reports it', () => {
    const clock = new VirtualClock();
    const reported: unknown[] = [];
    const logger = { ...silentLogger, error: (fields: object) => reported.push(fields) };
    const pacer = new Pacer({ clock, logger, period: 20, slots: 1, catchUp: 3 });
    const member = new Member(clock);
    pacer.join(member);
    pacer.join({
      onTick: () => {
        throw new Error('broken');
      },
    });
    clock.advance(60);
    expect(member.ticks.length).toBe(3);
    expect(reported[0]).toEqual({ error: 'broken' });
    pacer.close();
    expect(clock.pending).toBe(0);
  });

  it('puts a member in the moment of another one, however many are there', () => {
    const { clock, pacer } = setUp();
    const first = new Member(clock);
    const seat = pacer.join(first);
    for (let i = 0; i < 150; i += 1) pacer.join(new Member(clock));
    const beside = new Member(clock);
    pacer.join(beside, seat);
    clock.advance(100);
    expect(beside.instants).toEqual(first.instants);
    seat.leave();
    // Beside nobody: where there is room.
    const late = new Member(clock);
    pacer.join(late, seat);
    clock.advance(20);
    expect(late.ticks.length).toBe(1);
    pacer.close();
  });
});

/** Fires each timer a while after it is due, as a busy event loop does. */
class LateClock implements Clock {
  readonly inner = new VirtualClock();
  constructor(public lateness: number) {}
  now(): number {
    return this.inner.now();
  }
  setTimeout(callback: () => void, delay: number): TimerHandle {
    return this.inner.setTimeout(callback, delay + this.lateness);
  }
  clearTimeout(handle: TimerHandle | undefined): void {
    this.inner.clearTimeout(handle);
  }
}
