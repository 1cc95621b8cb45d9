import { VirtualClock } from '../../runtime/core/virtual-clock';
import { Gather } from '../../runtime/flow/gather';
import type { GatherInput } from '../../runtime/flow/outcomes';
import { FakeCall } from '../support/fake-call';

const lengths = { welcome: 3_000, retry: 2_000, invalid: 1_000, nothing: 1_500 };

function gathering(input: GatherInput, before = '') {
  const clock = new VirtualClock();
  const call = new FakeCall(clock, { lengths, broken: ['broken'] });
  call.press(before);
  const outcomes: unknown[] = [];
  const gather = new Gather(call, clock, input, {
    onOutcome: (outcome) => outcomes.push({ ...outcome, at: clock.now() - call.info.started }),
    onFailure: (error) => outcomes.push(error),
  });
  gather.start();
  return { clock, call, outcomes, gather };
}

describe('firstDigitTimeout', () => {
  test('starts when the prompt has ended, not before', async () => {
    const { clock, outcomes } = gathering({ prompt: 'welcome' });
    await clock.run(7_999);
    expect(outcomes).toEqual([]);
    await clock.run(1);
    expect(outcomes).toEqual([{ type: 'noInput', at: 8_000 }]);
    expect(clock.pending).toBe(0);
  });

  test('starts at once when there is no prompt', async () => {
    const { clock, outcomes } = gathering({ firstDigitTimeout: 700 });
    await clock.run(700);
    expect(outcomes).toEqual([{ type: 'noInput', at: 700 }]);
  });

  test('never starts when a digit was pressed during the prompt', async () => {
    const { clock, call, outcomes } = gathering({
      prompt: 'welcome',
      firstDigitTimeout: 100,
      interDigitTimeout: 60_000,
    });
    await clock.run(1_000);
    call.press('4');
    await clock.run(59_000);
    expect(outcomes).toEqual([]);
    await clock.run(1_000);
    expect(outcomes).toEqual([{ type: 'digits', digits: '4', at: 61_000 }]);
  });
});

describe('bargeIn', () => {
  test('a digit pressed during the prompt stops the prompt at once', async () => {
    const { clock, call } = gathering({ prompt: 'welcome' });
    await clock.run(1_000);
    expect(call.playing).toBe(1);
    call.press('4');
    expect(call.playing).toBe(0);
    expect(call.log).toEqual(['answer', 'play welcome', 'stop welcome']);
    await clock.run(2_000);
    expect(clock.pending).toBe(0);
  });

  test('a digit pressed while the voice still synthesises keeps the prompt from starting', async () => {
    const { clock, call, outcomes } = gathering({ prompt: 'welcome', maxDigits: 1 });
    call.press('4');
    await clock.run(10_000);
    expect(outcomes).toEqual([{ type: 'digits', digits: '4', at: 0 }]);
    expect(call.playing).toBe(0);
  });

  test('false: the prompt is heard to its end, and the digits pressed in it count then', async () => {
    const { clock, call, outcomes } = gathering({
      prompt: 'welcome',
      bargeIn: false,
      maxDigits: 2,
    });
    await clock.run(1_000);
    call.press('47');
    expect(call.playing).toBe(1);
    await clock.run(1_999);
    expect(outcomes).toEqual([]);
    await clock.run(1);
    expect(outcomes).toEqual([{ type: 'digits', digits: '47', at: 3_000 }]);
    expect(call.log).toEqual(['answer', 'play welcome']);
  });

  test('false: after digits in the prompt the inter-digit timer runs from its end', async () => {
    const { clock, call, outcomes } = gathering({ prompt: 'welcome', bargeIn: false });
    await clock.run(1_000);
    call.press('4');
    await clock.run(60_000);
    expect(outcomes).toEqual([{ type: 'digits', digits: '4', at: 5_000 }]);
  });
});

