import fc from 'fast-check';
import {
  digitOfEvent,
  eventOfDigit,
  TelephoneEvent,
  writeTelephoneEvent,
} from '../../../runtime/media/dtmf/telephone-event';

describe('TelephoneEvent', () => {
  it('reads a report as RFC 4733 §2.3 draws it', () => {
    const report = new TelephoneEvent();
    expect(report.parse(Uint8Array.of(0, 11, 0x8a, 0x03, 0x20), 1, 4)).toBe(true);
    expect(report).toMatchObject({ event: 11, end: true, volume: 10, duration: 800 });
  });

  it('reads back what was written', () => {
    const report = new TelephoneEvent();
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.boolean(),
        fc.nat(63),
        fc.nat(0xffff),
        (event, end, volume, duration) => {
          const bytes = new Uint8Array(4);
          expect(writeTelephoneEvent(bytes, 0, event, end, volume, duration)).toBe(4);
          expect(report.parse(bytes, 0, 4)).toBe(true);
          expect(report).toMatchObject({ event, end, volume, duration });
        },
      ),
    );
  });

  it('ignores the reserved bit', () => {
    const report = new TelephoneEvent();
    expect(report.parse(Uint8Array.of(1, 0x4a, 0, 1), 0, 4)).toBe(true);
    expect(report).toMatchObject({ end: false, volume: 10 });
  });

  it('refuses fewer than four bytes', () => {
    const report = new TelephoneEvent();
    expect(report.parse(new Uint8Array(8), 0, 3)).toBe(false);
    expect(report.parse(new Uint8Array(6), 4, 4)).toBe(false);
  });

  it('names the sixteen keys and nothing else', () => {
    const keys = Array.from('0123456789*#ABCD');
    expect(keys.map((key) => eventOfDigit(key))).toEqual(keys.map((_, i) => i));
    expect(keys.map((_, i) => digitOfEvent(i))).toEqual(keys);
    expect(Array.from('abcd').map((digit) => eventOfDigit(digit))).toEqual([12, 13, 14, 15]);
    for (const other of ['', 'E', ' ', 'w', '12', '٣']) expect(eventOfDigit(other)).toBeUndefined();
    expect(digitOfEvent(16)).toBeUndefined();
    expect(digitOfEvent(255)).toBeUndefined();
  });
});
