import { DtmfDetector } from '../../../runtime/media/detect/dtmf-detector';
import { KEYS } from '../../../runtime/media/dtmf/keys';
import { heardKeys, keySignal } from '../../support/dtmf-signals';
import { dtmfTable, tableText } from '../../support/dtmf-table';

describe('DtmfDetector, after ITU-T Q.24 and the list of Mitel', () => {
  const figures = dtmfTable(2);

  it.each(figures.map((figure) => [`${figure.item}: ${figure.required}`, figure] as const))(
    '%s',
    (_name, figure) => {
      // The whole line, so that a failure shows the figure.
      expect(tableText([figure])).toMatch(/^ok/);
    },
  );
});

describe('DtmfDetector', () => {
  it('says how long a key has been down when it is sure, and how long it was', () => {
    const reports: unknown[] = [];
    const detector = new DtmfDetector({
      onDigit: (digit, duration) => reports.push(['down', digit, duration]),
      onRelease: (digit, duration) => reports.push(['up', digit, duration]),
    });
    const sound = keySignal({ digits: '7', on: 200, off: 60 });
    for (let at = 0; at < sound.length; at += 160) detector.hear(sound.subarray(at, at + 160));
    expect(reports).toEqual([
      ['down', '7', 30],
      ['up', '7', expect.any(Number)],
    ]);
    const [, [, , duration]] = reports as [unknown, [string, string, number]];
    expect(Math.abs(duration - 200)).toBeLessThanOrEqual(5);
  });

  it('is sure of a key within 40 ms', () => {
    for (const digit of KEYS) {
      const sound = keySignal({ digits: digit, on: 40, off: 0 });
      expect(heardKeys(sound).digits).toBe(digit);
    }
  });

  it('tells which key is down', () => {
    const detector = new DtmfDetector({ onDigit: () => undefined, onRelease: () => undefined });
    const sound = keySignal({ digits: '#', on: 400, off: 60 });
    detector.hear(sound.subarray(0, 2_400));
    expect(detector.pressed).toBe('#');
    detector.reset();
    expect(detector.pressed).toBeUndefined();
  });

  it.each(['159D0*', '147*', '123A', KEYS])('hears %s without a pause', (digits) => {
    expect(heardKeys(keySignal({ digits, on: 80, off: 0 })).digits).toBe(digits);
  });

  it('releases a key when it is reset', () => {
    const released: string[] = [];
    const detector = new DtmfDetector({
      onDigit: () => undefined,
      onRelease: (digit) => released.push(digit),
    });
    const sound = keySignal({ digits: '3', on: 400, off: 60 });
    detector.hear(sound.subarray(0, 1_600));
    detector.reset();
    expect(released).toEqual(['3']);
  });

  describe('where sound is missing', () => {
    /** Hears frames of which some did not arrive: silence stands in their place. */
    function heardWithout(sound: Int16Array, isMissing: (frame: number) => boolean): string {
      let digits = '';
      const detector = new DtmfDetector({
        onDigit: (digit) => {
          digits += digit;
        },
        onRelease: () => undefined,
      });
      const nothing = new Int16Array(160);
      for (let at = 0, frame = 0; at < sound.length; at += 160, frame += 1) {
        if (isMissing(frame)) detector.hear(nothing, true);
        else detector.hear(sound.subarray(at, at + 160));
      }
      return digits;
    }

    it('does not double a key', () => {
      const sound = keySignal({ digits: '5', on: 400, off: 60 });
      for (let lost = 1; lost <= 4; lost += 1) {
        expect(heardWithout(sound, (frame) => frame >= 10 && frame < 10 + lost)).toBe('5');
      }
    });

    it('finds a key in what is left of it', () => {
      const sound = keySignal({ digits: KEYS, on: 100, off: 100 });
      for (let phase = 0; phase < 3; phase += 1) {
        expect(heardWithout(sound, (frame) => frame % 3 === phase)).toBe(KEYS);
      }
    });

    it('does not keep a key down for ever', () => {
      const released: number[] = [];
      const detector = new DtmfDetector({
        onDigit: () => undefined,
        onRelease: (_digit, duration) => released.push(duration),
      });
      const sound = keySignal({ digits: '8', on: 400, off: 60 });
      detector.hear(sound.subarray(0, 1_600));
      for (let i = 0; i < 6; i += 1) detector.hear(new Int16Array(160), true);
      expect(released).toHaveLength(1);
      expect(detector.pressed).toBeUndefined();
    });
  });

  it.each([
    ['silence', () => 0],
    ['one tone', (i: number) => 9_000 * Math.sin((2 * Math.PI * 770 * i) / 8_000)],
    ['two rows', (i: number) => pair(i, 697, 941)],
    ['two columns', (i: number) => pair(i, 1_209, 1_477)],
    ['a dial tone', (i: number) => pair(i, 350, 440)],
    ['a busy tone', (i: number) => pair(i, 480, 620)],
    ['a ring-back tone', (i: number) => pair(i, 440, 480)],
    ['the highest samples there are', (i: number) => (i % 16 < 8 ? 32_767 : -32_768)],
  ])('takes %s for no key', (_name, wave) => {
    const sound = Int16Array.from({ length: 16_000 }, (_, i) => Math.round(wave(i)));
    expect(heardKeys(sound).digits).toBe('');
  });
});

function pair(i: number, low: number, high: number): number {
  const step = (2 * Math.PI * i) / 8_000;
  return 9_000 * (Math.sin(step * low) + Math.sin(step * high));
}
