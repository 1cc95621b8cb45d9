import type { LogFields, Logger } from '../../../runtime/core/logger';
import { silentLogger } from '../../../runtime/core/logger';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { SourceGuard, type SourceGuardOptions } from '../../../runtime/sip/server/source-guard';
import { RecentMemory, sourceOf } from '../../../runtime/sip/server/source-guard-memory';

const at = (host: string): { readonly host: string; readonly port: number } => ({
  host,
  port: 5060,
});
const scanner = at('198.51.100.7');
const phone = at('192.0.2.9');

function setup(options: Partial<SourceGuardOptions> = {}) {
  const clock = new VirtualClock();
  const lines: { readonly fields: LogFields; readonly message: string }[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => lines.push({ fields, message }),
  };
  const guard = new SourceGuard({ clock, logger, ...options });
  const fail = (times: number, source = scanner, reason = 'wrong digest'): void => {
    for (let i = 0; i < times; i += 1) guard.failure(source, reason);
  };
  return { clock, guard, lines, fail };
}

describe('a source that fails too often', () => {
  it('is shut out after ten failures within a minute, from every port, for ten minutes', () => {
    const { guard, clock, fail } = setup();
    fail(9);
    expect(guard.admit(scanner.host)).toBe(true);
    fail(1);
    expect(guard.admit(scanner.host)).toBe(false);
    expect(guard.admit(phone.host)).toBe(true);
    clock.advance(599_999);
    expect(guard.admit(scanner.host)).toBe(false);
    clock.advance(1);
    expect(guard.admit(scanner.host)).toBe(true);
    expect(guard.banned()).toEqual([]);
  });

  it('begins anew after that', () => {
    const { guard, clock, fail } = setup();
    fail(10);
    clock.advance(600_000);
    fail(9);
    expect(guard.admit(scanner.host)).toBe(true);
    fail(1);
    expect(guard.admit(scanner.host)).toBe(false);
  });

  it('is told of in one line of the log, however much it sends', () => {
    const { guard, lines, fail } = setup();
    fail(25, scanner, 'unknown user');
    for (let i = 0; i < 1000; i += 1) guard.admit(scanner.host);
    expect(lines).toEqual([
      {
        fields: {
          source: scanner.host,
          reason: 'unknown user',
          until: new Date(new VirtualClock().now() + 600_000).toISOString(),
        },
        message: 'source shut out',
      },
    ]);
  });

  it('is listed with reason, times and what was dropped', () => {
    const { guard, clock, fail } = setup();
    const since = clock.now();
    fail(10, scanner, 'unknown user');
    for (let i = 0; i < 3; i += 1) guard.admit(scanner.host);
    expect(guard.banned()).toEqual([
      {
        source: scanner.host,
        reason: 'unknown user',
        since,
        until: since + 600_000,
        dropped: 3,
      },
    ]);
  });

  it('may fail now and then: failures of a minute ago count no more', () => {
    const { guard, clock, fail } = setup();
    for (let i = 0; i < 10; i += 1) {
      fail(9);
      clock.advance(60_001);
    }
    expect(guard.admit(scanner.host)).toBe(true);
  });

  it('is shut out for what the configuration says, and never where that is 0', () => {
    const strict = setup({ maxFailures: 2, failureWindow: 1_000, banTime: 5_000 });
    strict.fail(1);
    strict.clock.advance(1_001);
    strict.fail(1);
    expect(strict.guard.admit(scanner.host)).toBe(true);
    strict.fail(1);
    expect(strict.guard.admit(scanner.host)).toBe(false);
    strict.clock.advance(5_000);
    expect(strict.guard.admit(scanner.host)).toBe(true);
    const lenient = setup({ maxFailures: 0 });
    lenient.fail(1000);
    lenient.guard.ban(scanner, 'scanner');
    expect(lenient.guard.admit(scanner.host)).toBe(true);
  });

  it('is shut out at once by name', () => {
    const { guard } = setup();
    guard.ban(scanner, 'scanner friendly-scanner');
    expect(guard.admit(scanner.host)).toBe(false);
    expect(guard.banned()[0]?.reason).toBe('scanner friendly-scanner');
  });

  it('is shut out for challenges that it never answers, ten times as many', () => {
    const { guard } = setup();
    for (let i = 0; i < 99; i += 1) guard.challenged(scanner);
    expect(guard.admit(scanner.host)).toBe(true);
    guard.challenged(scanner);
    expect(guard.admit(scanner.host)).toBe(false);
  });

  it('starts an office of phones behind one address without harm', () => {
    const { guard } = setup();
    for (let i = 0; i < 500; i += 1) {
      guard.challenged(phone);
      guard.success(phone);
    }
    expect(guard.admit(phone.host)).toBe(true);
    expect(guard.delayFor(phone)).toBe(0);
  });
});

