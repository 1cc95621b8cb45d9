import type { LogFields, Logger } from '../../runtime/core/logger';
import { silentLogger } from '../../runtime/core/logger';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import type { OutboundLimits } from '../../runtime/core/network-settings';
import { createOutboundGuard, type OutboundGuard } from '../../runtime/routing/outbound-guard';
import type { OutboundVerdict } from '../../runtime/routing/port';

const limits: OutboundLimits = {
  allow: undefined,
  deny: [],
  hosts: [],
  maxCalls: 50,
  maxCallsPerMinute: 60,
  maxCallsPerDay: 5_000,
  maxCallsPerCaller: 10,
};

class Bench {
  readonly clock = new VirtualClock();
  readonly lines: { readonly fields: LogFields; readonly message: string }[] = [];
  readonly guard: OutboundGuard;

  constructor(own: Partial<OutboundLimits> = {}) {
    const logger: Logger = {
      ...silentLogger,
      warn: (fields, message) => this.lines.push({ fields, message }),
    };
    this.guard = createOutboundGuard({ limits: { ...limits, ...own }, clock: this.clock, logger });
  }

  call(number: string, caller = 'user:carol'): OutboundVerdict {
    return this.guard.number(number, caller);
  }

  /** Calls and hangs up at once. */
  brief(to = '030'): OutboundVerdict['type'] {
    const verdict = this.call(to);
    if (verdict.type === 'allowed') verdict.release();
    return verdict.type;
  }
}

describe('destinations', () => {
  it('are all numbers through a trunk, but no host without a trunk', () => {
    const bench = new Bench();
    expect(bench.call('+49301234').type).toBe('allowed');
    expect(bench.guard.host('evil.example', 'user:carol')).toEqual({
      type: 'refused',
      status: 403,
      reason: 'outbound.hosts does not name evil.example',
    });
    expect(bench.guard.open).toBe(1);
    bench.guard.close();
  });

  it('are only those allowed, when some are', () => {
    const bench = new Bench({ allow: ['+49*', /0[1-9]\d+/] });
    expect(bench.call('+49 (30) 1234').type).toBe('allowed');
    expect(bench.call('030/1234').type).toBe('allowed');
    expect(bench.call('0044201234')).toMatchObject({ type: 'refused', status: 403 });
  });

  it('are never those denied, even if they are allowed', () => {
    const bench = new Bench({ allow: ['+49*'], deny: ['+49900*'] });
    expect(bench.call('+4990012345')).toMatchObject({
      status: 403,
      reason: 'outbound.deny has "+49900*"',
    });
    expect(bench.call('+49301').type).toBe('allowed');
  });

  it('are hosts that are named', () => {
    const { guard } = new Bench({ hosts: ['*.example.com'] });
    expect(guard.host('PBX.example.com', 'user:carol').type).toBe('allowed');
    expect(guard.host('example.com.evil.net', 'user:carol').type).toBe('refused');
    guard.close();
  });
});

describe('limits', () => {
  it('hold for calls at once, until one is over', () => {
    const bench = new Bench({ maxCalls: 2 });
    const first = bench.call('1');
    bench.call('2');
    expect(bench.call('3')).toEqual({
      type: 'refused',
      status: 503,
      reason: 'outbound.maxCalls (2) is reached',
    });
    if (first.type !== 'allowed') throw new Error('refused');
    first.release();
    first.release();
    expect(bench.guard.open).toBe(1);
    expect(bench.call('3').type).toBe('allowed');
  });

  it('hold for the calls of each caller', () => {
    const bench = new Bench({ maxCallsPerCaller: 1 });
    const first = bench.call('1', 'user:alice');
    expect(bench.call('2', 'user:alice')).toMatchObject({ status: 503 });
    expect(bench.call('2', 'user:bob').type).toBe('allowed');
    if (first.type === 'allowed') first.release();
    expect(bench.call('2', 'user:alice').type).toBe('allowed');
  });

  it('hold for the calls begun in a minute, which slides', () => {
    const bench = new Bench({ maxCallsPerMinute: 2 });
    expect(bench.brief()).toBe('allowed');
    bench.clock.advance(40_000);
    expect([bench.brief(), bench.brief()]).toEqual(['allowed', 'refused']);
    bench.clock.advance(15_000);
    expect(bench.brief()).toBe('refused');
    bench.clock.advance(7_000);
    expect([bench.brief(), bench.brief()]).toEqual(['allowed', 'refused']);
    bench.guard.close();
  });

  it('hold for the calls begun in a day, which slides', () => {
    const bench = new Bench({ maxCallsPerDay: 3, maxCallsPerMinute: 100 });
    const hour = 3_600_000;
    for (let i = 0; i < 3; i += 1) {
      expect(bench.brief()).toBe('allowed');
      bench.clock.advance(hour);
    }
    expect(bench.brief()).toBe('refused');
    bench.clock.advance(20 * hour);
    expect(bench.brief()).toBe('refused');
    bench.clock.advance(1.5 * hour);
    expect([bench.brief(), bench.brief()]).toEqual(['allowed', 'refused']);
    bench.guard.close();
  });

  it('of 0 let nothing out', () => {
    expect(new Bench({ maxCallsPerDay: 0 }).brief()).toBe('refused');
  });
});

describe('refusals', () => {
  it('are logged once a minute, and all are counted', () => {
    const bench = new Bench({ deny: ['900*'] });
    for (let i = 0; i < 100; i += 1) bench.call('9001', 'user:alice');
    expect(bench.lines).toEqual([
      {
        fields: { reason: 'outbound.deny has "900*"', to: '9001', caller: 'user:alice' },
        message: 'outbound call refused',
      },
    ]);
    bench.clock.advance(60_000);
    expect(bench.lines[1]).toEqual({
      fields: { refused: { 'outbound.deny has "900*"': 99 } },
      message: 'more outbound calls refused',
    });
    bench.clock.advance(600_000);
    expect(bench.lines).toHaveLength(2);
    expect(bench.guard.refused).toBe(100);
    expect(bench.clock.pending).toBe(0);
  });

  it('leave no timer behind', () => {
    const bench = new Bench({ deny: ['*'] });
    bench.call('1');
    bench.call('2');
    bench.guard.close();
    expect(bench.clock.pending).toBe(0);
    expect(bench.lines).toHaveLength(2);
  });
});
