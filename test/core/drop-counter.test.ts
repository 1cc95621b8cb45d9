import { DropCounter } from '../../runtime/core/drop-counter';
import { silentLogger, type LogFields } from '../../runtime/core/logger';
import { trace } from '../../runtime/core/trace';
import { VirtualClock } from '../../runtime/core/virtual-clock';

function setUp() {
  const clock = new VirtualClock();
  const lines: LogFields[] = [];
  const logger = { ...silentLogger, info: (fields: LogFields) => void lines.push(fields) };
  return { clock, lines, counter: new DropCounter(clock, logger, 60_000) };
}

function drop(reason: string): void {
  trace.drop.publish({ time: 0, layer: 'media', reason });
}

describe('DropCounter', () => {
  it('tells of a flood in one line an interval', () => {
    const { clock, lines, counter } = setUp();
    for (let i = 0; i < 1_000; i += 1) drop('stranger');
    drop('truncated');
    clock.advance(59_999);
    expect(lines).toEqual([]);
    clock.advance(1);
    expect(lines).toEqual([{ counts: { 'media.stranger': 1_000, 'media.truncated': 1 } }]);
    counter.close();
  });

  it('is silent while nothing is dropped', () => {
    const { clock, lines, counter } = setUp();
    clock.advance(600_000);
    counter.close();
    expect(lines).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('tells the rest when it is closed, and counts no more', () => {
    const { clock, lines, counter } = setUp();
    drop('stranger');
    counter.close();
    drop('stranger');
    expect(lines).toEqual([{ counts: { 'media.stranger': 1 } }]);
    expect(clock.pending).toBe(0);
    expect(trace.drop.active).toBe(false);
  });
});