describe('interDigitTimeout', () => {
  test('restarts at each digit, and returns what was pressed', async () => {
    const { clock, call, outcomes } = gathering({});
    for (const digit of '123') {
      call.press(digit);
      await clock.run(1_999);
    }
    expect(outcomes).toEqual([]);
    await clock.run(1);
    expect(outcomes).toEqual([{ type: 'digits', digits: '123', at: 5_998 }]);
    expect(clock.pending).toBe(0);
  });
});

describe('the end of an entry', () => {
  test('maxDigits ends it at once', () => {
    const { call, outcomes, clock } = gathering({ maxDigits: 3 });
    call.press('123');
    expect(outcomes).toEqual([{ type: 'digits', digits: '123', at: 0 }]);
    expect(clock.pending).toBe(0);
  });

  test('digits beyond maxDigits wait for the next gather', () => {
    const { call } = gathering({ maxDigits: 2 });
    call.press('123');
    expect(call.digits.take()).toBe('3');
  });

  test('finishOn is # and is not included', () => {
    const { call, outcomes } = gathering({ maxDigits: 10 });
    call.press('12#');
    expect(outcomes).toEqual([{ type: 'digits', digits: '12', at: 0 }]);
  });

  test('finishOn may be another key, and then # is a digit', () => {
    const { call, outcomes } = gathering({ finishOn: '*' });
    call.press('1#*');
    expect(outcomes).toEqual([{ type: 'digits', digits: '1#', at: 0 }]);
  });

  test("finishOn '' makes every key a digit", () => {
    const { call, outcomes } = gathering({ finishOn: '', maxDigits: 2 });
    call.press('#*');
    expect(outcomes).toEqual([{ type: 'digits', digits: '#*', at: 0 }]);
  });

  test('# alone is an invalid entry of no digits', () => {
    const { call, outcomes } = gathering({});
    call.press('#');
    expect(outcomes).toEqual([{ type: 'invalid', digits: '', at: 0 }]);
  });

  test('# alone with minDigits 0 is an entry of no digits', () => {
    const { call, outcomes } = gathering({ minDigits: 0 });
    call.press('#');
    expect(outcomes).toEqual([{ type: 'digits', digits: '', at: 0 }]);
  });

  test('fewer than minDigits is invalid with the digits, never nothing: at the time-out', async () => {
    const { clock, call, outcomes } = gathering({ minDigits: 4 });
    call.press('12');
    await clock.run(2_000);
    expect(outcomes).toEqual([{ type: 'invalid', digits: '12', at: 2_000 }]);
  });

  test('fewer than minDigits is invalid with the digits, never nothing: at finishOn', () => {
    const { call, outcomes } = gathering({ minDigits: 4 });
    call.press('12#');
    expect(outcomes).toEqual([{ type: 'invalid', digits: '12', at: 0 }]);
  });
});

describe('valid', () => {
  test('a valid entry that no longer one begins with ends the entry early', () => {
    const { call, outcomes } = gathering({ valid: ['1', '23'] });
    call.press('23');
    expect(outcomes).toEqual([{ type: 'digits', digits: '23', at: 0 }]);
  });

  test('an ambiguous one waits for the next digit, or the time-out', async () => {
    const { clock, call, outcomes } = gathering({ valid: ['1', '12', '123'] });
    call.press('12');
    await clock.run(1_999);
    expect(outcomes).toEqual([]);
    await clock.run(1);
    expect(outcomes).toEqual([{ type: 'digits', digits: '12', at: 2_000 }]);
  });

  test('another entry is invalid, and is heard out first so that its keys do not hit the next prompt', () => {
    const { call, outcomes } = gathering({ valid: ['100', '200'] });
    call.press('99');
    expect(outcomes).toEqual([]);
    call.press('9');
    expect(outcomes).toEqual([{ type: 'invalid', digits: '999', at: 0 }]);
  });

  test('# is a digit where a valid entry says so', () => {
    const { call, outcomes } = gathering({ valid: ['1', '#'] });
    call.press('#');
    expect(outcomes).toEqual([{ type: 'digits', digits: '#', at: 0 }]);
  });
});

