import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';

/** Somebody who wants to be called once a period. */
export interface PacedMember {
  /** @param time the instant it was scheduled for, on the pacer's grid: whole milliseconds since the epoch. */
  onTick(time: number): void;
}

/** A place in the pacer's schedule. */
export interface PacerSeat {
  /** Gives the place back; idempotent. */
  leave(): void;
}

export interface PacerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds between two ticks of a member. */
  readonly period: number;
  /** Into how many moments of a period the members are spread, so that packets do not leave in one burst. */
  readonly slots: number;
  /** How many missed ticks are made up for after a stall; older ones are skipped. */
  readonly catchUp: number;
}

/** The timer of the platform counts in whole milliseconds and may fire that much early. */
const TOLERANCE = 0.5;
/** So many members share a moment before the next one is used: about half a millisecond of work. */
const GATHERED = 100;

/**
 * Calls its members once a period on an absolute schedule, `epoch + slot * spacing + n * period`: a
 * late timer delays one tick and never the next one. Without members it sets no timer at all.
 */
export class Pacer {
  private readonly clock: Clock;
  private readonly logger: Logger;
  /** Milliseconds. */
  readonly period: number;
  private readonly catchUp: number;
  private readonly epoch: number;
  private readonly slots: Slot[] = [];
  private timer: TimerHandle | undefined;
  private timerAt = Infinity;
  private running = false;
  /** Ticks that were given up after stalls, over all slots. */
  skipped = 0;

  constructor(options: PacerOptions) {
    this.clock = options.clock;
    this.logger = options.logger;
    this.period = options.period;
    this.catchUp = options.catchUp;
    // Whole milliseconds, so that differences of tick times are whole numbers of samples.
    this.epoch = Math.ceil(options.clock.now());
    for (let index = 0; index < options.slots; index += 1) {
      this.slots.push(new Slot(Math.floor((index * options.period) / options.slots)));
    }
  }

  /** How many members are ticked. */
  get size(): number {
    let size = 0;
    for (const slot of this.slots) size += slot.seats.length;
    return size;
  }

  /**
   * Ticks `member` from its slot's next moment on. A few members share a moment, because each moment
   * wakes the process; many are spread evenly. With `beside`, in the same moment as another one.
   */
  join(member: PacedMember, beside?: PacerSeat): PacerSeat {
    const now = this.clock.now();
    if (beside instanceof Seat && beside.slot.seats.includes(beside)) {
      const seat = new Seat(member, beside.slot);
      beside.slot.seats.push(seat);
      return seat;
    }
    let best = this.slots[0] as Slot;
    for (const slot of this.slots) {
      if (slot.seats.length === 0) slot.next = this.nextMoment(slot, now);
      if (isBetter(slot, best)) best = slot;
    }
    const seat = new Seat(member, best);
    best.seats.push(seat);
    if (!this.running && best.next < this.timerAt) this.arm();
    return seat;
  }

  /** Stops the timer and forgets all members. */
  close(): void {
    for (const slot of this.slots) slot.seats.length = 0;
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.timerAt = Infinity;
  }

  private nextMoment(slot: Slot, now: number): number {
    const first = this.epoch + slot.offset;
    const periods = Math.max(0, Math.floor((now - first) / this.period) + 1);
    return first + periods * this.period;
  }

  private earliest(): Slot | undefined {
    let earliest: Slot | undefined;
    for (const slot of this.slots) {
      if (slot.seats.length > 0 && (earliest === undefined || slot.next < earliest.next)) {
        earliest = slot;
      }
    }
    return earliest;
  }

  private arm(): void {
    this.clock.clearTimeout(this.timer);
    const slot = this.earliest();
    this.timer = undefined;
    this.timerAt = Infinity;
    if (slot === undefined) return;
    this.timerAt = slot.next;
    // The platform cuts fractions off, which would wake us early and for nothing.
    this.timer = this.clock.setTimeout(
      this.fire,
      Math.ceil(slot.next - this.clock.now() - TOLERANCE),
    );
  }

  private readonly fire = (): void => {
    this.timer = undefined;
    this.timerAt = Infinity;
    this.running = true;
    const due = this.clock.now() + TOLERANCE;
    for (let slot = this.earliest(); slot !== undefined && slot.next <= due;) {
      const missed = Math.floor((due - slot.next) / this.period);
      if (missed > this.catchUp) {
        this.skipped += missed - this.catchUp;
        slot.next += (missed - this.catchUp) * this.period;
      }
      const time = slot.next;
      slot.next += this.period;
      this.tick(slot, time);
      slot = this.earliest();
    }
    this.running = false;
    this.arm();
  };

  /** Backwards, because a member may leave in its tick and the last seat then takes its place. */
  private tick(slot: Slot, time: number): void {
    const { seats } = slot;
    for (let index = seats.length - 1; index >= 0; index -= 1) {
      const seat = seats[index];
      if (seat === undefined || seat.ticked === time) continue;
      seat.ticked = time;
      try {
        seat.member.onTick(time);
      } catch (thrown) {
        // One broken session must not silence the others.
        this.logger.error({ error: describeError(thrown) }, 'a media tick failed');
      }
    }
  }
}

/** Slots in use and not full, then empty ones, then the one with the fewest; of equals the soonest. */
function isBetter(slot: Slot, best: Slot): boolean {
  const rank = rankOf(slot.seats.length) - rankOf(best.seats.length);
  return rank < 0 || (rank === 0 && slot.next < best.next);
}

function rankOf(members: number): number {
  if (members === 0) return 1;
  return members < GATHERED ? 0 : 1 + members;
}

class Slot {
  readonly seats: Seat[] = [];
  next = 0;

  constructor(readonly offset: number) {}
}

class Seat implements PacerSeat {
  ticked = 0;

  constructor(
    readonly member: PacedMember,
    readonly slot: Slot,
  ) {}

  leave(): void {
    const { seats } = this.slot;
    const index = seats.indexOf(this);
    if (index < 0) return;
    const last = seats.pop();
    if (last !== undefined && last !== this) seats[index] = last;
  }
}
