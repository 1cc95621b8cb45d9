import { settle } from '../../runtime/core/virtual-clock';
import { infoRequest } from '../support/fake-session';
import { CallBench } from './bench-call';

const recordOptions = { maxDuration: 60_000, endSilence: 0, finishOn: '#', beep: true };

describe('playing', () => {
  it('answers the call and hands the sound to the media, with its options', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.play('welcome', { loop: 2, offset: 100 });
    expect(call.state).toBe('answered');
    expect(bench.media.only.playbacks).toMatchObject([
      { items: [{ type: 'silence', duration: 9 }], options: { loop: 2, offset: 100 } },
    ]);
    call.hangup();
  });

  it('asks for the prompt while it answers, and starts when both are there', async () => {
    const bench = new CallBench();
    let speak = (): void => undefined;
    bench.prompts.gate = new Promise((resolve) => {
      speak = resolve;
    });
    const { call } = bench.incoming();
    const playing = call.play({ say: 'Hello' });
    await settle();
    expect(call.state).toBe('answered');
    expect(bench.prompts.resolved).toEqual([{ say: 'Hello' }]);
    expect(bench.media.only.playbacks).toHaveLength(0);
    speak();
    await playing;
    expect(bench.media.only.playbacks).toHaveLength(1);
    call.hangup();
  });

  it('replaces what played before', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    const first = await call.play('welcome');
    await call.play('welcome');
    expect(await first.done).toMatchObject({ type: 'stopped' });
    call.hangup();
  });

  it('rejects for a prompt that cannot be had; the call lives and the record tells', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await expect(call.play('missing')).rejects.toMatchObject({ code: 'CALLCHART_PROMPT_MISSING' });
    await settle();
    expect(call.state).toBe('answered');
    call.hangup();
    await settle();
    expect(bench.only.errors).toMatchObject([{ code: 'CALLCHART_PROMPT_MISSING' }]);
    bench.expectNothingLeft();
  });

  it('does not start when it was aborted, or the call ended, while the prompt was made', async () => {
    const bench = new CallBench();
    let speak = (): void => undefined;
    bench.prompts.gate = new Promise((resolve) => {
      speak = resolve;
    });
    const { call, session } = bench.incoming();
    const abort = new AbortController();
    const aborted = expect(call.play('welcome', {}, abort.signal)).rejects.toBe('left the state');
    const cut = expect(call.play('welcome')).rejects.toMatchObject({
      code: 'CALLCHART_CALL_ENDED',
    });
    await settle();
    abort.abort('left the state');
    session.over();
    speak();
    await aborted;
    await cut;
    expect(bench.media.only.playbacks).toHaveLength(0);
    bench.expectNothingLeft();
  });
});

describe('recording', () => {
  it('goes to a file named for the call, its number and the flow’s name, which is no path', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.record(recordOptions);
    await call.record({ ...recordOptions, name: '../../etc/passwd message' });
    const paths = bench.media.only.recordings.map(({ options }) => options.path);
    expect(paths[0]).toMatch(new RegExp(`callchart-test-recordings/${call.info.id}-1\\.wav$`));
    expect(paths[1]).toMatch(
      new RegExp(`callchart-test-recordings/${call.info.id}-2-etc_passwd_message\\.wav$`),
    );
    expect(bench.media.only.recordings[0]?.options).toMatchObject(recordOptions);
    call.hangup();
  });

  it('is in the record, which waits for the file to be closed', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    const recording = await call.record(recordOptions);
    call.hangup();
    // The fake recorder has been stopped, and its promise has not settled yet.
    expect(bench.records).toHaveLength(0);
    const { path } = await recording.done;
    await settle();
    expect(bench.only.recordings).toEqual([
      { at: 0, path, duration: 1000, peak: 7, endedBy: 'stopped' },
    ]);
    bench.expectNothingLeft();
  });

  it('that failed leaves its error in the record', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.record(recordOptions);
    bench.media.only.recordings[0]?.settle({
      type: 'failed',
      path: undefined,
      duration: 0,
      peak: 0,
      error: new Error('ENOSPC: no space left'),
    });
    await settle();
    call.hangup();
    await settle();
    expect(bench.only.recordings).toMatchObject([{ endedBy: 'failed' }]);
    expect(bench.only.errors).toMatchObject([{ message: 'ENOSPC: no space left' }]);
  });

  it('and the flow’s note of it are one entry', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.record(recordOptions);
    const [recording] = bench.media.only.recordings;
    recording?.stop();
    await settle();
    call.note({ type: 'recording', path: recording?.options.path, purpose: 'message' });
    call.hangup();
    await settle();
    expect(bench.only.recordings).toMatchObject([{ duration: 1000, purpose: 'message' }]);
  });
});

