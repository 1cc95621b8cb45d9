import { DefectError } from '../../../runtime/core/errors';
import type { SipRequest } from '../../../runtime/sip/message/message';
import type { ServerTransaction } from '../../../runtime/sip/transaction/port';
import { Bench, request, response, type FakeChannel } from './harness';

describe('the INVITE server transaction (RFC 3261 §17.2.1, RFC 6026)', () => {
  let bench: Bench;
  let channel: FakeChannel;
  let invite: SipRequest;
  let transaction: ServerTransaction;

  function begin(options: { reliable?: boolean; keepsOctets?: boolean } = {}): void {
    channel = bench.channel(options);
    invite = request('INVITE');
    transaction = bench.receive(invite, channel);
    transaction.handler = bench.serverHandler();
  }

  const respond = (status: number): void => transaction.respond(response(invite, status));
  const retransmitInvite = (): void => bench.table.receiveRequest(request('INVITE'), channel);
  const ack = (): void => bench.table.receiveRequest(request('ACK', { toTag: 'b' }), channel);

  beforeEach(() => {
    bench = new Bench();
    begin();
  });

  afterEach(() => {
    bench.clock.advance(200_000);
    if (!transaction.ended) bench.table.close();
    bench.finish();
  });

  describe('in Proceeding', () => {
    test('passes the INVITE to its user once, and absorbs retransmissions', () => {
      retransmitInvite();
      retransmitInvite();
      expect(bench.take()).toEqual([]);
      expect(bench.table.open).toBe(1);
    });

    test('sends 100 by itself when the user has not answered after 200 ms', () => {
      bench.clock.advance(199);
      expect(channel.take()).toEqual([]);
      bench.clock.advance(1);
      expect(channel.take()).toEqual(['200 100']);
      expect(channel.messages.at(-1)?.to.tag).toBeUndefined();
    });

    test('sends no 100 of its own once the user has sent a provisional response', () => {
      respond(180);
      bench.clock.advance(1_000);
      expect(channel.take()).toEqual(['0 180']);
    });

    test('sets no timer for 100 when the user answers at once', () => {
      bench.restart();
      bench.onRequest = (started) => started.respond(response(started.request, 100));
      begin();
      expect(bench.clock.pending).toBe(0);
    });

    test('sends each provisional response of the user, and repeats none by itself', () => {
      respond(100);
      respond(180);
      respond(183);
      bench.clock.advance(60_000);
      expect(channel.take()).toEqual(['0 100', '0 180', '0 183']);
    });

    test.each([true, false])(
      'answers a retransmission with the last provisional response (octets kept: %s)',
      (keepsOctets) => {
        bench.restart();
        begin({ keepsOctets });
        respond(100);
        respond(180);
        channel.take();
        retransmitInvite();
        expect(channel.take()).toEqual(['0 180']);
      },
    );

    test('drops an ACK, since there is nothing to acknowledge', () => {
      ack();
      expect(bench.take()).toEqual([]);
      expect(bench.dropReasons()).toEqual(['stray-ack']);
      expect(transaction.ended).toBe(false);
    });

    test('stays, and tells its user, when a response cannot be sent', () => {
      respond(180);
      channel.failLast();
      expect(bench.take()).toEqual(['0 error unreachable']);
      expect(transaction.ended).toBe(false);
    });
  });

  describe('in Accepted, after a 2xx', () => {
    beforeEach(() => {
      respond(200);
    });

    test('sends the 2xx once: to repeat it is the task of the user', () => {
      bench.clock.advance(31_999);
      expect(channel.take()).toEqual(['0 200']);
    });

    test('sends each 2xx that the user passes, until timer L', () => {
      bench.clock.advance(500);
      respond(200);
      bench.clock.advance(1_000);
      respond(200);
      expect(channel.take()).toEqual(['0 200', '500 200', '1500 200']);
    });

    test('absorbs retransmissions of the INVITE without a word', () => {
      channel.take();
      retransmitInvite();
      expect(channel.take()).toEqual([]);
      expect(bench.take()).toEqual([]);
    });

    test('passes ACKs to the user', () => {
      ack();
      ack();
      expect(bench.take()).toEqual(['0 ack call-1', '0 ack call-1']);
      expect(transaction.ended).toBe(false);
    });

    test('ends when timer L fires, 64*T1 after the first 2xx', () => {
      bench.clock.advance(1_000);
      respond(200);
      bench.clock.advance(30_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(transaction.ended).toBe(true);
      expect(bench.take()).toEqual(['32000 terminated']);
    });

    test('stays, and tells its user, when the 2xx cannot be sent', () => {
      channel.failLast();
      expect(bench.take()).toEqual(['0 error unreachable']);
      expect(transaction.ended).toBe(false);
    });

    test('tells its user of the error even if its handler wants to hear nothing else', () => {
      bench.restart();
      begin();
      const errors: string[] = [];
      transaction.handler = { onTransportError: ({ message }) => errors.push(message) };
      respond(200);
      channel.failLast();
      expect(errors).toEqual(['unreachable']);
    });

    test('takes no other response', () => {
      expect(() => respond(180)).toThrow(DefectError);
      expect(() => respond(486)).toThrow(DefectError);
    });

    test('lasts as long over a reliable transport', () => {
      bench.restart();
      begin({ reliable: true });
      respond(200);
      bench.clock.advance(31_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(transaction.ended).toBe(true);
    });

    test('drops a 2xx that comes after timer L', () => {
      bench.clock.advance(32_000);
      channel.take();
      respond(200);
      expect(channel.take()).toEqual([]);
      expect(bench.dropReasons()).toEqual(['late-response']);
      expect(() => respond(500)).toThrow(DefectError);
    });
  });

  describe('in Completed, after a refusal', () => {
    test('repeats it by timer G at T1, doubled up to T2, until timer H ends it at 64*T1', () => {
      respond(486);
      bench.clock.advance(100_000);
      expect(channel.take()).toEqual([
        '0 486',
        '500 486',
        '1500 486',
        '3500 486',
        '7500 486',
        '11500 486',
        '15500 486',
        '19500 486',
        '23500 486',
        '27500 486',
        '31500 486',
      ]);
      expect(bench.take()).toEqual(['32000 timeout', '32000 terminated']);
    });

    test('repeats nothing over a reliable transport, but waits as long for the ACK', () => {
      bench.restart();
      begin({ reliable: true });
      respond(486);
      bench.clock.advance(31_999);
      expect(channel.take()).toEqual(['0 486']);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['32000 timeout', '32000 terminated']);
    });

    test.each([true, false])(
      'answers a retransmission with the refusal (octets kept: %s)',
      (keepsOctets) => {
        bench.restart();
        begin({ keepsOctets });
        respond(180);
        respond(404);
        channel.take();
        retransmitInvite();
        expect(channel.take()).toEqual(['0 404']);
      },
    );

    test('takes no other response', () => {
      respond(486);
      for (const status of [100, 180, 200, 487]) expect(() => respond(status)).toThrow(DefectError);
      expect(channel.take()).toEqual(['0 486']);
    });

    test('stays, and tells its user, when the refusal cannot be sent', () => {
      respond(486);
      channel.failLast();
      expect(bench.take()).toEqual(['0 error unreachable']);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(500);
      expect(channel.take()).toEqual(['0 486', '500 486']);
    });

    test('waits for the ACK also when nobody wants to hear of it', () => {
      bench.restart();
      begin();
      transaction.handler = {};
      respond(486);
      bench.clock.advance(500);
      expect(channel.take()).toEqual(['0 486', '500 486']);
      ack();
      bench.clock.advance(5_000);
      expect(transaction.ended).toBe(true);
    });
  });

  describe('in Confirmed, after the ACK', () => {
    beforeEach(() => {
      respond(486);
      bench.clock.advance(100);
      channel.take();
      ack();
    });

    test('has told the ACK to its handler, and not to the user of the table', () => {
      expect(bench.take()).toEqual(['100 acked']);
    });

    test('repeats the refusal no more, not even for a retransmission of the INVITE', () => {
      retransmitInvite();
      bench.clock.advance(4_000);
      expect(channel.take()).toEqual([]);
    });

    test('absorbs further ACKs', () => {
      bench.take();
      ack();
      expect(bench.take()).toEqual([]);
    });

    test('takes no other response', () => {
      expect(() => respond(200)).toThrow(DefectError);
    });

    test('ends when timer I fires, after T4', () => {
      bench.take();
      bench.clock.advance(4_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['5100 terminated']);
    });

    test('ends at once over a reliable transport', () => {
      bench.restart();
      bench.take();
      begin({ reliable: true });
      respond(486);
      ack();
      expect(transaction.ended).toBe(true);
      expect(bench.take()).toEqual(['100 acked', '100 terminated']);
    });
  });
});