describe('who is never shut out', () => {
  it('is a source where somebody logged in within the hour, though others forge its address', () => {
    const { guard, clock, lines, fail } = setup();
    guard.success(phone);
    fail(100, phone);
    guard.ban(phone, 'scanner');
    expect(guard.admit(phone.host)).toBe(true);
    expect(guard.delayFor(phone)).toBe(4_000);
    expect(lines.map(({ message }) => message)).toEqual([
      'a source fails often, but is not shut out: a user logged in there',
    ]);
    clock.advance(3_600_000);
    fail(10, phone);
    expect(guard.admit(phone.host)).toBe(false);
  });

  it('is a trusted network or a trunk, and they are not limited or slowed', () => {
    const { guard, fail } = setup({
      trusted: ['10.0.0.0/8', '2001:db8:1::/48'],
      exempt: (host) => host === '203.0.113.5',
      maxRequestsPerSecond: 1,
    });
    for (const host of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8:1:7::9', '203.0.113.5']) {
      fail(50, at(host));
      guard.ban(at(host), 'scanner');
      for (let i = 0; i < 200; i += 1) guard.challenged(at(host));
      expect(guard.admit(host)).toBe(true);
      expect(guard.delayFor(at(host))).toBe(0);
      for (let i = 0; i < 10; i += 1) expect(guard.onRequest(at(host))).toBe(true);
    }
    expect(guard.size).toBe(0);
    expect(guard.onRequest(phone)).toBe(true);
    expect(guard.onRequest(phone)).toBe(false);
  });
});

describe('the rate of a source', () => {
  it('is so many requests a second, with a burst of as many', () => {
    const { guard, clock } = setup({ maxRequestsPerSecond: 20 });
    const sent = (count: number): number =>
      Array.from({ length: count }, () => guard.onRequest(scanner)).filter(Boolean).length;
    expect(sent(50)).toBe(20);
    clock.advance(100);
    expect(sent(50)).toBe(2);
    clock.advance(60_000);
    expect(sent(50)).toBe(20);
    expect(guard.onRequest(phone)).toBe(true);
  });

  it('is 200 where nothing is said, and none where it is 0', () => {
    const usual = setup().guard;
    const sent = Array.from({ length: 300 }, () => usual.onRequest(scanner)).filter(Boolean);
    expect(sent).toHaveLength(200);
    const free = setup({ maxRequestsPerSecond: 0 }).guard;
    for (let i = 0; i < 1000; i += 1) expect(free.onRequest(scanner)).toBe(true);
    expect(free.size).toBe(0);
  });

  it('is exceeded in one line of the log a minute', () => {
    const { guard, clock, lines } = setup({ maxRequestsPerSecond: 1 });
    for (let i = 0; i < 600; i += 1) {
      guard.onRequest(scanner);
      clock.advance(100);
    }
    expect(lines).toHaveLength(1);
    clock.advance(10_000);
    for (let i = 0; i < 600; i += 1) guard.onRequest(scanner);
    expect(lines).toHaveLength(2);
  });

  it('is no reason to shut a source out', () => {
    const { guard } = setup({ maxRequestsPerSecond: 1 });
    for (let i = 0; i < 1000; i += 1) guard.onRequest(scanner);
    expect(guard.admit(scanner.host)).toBe(true);
  });
});

