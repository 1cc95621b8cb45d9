import { bar, level, LevelMeter } from '../../runtime/cli/phone/meter';
import { parsePressScript } from '../../runtime/cli/phone/press-script';
import { createScreen, formatDuration } from '../../runtime/cli/phone/screen';

describe('--press', () => {
  it('waits a second before digits that do not say when', () => {
    expect(parsePressScript(['1'])).toEqual([
      { type: 'wait', duration: 1_000 },
      { type: 'digits', digits: '1' },
    ]);
  });

  it('takes waits and digits in any order', () => {
    expect(parsePressScript(['wait:2000,5#', '1,wait:300,b'])).toEqual([
      { type: 'wait', duration: 2_000 },
      { type: 'digits', digits: '5#' },
      { type: 'wait', duration: 1_000 },
      { type: 'digits', digits: '1' },
      { type: 'wait', duration: 300 },
      { type: 'digits', digits: 'B' },
    ]);
  });

  it.each(['', 'wait:', 'wait:-1', 'x', '1,,2', 'wait:5s'])(
    'refuses "%s" and shows how',
    (value) => {
      expect(() => parsePressScript([value])).toThrow('an example: --press 1 --press wait:2000,5#');
    },
  );
});

describe('the level meter', () => {
  const sine = Int16Array.from({ length: 160 }, (_, i) => 32_767 * Math.sin((i * Math.PI) / 8));

  it('says -3 dB of a full-scale sine, and nothing of silence', () => {
    expect(level(sine)).toBeCloseTo(-3.01, 1);
    expect(level(new Int16Array(160))).toBe(-Infinity);
    expect(level(new Int16Array(0))).toBe(-Infinity);
  });

  it('draws louder as higher', () => {
    expect([-Infinity, -70, -55, -30, -3, 0].map(bar).join('')).toBe('  ▁▄██');
  });

  it('shows the loudest frame of each step, newest at the right', () => {
    const meter = new LevelMeter(3);
    meter.add(sine);
    meter.add(new Int16Array(160));
    expect(meter.step()).toBe('  █');
    expect(meter.step()).toBe(' █ ');
  });
});

describe('the screen', () => {
  const capture = (
    isTTY: boolean,
  ): { text: () => string; screen: ReturnType<typeof createScreen> } => {
    let written = '';
    const screen = createScreen({ isTTY, columns: 20, write: (text: string) => (written += text) });
    return { text: () => written, screen };
  };

  it('has neither colour nor a changing line away from a terminal', () => {
    const { text, screen } = capture(false);
    screen.status('0:01');
    screen.line('answered', 'good');
    screen.close();
    expect(text()).toBe('answered\n');
  });

  it('never lets the changing line wrap', () => {
    const { text, screen } = capture(true);
    screen.status('x'.repeat(50));
    expect(text()).toBe(`\r\x1b[K${'x'.repeat(19)}`);
  });

  it('writes durations as people say them', () => {
    expect([0, 999, 61_000, 3_600_000].map(formatDuration)).toEqual([
      '0:00',
      '0:00',
      '1:01',
      '60:00',
    ]);
  });
});
