import { PressFilter } from '../../../runtime/media/dtmf/press-filter';

describe('PressFilter', () => {
  it('takes RFC 4733 and INFO of one press for one, in either order', () => {
    const filter = new PressFilter();
    expect(filter.accept('event', '5', 0)).toBe(true);
    expect(filter.accept('info', '5', 200, 160)).toBe(false);
    expect(filter.accept('info', '6', 2000, 160)).toBe(true);
    expect(filter.accept('event', '6', 2050)).toBe(false);
  });

  it('takes three sources of one press for one', () => {
    const filter = new PressFilter();
    expect(filter.accept('inband', '5', 0)).toBe(true);
    expect(filter.accept('event', '5', 30)).toBe(false);
    expect(filter.accept('info', '5', 200)).toBe(false);
  });

  it.each(['event', 'info', 'inband'] as const)(
    'takes two presses of a key by one source (%s) for two, however close',
    (source) => {
      const filter = new PressFilter();
      expect(filter.accept(source, '5', 0)).toBe(true);
      expect(filter.accept(source, '5', 80)).toBe(true);
      expect(filter.accept(source, '5', 81)).toBe(true);
    },
  );

  it('pairs the reports of quick presses, whether they alternate or not', () => {
    const filter = new PressFilter();
    const accepted = [
      filter.accept('event', '1', 0),
      filter.accept('event', '1', 100),
      filter.accept('info', '1', 150),
      filter.accept('event', '1', 200),
      filter.accept('info', '1', 250),
      filter.accept('info', '1', 350),
    ];
    expect(accepted).toEqual([true, true, false, true, false, false]);
  });

  it('does not take different keys for one press', () => {
    const filter = new PressFilter();
    expect(filter.accept('event', '1', 0)).toBe(true);
    expect(filter.accept('info', '2', 10)).toBe(true);
  });

  it('finds the press of an INFO that comes at the release of a long one', () => {
    const filter = new PressFilter();
    expect(filter.accept('event', '1', 10_000, 20)).toBe(true);
    expect(filter.accept('info', '1', 14_000, 3990)).toBe(false);
  });

  it('takes a report of another source for a press of its own after a second', () => {
    const filter = new PressFilter();
    expect(filter.accept('event', '1', 0)).toBe(true);
    expect(filter.accept('info', '1', 1001)).toBe(true);
  });

  it('takes what is heard of a key that an event has down, or had just now, for no press of its own', () => {
    const filter = new PressFilter();
    expect(filter.accept('event', '5', 0)).toBe(true);
    expect(filter.accept('inband', '5', 80, 30)).toBe(false);
    expect(filter.accept('inband', '5', 400, 30)).toBe(false);
    filter.release('5', 600);
    expect(filter.accept('inband', '5', 800, 30)).toBe(false);
    expect(filter.accept('inband', '5', 1_400, 30)).toBe(true);
  });

  it('takes a second press that is heard for one when nobody else reports presses', () => {
    const filter = new PressFilter();
    expect(filter.accept('inband', '5', 0, 30)).toBe(true);
    expect(filter.accept('inband', '5', 200, 30)).toBe(true);
  });

  it('remembers no more presses than it has to', () => {
    const filter = new PressFilter();
    for (let i = 0; i < 1000; i += 1) expect(filter.accept('event', '1', i * 10)).toBe(true);
    let doubled = 0;
    for (let i = 0; i < 20; i += 1) if (!filter.accept('info', '1', 10_000)) doubled += 1;
    expect(doubled).toBe(16);
  });
});
