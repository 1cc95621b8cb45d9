import { defaultTimers } from '../../../runtime/sip/transaction/port';
import { deriveTimers } from '../../../runtime/sip/transaction/timers';

describe('the timers of RFC 3261 table 4', () => {
  test('have the values of the table for the default T1, T2 and T4', () => {
    expect(deriveTimers(defaultTimers)).toEqual({
      a: 500,
      b: 32_000,
      c: 181_000,
      d: 32_000,
      e: 500,
      f: 32_000,
      g: 500,
      h: 32_000,
      i: 5_000,
      j: 32_000,
      k: 5_000,
      l: 32_000,
      m: 32_000,
      t2: 4_000,
      trying: 200,
      nonInviteTrying: 3_500,
    });
  });

  test('follow the T1, T2 and T4 of the instance', () => {
    const timers = deriveTimers({ t1: 100, t2: 1_600, t4: 2_000 });
    expect(timers).toMatchObject({ a: 100, b: 6_400, e: 100, f: 6_400, g: 100, h: 6_400 });
    expect(timers).toMatchObject({ i: 2_000, j: 6_400, k: 2_000, l: 6_400, m: 6_400 });
    expect(timers.nonInviteTrying).toBe(100 + 200 + 400 + 800);
  });

  test('keep D at 32 s or more, whatever our T1 is (RFC 6026 §8.4)', () => {
    expect(deriveTimers({ ...defaultTimers, t1: 10 }).d).toBe(32_000);
    expect(deriveTimers({ ...defaultTimers, t1: 1_000 }).d).toBe(64_000);
  });
});