describe('attempts', () => {
  test('repeats the prompt before it gives up', async () => {
    const { clock, call, outcomes } = gathering({ prompt: 'welcome', attempts: 2 });
    await clock.run(16_000);
    expect(call.log).toEqual(['answer', 'play welcome', 'play welcome']);
    expect(outcomes).toEqual([{ type: 'noInput', at: 16_000 }]);
  });

  test('plays the prompt for what went wrong, or else retryPrompt', async () => {
    const { clock, call, outcomes } = gathering({
      prompt: 'welcome',
      retryPrompt: 'retry',
      invalidPrompt: 'invalid',
      valid: ['1'],
      attempts: 3,
    });
    await clock.run(1_000);
    call.press('7');
    await clock.run(1_000 + 5_000);
    await clock.run(100);
    call.press('1');
    expect(call.log).toEqual([
      ...['answer', 'play welcome', 'stop welcome'],
      ...['play invalid', 'play retry', 'stop retry'],
    ]);
    expect(outcomes).toEqual([{ type: 'digits', digits: '1', at: 7_100 }]);
    expect(clock.pending).toBe(0);
  });

  test('noInputPrompt is for no input', async () => {
    const { clock, call } = gathering({ prompt: 'welcome', noInputPrompt: 'nothing', attempts: 2 });
    await clock.run(8_000);
    expect(call.log.at(-1)).toBe('play nothing');
  });

  test('the last attempt says how it failed', async () => {
    const { clock, call, outcomes } = gathering({ valid: ['1'], attempts: 2 });
    call.press('7');
    call.press('8');
    await clock.run(1);
    expect(outcomes).toEqual([{ type: 'invalid', digits: '8', at: 0 }]);
  });
});

describe('type-ahead', () => {
  test('digits pressed before are kept for the gather, and spare the prompt', () => {
    const { call, outcomes } = gathering({ prompt: 'welcome', maxDigits: 2 }, '123');
    expect(outcomes).toEqual([{ type: 'digits', digits: '12', at: 0 }]);
    expect(call.log).toEqual([]);
    expect(call.digits.take()).toBe('3');
  });

  test('too few of them start the entry', async () => {
    const { clock, call, outcomes } = gathering({ prompt: 'welcome', maxDigits: 2 }, '1');
    await clock.run(1_500);
    call.press('2');
    expect(outcomes).toEqual([{ type: 'digits', digits: '12', at: 1_500 }]);
    expect(call.log).toEqual([]);
  });

  test('clear forgets them', async () => {
    const { clock, call, outcomes } = gathering({ prompt: 'welcome', clear: true }, '12');
    await clock.run(8_000);
    expect(call.log).toEqual(['answer', 'play welcome']);
    expect(outcomes).toEqual([{ type: 'noInput', at: 8_000 }]);
  });
});

test('sensitive digits stand in the record as ***, in wrong entries too', () => {
  const { call } = gathering({ maxDigits: 4, sensitive: true, valid: ['1234'], attempts: 2 });
  call.press('99991234');
  expect(call.notes).toEqual([
    { type: 'digits', digits: '***', valid: false },
    { type: 'digits', digits: '***', valid: true },
  ]);
});

test('a prompt that cannot be had fails the gather and leaves no timer', async () => {
  const { clock, outcomes } = gathering({ prompt: 'broken' });
  await clock.run(1);
  expect(outcomes).toMatchObject([{ code: 'CALLCHART_VOICE_FAILED' }]);
  expect(clock.pending).toBe(0);
});

test('stopped, it is silent, takes no digit and says nothing', async () => {
  const { clock, call, outcomes, gather } = gathering({ prompt: 'welcome' });
  await clock.run(1_000);
  gather.stop();
  expect(call.playing).toBe(0);
  call.press('1');
  await clock.run(60_000);
  expect(outcomes).toEqual([]);
  expect(call.digits.take()).toBe('1');
  expect(clock.pending).toBe(0);
});
