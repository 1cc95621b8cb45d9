import { DefectError } from '../../../runtime/core/errors';
import type { SipRequest } from '../../../runtime/sip/message/message';
import type { ServerTransaction } from '../../../runtime/sip/transaction/port';
import { Bench, request, response, type FakeChannel } from './harness';

describe('the non-INVITE server transaction (RFC 3261 §17.2.2, RFC 4320)', () => {
  let bench: Bench;
  let channel: FakeChannel;
  let bye: SipRequest;
  let transaction: ServerTransaction;

  function begin(options: { reliable?: boolean; keepsOctets?: boolean } = {}): void {
    channel = bench.channel(options);
    bye = request('BYE', { toTag: 'b' });
    transaction = bench.receive(bye, channel);
    transaction.handler = bench.serverHandler();
  }

  const respond = (status: number): void => transaction.respond(response(bye, status));
  const retransmit = (): void =>
    bench.table.receiveRequest(request('BYE', { toTag: 'b' }), channel);

  beforeEach(() => {
    bench = new Bench();
    begin();
  });

  afterEach(() => {
    bench.clock.advance(64_000);
    bench.finish();
  });

  describe('in Trying', () => {
    test('discards retransmissions of the request', () => {
      retransmit();
      expect(channel.take()).toEqual([]);
      expect(bench.take()).toEqual([]);
    });

    test('answers 100 when the client’s timer E has come to T2, and not before', () => {
      bench.clock.advance(3_499);
      expect(channel.take()).toEqual([]);
      bench.clock.advance(1);
      expect(channel.take()).toEqual(['3500 100']);
    });

    test('does the same over a reliable transport', () => {
      bench.restart();
      begin({ reliable: true });
      bench.clock.advance(10_000);
      expect(channel.take()).toEqual(['3500 100']);
    });

    test('does not send an early 100 of its user over an unreliable transport', () => {
      respond(100);
      bench.clock.advance(3_499);
      respond(100);
      expect(channel.take()).toEqual([]);
      bench.clock.advance(1);
      expect(channel.take()).toEqual(['3500 100']);
    });

    test('sends a 100 of its user at any time over a reliable transport, and none of its own', () => {
      bench.restart();
      begin({ reliable: true });
      respond(100);
      bench.clock.advance(10_000);
      expect(channel.take()).toEqual(['0 100']);
    });

    test('takes no provisional response but 100', () => {
      expect(() => respond(180)).toThrow(DefectError);
      expect(() => respond(183)).toThrow(DefectError);
      expect(channel.take()).toEqual([]);
    });

    test('never sends 408', () => {
      respond(408);
      expect(channel.take()).toEqual([]);
      expect(bench.dropReasons()).toEqual(['late-response']);
    });

    test('ends unanswered when the client has given up, and sends nothing after that', () => {
      bench.clock.advance(31_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['32000 terminated']);
      channel.take();
      respond(200);
      expect(channel.take()).toEqual([]);
      expect(bench.dropReasons()).toEqual(['late-response']);
    });

    test('sets no timer but J when the user answers at once', () => {
      bench.restart();
      bench.onRequest = (started) => started.respond(response(started.request, 200));
      begin();
      expect(bench.clock.pending).toBe(1);
    });
  });

  describe('in Proceeding', () => {
    beforeEach(() => {
      bench.clock.advance(3_500);
      channel.take();
    });

    test('answers a retransmission with the 100 again', () => {
      retransmit();
      expect(channel.take()).toEqual(['3500 100']);
    });

    test('sends a further 100 of its user', () => {
      respond(100);
      expect(channel.take()).toEqual(['3500 100']);
    });

    test('sends the final response', () => {
      respond(481);
      expect(channel.take()).toEqual(['3500 481']);
    });

    test('tells its user, and ends, when the 100 cannot be sent', () => {
      channel.failLast();
      expect(bench.take()).toEqual(['3500 error unreachable', '3500 terminated']);
    });

    test('ends when the client has given up', () => {
      bench.clock.advance(28_500);
      expect(bench.take()).toEqual(['32000 terminated']);
    });
  });

  describe('in Completed', () => {
    test.each([true, false])(
      'answers each retransmission with the final response, without its user (octets kept: %s)',
      (keepsOctets) => {
        bench.restart();
        begin({ keepsOctets });
        respond(200);
        retransmit();
        bench.clock.advance(20_000);
        retransmit();
        expect(channel.take()).toEqual(['0 200', '0 200', '20000 200']);
        expect(bench.take()).toEqual([]);
      },
    );

    test('repeats nothing by itself', () => {
      respond(200);
      bench.clock.advance(31_999);
      expect(channel.take()).toEqual(['0 200']);
    });

    test('does not send a second final response', () => {
      respond(200);
      expect(() => respond(500)).toThrow(DefectError);
      expect(channel.take()).toEqual(['0 200']);
    });

    test('ends when timer J fires, 64*T1 after the response', () => {
      bench.clock.advance(1_000);
      respond(200);
      bench.clock.advance(31_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['33000 terminated']);
    });

    test('ends at once over a reliable transport', () => {
      bench.restart();
      begin({ reliable: true });
      respond(200);
      expect(channel.take()).toEqual(['0 200']);
      expect(transaction.ended).toBe(true);
      expect(bench.take()).toEqual(['0 terminated']);
    });

    test('tells its user, and ends, when the response cannot be sent', () => {
      respond(200);
      channel.failLast();
      expect(bench.take()).toEqual(['0 error unreachable', '0 terminated']);
      expect(transaction.ended).toBe(true);
    });

    test('lets go of a handler that waits for nothing, and still ends by timer J', () => {
      bench.restart();
      begin();
      transaction.handler = {};
      respond(200);
      bench.clock.advance(31_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(transaction.ended).toBe(true);
    });
  });
});
