import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { SeededRandom } from '../../../runtime/core/random';
import { MessageError } from '../../../runtime/sip/message/message-error';
import type { ServerTransaction } from '../../../runtime/sip/transaction/port';
import { TransactionTable } from '../../../runtime/sip/transaction/table';
import { FakeChannel, request, response } from './harness';

/** One request by two ways, to a user that does this with the second. */
function twice(onMerged: ((transaction: ServerTransaction) => boolean) | undefined) {
  const clock = new VirtualClock();
  const table = new TransactionTable({
    clock,
    random: new SeededRandom(1),
    user: {
      onRequest: (transaction) => transaction.respond(response(transaction.request, 200)),
      onAck: () => undefined,
      onStrayResponse: () => undefined,
      ...(onMerged === undefined ? {} : { onMerged }),
    },
  });
  const channels = [new FakeChannel(clock, false), new FakeChannel(clock, false)];
  channels.forEach((channel, i) => {
    table.receiveRequest(request('MESSAGE', { branch: `z9hG4bK${i}` }), channel);
  });
  table.close();
  expect(clock.pending).toBe(0);
  return channels.map((channel) => channel.take());
}

describe('RFC 3261 §8.2.2.2, §16.3: a request that comes by a second way', () => {
  it('gets 482 where nobody takes it', () => {
    expect(twice(undefined)).toEqual([['0 200'], ['0 482']]);
    expect(twice(() => false)).toEqual([['0 200'], ['0 482']]);
  });

  it('is left to a user who takes it, as a proxy does', () => {
    const answer = (transaction: ServerTransaction): boolean => {
      transaction.respond(response(transaction.request, 404));
      return true;
    };
    expect(twice(answer)).toEqual([['0 200'], ['0 404']]);
    expect(twice(() => true)).toEqual([['0 200'], []]);
  });

  it('gets the status of what is wrong with it', () => {
    const fail = (): boolean => {
      throw new MessageError('unreadable');
    };
    expect(twice(fail)).toEqual([['0 200'], ['0 400']]);
  });
});
