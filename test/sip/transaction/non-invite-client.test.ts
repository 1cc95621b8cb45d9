import type { SipRequest } from '../../../runtime/sip/message/message';
import type { ClientTransaction } from '../../../runtime/sip/transaction/port';
import { Bench, request, response, type FakeChannel } from './harness';

describe('the non-INVITE client transaction (RFC 3261 §17.1.2)', () => {
  let bench: Bench;
  let channel: FakeChannel;
  let bye: SipRequest;
  let transaction: ClientTransaction;

  function begin(options: { reliable?: boolean; keepsOctets?: boolean } = {}): void {
    channel = bench.channel(options);
    bye = request('BYE', { toTag: 'b' });
    transaction = bench.table.startNonInvite(bye, channel, bench.clientHandler());
  }

  const receive = (status: number): void => bench.table.receiveResponse(response(bye, status));

  beforeEach(() => {
    bench = new Bench();
    begin();
  });

  afterEach(() => {
    bench.clock.advance(64_000);
    bench.finish();
  });

  describe('in Trying', () => {
    test.each([true, false])(
      'repeats the request by timer E, doubled up to T2, until timer F (octets kept: %s)',
      (keepsOctets) => {
        transaction.abandon();
        begin({ keepsOctets });
        bench.clock.advance(60_000);
        expect(channel.take()).toEqual([
          '0 BYE',
          '500 BYE',
          '1500 BYE',
          '3500 BYE',
          '7500 BYE',
          '11500 BYE',
          '15500 BYE',
          '19500 BYE',
          '23500 BYE',
          '27500 BYE',
          '31500 BYE',
        ]);
        expect(bench.take()).toEqual(['32000 timeout', '32000 terminated']);
      },
    );

    test('repeats nothing over a reliable transport, but gives up as late', () => {
      transaction.abandon();
      begin({ reliable: true });
      bench.clock.advance(31_999);
      expect(channel.take()).toEqual(['0 BYE']);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['32000 timeout', '32000 terminated']);
    });

    test('stops repeating when the transport has become reliable meanwhile', () => {
      channel.reliable = true;
      bench.clock.advance(32_000);
      expect(channel.take()).toEqual(['0 BYE']);
    });

    test('tells its user, and ends, when the request cannot be sent', () => {
      channel.failLast();
      expect(bench.take()).toEqual(['0 error unreachable', '0 terminated']);
    });

    test('goes to Completed with a final response', () => {
      receive(200);
      bench.clock.advance(4_000);
      expect(channel.take()).toEqual(['0 BYE']);
      expect(bench.take()).toEqual(['0 final 200']);
    });
  });

  describe('in Proceeding', () => {
    test('repeats the request every T2, until timer F', () => {
      bench.clock.advance(600);
      receive(100);
      channel.take();
      bench.clock.advance(60_000);
      // The timer that was running when the 100 came is not moved.
      expect(channel.take()).toEqual([
        '1500 BYE',
        '5500 BYE',
        '9500 BYE',
        '13500 BYE',
        '17500 BYE',
        '21500 BYE',
        '25500 BYE',
        '29500 BYE',
      ]);
      expect(bench.take()).toEqual(['600 provisional 100', '32000 timeout', '32000 terminated']);
    });

    test('passes each provisional response', () => {
      receive(100);
      receive(100);
      expect(bench.take()).toEqual(['0 provisional 100', '0 provisional 100']);
    });

    test('goes to Completed with a final response', () => {
      receive(100);
      receive(503);
      expect(bench.take()).toEqual(['0 provisional 100', '0 final 503']);
    });

    test('tells its user, and ends, when the request cannot be sent', () => {
      receive(100);
      channel.failLast();
      expect(bench.take()).toEqual(['0 provisional 100', '0 error unreachable', '0 terminated']);
    });
  });

  describe('in Completed', () => {
    test('absorbs further responses', () => {
      receive(200);
      receive(200);
      receive(100);
      expect(bench.take()).toEqual(['0 final 200']);
    });

    test('does not care for an error of the request', () => {
      receive(200);
      channel.failLast();
      expect(bench.take()).toEqual(['0 final 200']);
      expect(transaction.ended).toBe(false);
    });

    test('ends when timer K fires, after T4', () => {
      receive(200);
      bench.clock.advance(4_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['0 final 200', '5000 terminated']);
    });

    test('ends at once over a reliable transport', () => {
      transaction.abandon();
      begin({ reliable: true });
      receive(200);
      expect(bench.take()).toEqual(['0 final 200', '0 terminated']);
      expect(transaction.ended).toBe(true);
    });
  });
});
