import { DefectError } from '../../../runtime/core/errors';
import type { SipRequest } from '../../../runtime/sip/message/message';
import type { ClientTransaction } from '../../../runtime/sip/transaction/port';
import { Bench, request, response, type FakeChannel } from './harness';

describe('the INVITE client transaction (RFC 3261 §17.1.1, RFC 6026)', () => {
  let bench: Bench;
  let channel: FakeChannel;
  let invite: SipRequest;
  let transaction: ClientTransaction;

  function begin(options: { reliable?: boolean; keepsOctets?: boolean } = {}): void {
    channel = bench.channel(options);
    invite = request('INVITE', { headers: [['Route', '<sip:p1;lr>, <sip:p2;lr>']] });
    transaction = bench.table.startInvite(invite, channel, bench.clientHandler());
  }

  const receive = (status: number, toTag = 'b'): void =>
    bench.table.receiveResponse(response(invite, status, toTag));

  beforeEach(() => {
    bench = new Bench();
    begin();
  });

  afterEach(() => {
    transaction.abandon();
    bench.clock.advance(64_000);
    bench.finish();
  });

  describe('in Calling', () => {
    test.each([true, false])(
      'repeats the INVITE by timer A, doubled each time, until timer B (octets kept: %s)',
      (keepsOctets) => {
        transaction.abandon();
        begin({ keepsOctets });
        bench.clock.advance(60_000);
        expect(channel.take()).toEqual([
          '0 INVITE',
          '500 INVITE',
          '1500 INVITE',
          '3500 INVITE',
          '7500 INVITE',
          '15500 INVITE',
          '31500 INVITE',
        ]);
        expect(bench.take()).toEqual(['32000 timeout', '32000 terminated']);
      },
    );

    test('repeats nothing over a reliable transport, but gives up as late', () => {
      transaction.abandon();
      begin({ reliable: true });
      bench.clock.advance(31_999);
      expect(channel.take()).toEqual(['0 INVITE']);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['32000 timeout', '32000 terminated']);
    });

    test('stops repeating when the transport has become reliable meanwhile', () => {
      channel.reliable = true;
      bench.clock.advance(32_000);
      expect(channel.take()).toEqual(['0 INVITE']);
      expect(bench.take()).toEqual(['32000 timeout', '32000 terminated']);
    });

    test('tells its user, and ends, when the INVITE cannot be sent', () => {
      channel.failLast();
      expect(bench.take()).toEqual(['0 error unreachable', '0 terminated']);
      expect(transaction.ended).toBe(true);
    });

    test.each([100, 183])('goes to Proceeding with a %i', (status) => {
      receive(status);
      bench.clock.advance(60_000);
      expect(channel.take()).toEqual(['0 INVITE']);
      expect(bench.take()).toEqual([`0 provisional ${status}`]);
    });

    test('goes to Accepted with a 2xx', () => {
      receive(200);
      expect(bench.take()).toEqual(['0 final 200']);
      expect(transaction.ended).toBe(false);
    });

    test('goes to Completed with a refusal, and acknowledges it', () => {
      receive(486);
      expect(bench.take()).toEqual(['0 final 486']);
      expect(channel.take()).toEqual(['0 INVITE', '0 ACK']);
    });
  });

  describe('in Proceeding', () => {
    beforeEach(() => {
      receive(100);
      bench.take();
      channel.take();
    });

    test('passes each provisional response', () => {
      receive(180);
      receive(180);
      expect(bench.take()).toEqual(['0 provisional 180', '0 provisional 180']);
    });

    test('never gives up by itself: how long it rings is for its user to say', () => {
      bench.clock.advance(300_000);
      expect(transaction.ended).toBe(false);
      transaction.abandon();
      expect(transaction.ended).toBe(true);
      expect(bench.take()).toEqual([]);
    });

    test('goes to Accepted with a 2xx', () => {
      receive(202);
      expect(bench.take()).toEqual(['0 final 202']);
      expect(channel.take()).toEqual([]);
    });

    test('goes to Completed with a refusal, and acknowledges it', () => {
      receive(603);
      expect(bench.take()).toEqual(['0 final 603']);
      expect(channel.take()).toEqual(['0 ACK']);
    });

    test('tells its user, and ends, when a late error comes', () => {
      channel.failLast();
      expect(bench.take()).toEqual(['0 error unreachable', '0 terminated']);
    });
  });

  describe('in Accepted', () => {
    beforeEach(() => {
      receive(200);
      channel.take();
      bench.take();
    });

    test('passes every further 2xx, of this branch of a fork and of others', () => {
      bench.clock.advance(500);
      receive(200);
      receive(200, 'other');
      expect(bench.take()).toEqual(['500 final 200', '500 final 200']);
    });

    test('sends no ACK: that is the task of its user', () => {
      receive(200);
      bench.clock.advance(32_000);
      expect(channel.take()).toEqual([]);
    });

    test('has no use for anything else', () => {
      receive(180);
      receive(486);
      expect(bench.take()).toEqual([]);
      expect(bench.dropReasons()).toEqual(['unwanted-response', 'unwanted-response']);
      expect(channel.take()).toEqual([]);
    });

    test('does not care for an error of the INVITE', () => {
      channel.failLast();
      expect(bench.take()).toEqual([]);
      expect(transaction.ended).toBe(false);
    });

    test.each([false, true])('ends when timer M fires, after 64*T1 (reliable: %s)', (reliable) => {
      transaction.abandon();
      begin({ reliable });
      receive(200);
      bench.clock.advance(31_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['0 final 200', '32000 terminated']);
    });

    test('leaves a 2xx that comes after timer M to the user of the table', () => {
      bench.clock.advance(32_000);
      bench.take();
      receive(200);
      expect(bench.take()).toEqual(['32000 stray 200']);
    });
  });

  describe('in Completed', () => {
    test.each([true, false])(
      'acknowledges each retransmission, and passes none (octets kept: %s)',
      (keepsOctets) => {
        transaction.abandon();
        begin({ keepsOctets });
        receive(486);
        bench.clock.advance(500);
        receive(486);
        expect(channel.take()).toEqual(['0 INVITE', '0 ACK', '500 ACK']);
        expect(bench.take()).toEqual(['0 final 486']);
      },
    );

    test('has no use for anything else', () => {
      receive(486);
      channel.take();
      receive(180);
      receive(200);
      expect(channel.take()).toEqual([]);
      expect(bench.take()).toEqual(['0 final 486']);
      expect(bench.dropReasons()).toEqual(['unwanted-response', 'unwanted-response']);
    });

    test('ends when timer D fires, after 32 s', () => {
      receive(486);
      bench.clock.advance(31_999);
      expect(transaction.ended).toBe(false);
      bench.clock.advance(1);
      expect(bench.take()).toEqual(['0 final 486', '32000 terminated']);
    });

    test('ends at once over a reliable transport, the ACK sent', () => {
      transaction.abandon();
      begin({ reliable: true });
      receive(486);
      expect(channel.take()).toEqual(['0 INVITE', '0 ACK']);
      expect(bench.take()).toEqual(['0 final 486', '0 terminated']);
    });

    test('tells its user, and ends, when the ACK cannot be sent', () => {
      receive(486);
      channel.failLast();
      expect(bench.take()).toEqual(['0 final 486', '0 error unreachable', '0 terminated']);
    });
  });

  describe('the ACK for a refusal (RFC 3261 §17.1.1.3)', () => {
    test('has the Request-URI, top Via, From, Call-ID, CSeq number and Route of the INVITE, and the To of the response', () => {
      receive(486, 'their-tag');
      const ack = channel.messages.at(-1);
      expect(ack).toMatchObject({ kind: 'request', method: 'ACK', requestUri: invite.requestUri });
      expect(ack?.headers.getAll('Via')).toEqual([invite.headers.get('Via')]);
      expect(ack?.headers.get('From')).toBe(invite.headers.get('From'));
      expect(ack?.to.tag).toBe('their-tag');
      expect(ack?.callId).toBe(invite.callId);
      expect(ack?.cseq).toEqual({ sequence: 1, method: 'ACK' });
      expect(ack?.headers.getAll('Route')).toEqual(['<sip:p1;lr>, <sip:p2;lr>']);
      expect(ack?.headers.get('Max-Forwards')).toBe('70');
      expect(ack?.body).toHaveLength(0);
    });
  });

  test('abandoning it drops its timers and calls nobody', () => {
    transaction.abandon();
    transaction.abandon();
    expect(bench.clock.pending).toBe(0);
    expect(bench.table.open).toBe(0);
    expect(bench.take()).toEqual([]);
  });

  test('a branch that is in use is a defect', () => {
    expect(() => bench.table.startInvite(invite, channel, bench.clientHandler())).toThrow(
      DefectError,
    );
  });
});
