import type { LogFields, Logger } from '../../runtime/core/logger';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { SourceWatch } from '../../runtime/service/source-watch';
import { SourceGuard } from '../../runtime/sip/server/source-guard';
import { channelFrom } from './support/requests';

const host = '198.51.100.7';
const channel = channelFrom(host);

function setup() {
  const clock = new VirtualClock();
  const lines: LogFields[] = [];
  const nothing = (): void => undefined;
  const logger: Logger = {
    debug: nothing,
    info: nothing,
    warn: (fields) => lines.push(fields),
    error: nothing,
  };
  const guard = new SourceGuard({ clock, logger, maxRequestsPerSecond: 2, maxFailures: 3 });
  return { clock, guard, lines, watch: new SourceWatch(guard) };
}

test('it is the source of the channel that is counted, slowed, and shut out with the reason', () => {
  const { guard, lines, watch } = setup();
  expect(watch.delayFor(channel)).toBe(0);
  watch.failure(channel, 'wrong digest');
  const [first, second] = [
    watch.delayFor(channel),
    (watch.failure(channel, 'x'), watch.delayFor(channel)),
  ];
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(first);
  expect(guard.admit(host)).toBe(true);
  watch.failure(channel, 'unknown user');
  expect(guard.admit(host)).toBe(false);
  expect(guard.admit('198.51.100.8')).toBe(true);
  expect(lines).toEqual([expect.objectContaining({ source: host, reason: 'unknown user' })]);
});

test('ten challenges that nobody answers are as bad as one failure', () => {
  const { guard, watch } = setup();
  for (let i = 0; i < 29; i += 1) watch.challenged(channel);
  expect(guard.admit(host)).toBe(true);
  watch.challenged(channel);
  expect(guard.admit(host)).toBe(false);
});

test('who has proven himself is not shut out, and his guesses at others still count', () => {
  const { guard, watch } = setup();
  watch.failure(channel, 'wrong digest');
  watch.success(channel);
  expect(watch.delayFor(channel)).toBe(125);
  for (let i = 0; i < 10; i += 1) watch.failure(channel, 'wrong digest');
  watch.onScanner(channel, 'friendly-scanner');
  expect(guard.admit(host)).toBe(true);
});

test('a scanner is shut out at once, under its name', () => {
  const { guard, lines, watch } = setup();
  watch.onScanner(channel, 'friendly-scanner');
  expect(guard.admit(host)).toBe(false);
  expect(lines).toEqual([expect.objectContaining({ reason: 'scanner friendly-scanner' })]);
});

test('a source has its rate, and its credit comes back with time', () => {
  const { clock, watch } = setup();
  expect([watch.onRequest(channel), watch.onRequest(channel), watch.onRequest(channel)]).toEqual([
    ...[true, true, false],
  ]);
  clock.advance(1_000);
  expect(watch.onRequest(channel)).toBe(true);
});