describe('digits, echo and events', () => {
  it('sends digits and echoes over the media, answering first', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.sendDigits('12#', 100, 50);
    const stop = await call.echo();
    expect(bench.media.only.sent).toEqual([{ digits: '12#', duration: 100, gap: 50 }]);
    expect(bench.media.only.echoes).toBe(1);
    stop();
    expect(bench.media.only.echoes).toBe(0);
    call.hangup();
  });

  it('keeps digits for later in their order, up to a limit', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.answer();
    for (const digit of '123') bench.media.only.handler.onDigit(digit, 100);
    expect(call.digits.peek()).toBe('1');
    expect([call.digits.take(), call.digits.take()]).toEqual(['1', '2']);
    call.digits.clear();
    expect(call.digits.take()).toBeUndefined();
    for (let count = 0; count < 1000; count += 1) bench.media.only.handler.onDigit('5', 100);
    let kept = 0;
    while (call.digits.take() !== undefined) kept += 1;
    expect(kept).toBe(64);
    call.hangup();
  });

  it('gives one press to one taker: the newest listener, then the older, then onEvent, then the queue', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.answer();
    const taken: string[] = [];
    const press = (digit: string): void => bench.media.only.handler.onDigit(digit, 120);
    const take =
      (name: string, wanted: string) =>
      (digit: string): boolean => {
        if (!wanted.includes(digit)) return false;
        taken.push(`${name}${digit}`);
        return true;
      };
    call.onEvent((event) => event.type === 'dtmf' && take('event', '123')(event.digit));
    const forgetOld = call.digits.listen(take('old', '12'));
    const forgetNew = call.digits.listen(take('new', '1'));
    for (const digit of '1234') press(digit);
    expect(taken).toEqual(['new1', 'old2', 'event3']);
    expect(call.digits.take()).toBe('4');
    forgetNew();
    forgetNew();
    press('1');
    forgetOld();
    press('1');
    expect(taken.slice(3)).toEqual(['old1', 'event1']);
    call.hangup();
  });

  it('survives a listener that throws at a digit', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.answer();
    call.digits.listen(() => {
      throw new Error('defect of a flow');
    });
    expect(() => bench.media.only.handler.onDigit('1', 100)).not.toThrow();
    expect(bench.log.at(-1)).toMatchObject({ level: 'error' });
    call.hangup();
  });
});

describe('SIP INFO', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', '5', 160],
    ['application/dtmf-relay', 'signal = # \nDURATION = 250', '#', 250],
    ['application/dtmf-relay', 'Signal=10\r\nDuration=100\r\n', '*', 100],
    ['application/dtmf-relay', 'Signal=11', '#', 160],
    ['application/dtmf-relay', 'Signal=a\r\nDuration=-5', 'A', 160],
    ['application/dtmf-relay', 'Duration=90\r\nSignal=0', '0', 90],
    ['Application/DTMF', '5', '5', 160],
    ['application/dtmf', ' d\r\n', 'D', 160],
    ['application/dtmf', 'Signal=7', '7', 160],
    ['application/dtmf; charset=x', '*', '*', 160],
  ])('in %s with %j is the digit %s for %d ms', async (type, body, digit, duration) => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    const reported: unknown[] = [];
    call.onEvent((event) => {
      reported.push(event);
      return true;
    });
    expect(session.handler.onInfo(infoRequest(type, body))).toBe(200);
    expect(reported).toEqual([{ type: 'dtmf', digit, duration }]);
    call.hangup();
  });

  it('before there is media reaches the queue all the same', () => {
    const { call, session } = new CallBench().incoming();
    expect(session.handler.onInfo(infoRequest('application/dtmf', '9'))).toBe(200);
    expect(call.digits.take()).toBe('9');
  });

  it.each([
    ['application/media_control+xml', '<x/>', 415],
    [undefined, 'hello', 415],
    [';;;', '5', 415],
    ['application/dtmf-relay', 'Duration=100', 400],
    ['application/dtmf-relay', 'Signal=99', 400],
    ['application/dtmf', 'five', 400],
    ['application/dtmf', ' '.repeat(300), 400],
    // A hook flash and an empty INFO ask for nothing.
    ['application/dtmf-relay', 'Signal=16', 200],
    ['application/dtmf', '!', 200],
    [undefined, '', 200],
  ])('of %s with %j gives no digit and %d', async (type, body, status) => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    expect(session.handler.onInfo(infoRequest(type, body))).toBe(status);
    expect(call.digits.take()).toBeUndefined();
    call.hangup();
  });
});