describe('the wait for an answer', () => {
  it('doubles with each failure up to 4 s, and ends with the window', () => {
    const { guard, clock, fail } = setup({ maxFailures: 100 });
    expect(guard.delayFor(scanner)).toBe(0);
    const delays = Array.from({ length: 8 }, () => {
      fail(1);
      return guard.delayFor(scanner);
    });
    expect(delays).toEqual([125, 250, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
    expect(guard.delayFor(phone)).toBe(0);
    clock.advance(60_001);
    expect(guard.delayFor(scanner)).toBe(0);
  });

  it('grows with challenges that are not answered, and ends with a success', () => {
    const { guard } = setup();
    for (let i = 0; i < 9; i += 1) guard.challenged(scanner);
    expect(guard.delayFor(scanner)).toBe(0);
    for (let i = 0; i < 11; i += 1) guard.challenged(scanner);
    expect(guard.delayFor(scanner)).toBe(250);
    guard.success(scanner);
    expect(guard.delayFor(scanner)).toBe(0);
  });
});

describe('a source', () => {
  it('is the /64 of an IPv6 address', () => {
    const { guard, fail } = setup();
    for (let i = 1; i <= 10; i += 1) fail(1, at(`2001:db8:0:1::${i}`));
    expect(guard.admit('2001:db8:0:1:ffff:1:2:3')).toBe(false);
    expect(guard.admit('2001:db8:0:2::1')).toBe(true);
    expect(guard.banned()[0]?.source).toBe('2001:db8:0:1::/64');
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (host, source) => {
    expect(sourceOf(host)).toBe(source);
  });
});

describe('the memory of the guard', () => {
  it('is bounded under a flood of forged sources, which neither frees nor harms others', () => {
    const { guard, fail } = setup({ maxSources: 100 });
    guard.success(phone);
    fail(10);
    for (let i = 0; i < 50_000; i += 1) {
      const source = at(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
      guard.onRequest(source);
      guard.failure(source, 'malformed');
    }
    expect(guard.size).toBeLessThanOrEqual(102);
    expect(guard.admit(scanner.host)).toBe(false);
    fail(50, phone);
    expect(guard.admit(phone.host)).toBe(true);
  });

  it('holds a bounded number of bans, the newest', () => {
    const { guard, fail } = setup({ maxSources: 100 });
    for (let i = 0; i < 1000; i += 1) fail(10, at(`10.0.${i >> 8}.${i & 255}`));
    expect(guard.banned()).toHaveLength(100);
    expect(guard.admit('10.0.3.231')).toBe(false);
    expect(guard.admit('10.0.0.1')).toBe(true);
  });

  it('is bounded in proven sources', () => {
    const { guard } = setup({ maxSources: 10 });
    for (let i = 0; i < 1000; i += 1) guard.success(at(`10.0.${i >> 8}.${i & 255}`));
    expect(guard.size).toBeLessThanOrEqual(80);
  });

  it('is empty when it is closed, and no timer was ever set', () => {
    const { guard, clock, fail } = setup();
    fail(10);
    guard.success(phone);
    guard.onRequest(phone);
    guard.close();
    expect(guard.size).toBe(0);
    expect(guard.admit(scanner.host)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('keeps what is asked for and forgets what is not', () => {
    const memory = new RecentMemory<number>(10);
    memory.set('kept', 1);
    for (let i = 0; i < 1000; i += 1) {
      memory.set(`other ${i}`, i);
      expect(memory.get('kept')).toBe(1);
      expect(memory.size).toBeLessThanOrEqual(10);
    }
    expect(memory.get('other 0')).toBeUndefined();
    expect(memory.get('other 999')).toBe(999);
    memory.set('other 999', 7);
    expect(memory.get('other 999')).toBe(7);
  });
});
