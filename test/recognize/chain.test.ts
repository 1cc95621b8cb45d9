import { silentLogger } from '../../runtime/core/logger';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { RecognizerChain } from '../../runtime/recognize/chain';
import { FakeRecognizer } from '../support/fake-recognizer';
import { Heard, options } from './support/heard';

function chain() {
  const clock = new VirtualClock();
  const first = new FakeRecognizer();
  const second = new FakeRecognizer();
  const both = new RecognizerChain([first, second], clock, silentLogger);
  const listen = () => {
    const heard = new Heard();
    return { heard, recognition: both.open(options, heard) };
  };
  const fail = (): void => {
    listen();
    first.last.end(new Error('gone'));
  };
  return { clock, first, second, both, listen, fail };
}

describe('several recognisers', () => {
  it('the first is asked as long as it does not fail again and again', () => {
    const { first, second, listen, fail } = chain();
    fail();
    fail();
    const { heard } = listen();
    first.last.final('sales');
    fail();
    fail();
    listen();
    expect(heard.lines).toEqual(['final sales']);
    expect([first.opened.length, second.opened.length]).toEqual([6, 0]);
  });

  it('after three failures the next one is, and after a while the first is tried once', async () => {
    const { clock, first, second, listen, fail } = chain();
    for (let count = 0; count < 3; count += 1) fail();
    listen();
    expect([first.opened.length, second.opened.length]).toEqual([3, 1]);
    await clock.run(30_000);
    listen();
    listen();
    expect([first.opened.length, second.opened.length]).toEqual([4, 2]);
    first.last.final('sales');
    listen();
    expect(first.opened).toHaveLength(5);
  });

  it('a trial that a key has ended says nothing, and another may follow', async () => {
    const { clock, first, listen, fail } = chain();
    for (let count = 0; count < 3; count += 1) fail();
    await clock.run(30_000);
    listen().recognition.close();
    listen();
    expect(first.opened).toHaveLength(5);
  });

  it('counts what is open in all of them, and closes it', async () => {
    const { both, listen } = chain();
    listen();
    listen();
    expect(both.recognitions).toBe(2);
    await both.close();
    expect(both.recognitions).toBe(0);
  });
});
