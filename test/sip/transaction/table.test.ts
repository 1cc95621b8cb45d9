import { CallchartError, DefectError } from '../../../runtime/core/errors';
import { serialize } from '../../../runtime/sip/message/serialize';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { Bench, request, response } from './harness';

describe('the transaction table', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => {
    bench.table.close();
    bench.finish();
  });

  describe('matches requests to server transactions (RFC 3261 §17.2.3)', () => {
    test.each([
      ['branch', { branch: 'z9hG4bKtwo', callId: 'other' }],
      ['sent-by host', { sentBy: '192.0.2.2:5060', callId: 'other' }],
      ['sent-by port', { sentBy: '192.0.2.1:5062', callId: 'other' }],
    ])('another %s is another transaction', (_what, options) => {
      const channel = bench.channel();
      bench.table.receiveRequest(request('OPTIONS'), channel);
      bench.table.receiveRequest(request('OPTIONS'), channel);
      expect(bench.table.open).toBe(1);
      bench.table.receiveRequest(request('OPTIONS', options), channel);
      expect(bench.table.open).toBe(2);
    });

    test('another method is another transaction', () => {
      const channel = bench.channel();
      bench.table.receiveRequest(request('OPTIONS'), channel);
      bench.table.receiveRequest(request('MESSAGE'), channel);
      expect(bench.take()).toEqual(['0 request OPTIONS', '0 request MESSAGE']);
    });

    test('the host of the sent-by is compared without case', () => {
      const channel = bench.channel();
      bench.table.receiveRequest(request('OPTIONS', { sentBy: 'PC.example:5060' }), channel);
      bench.table.receiveRequest(request('OPTIONS', { sentBy: 'pc.example:5060' }), channel);
      expect(bench.table.open).toBe(1);
    });

    test('the ACK for a refusal is absorbed, whatever its To tag', () => {
      const channel = bench.channel();
      const invite = request('INVITE');
      bench.receive(invite, channel).respond(response(invite, 486));
      bench.table.receiveRequest(request('ACK', { toTag: 'strange' }), channel);
      expect(bench.take()).toEqual([]);
    });

    test('an ACK with a branch of its own goes to the user: it is for a 2xx', () => {
      const channel = bench.channel();
      const invite = request('INVITE');
      bench.receive(invite, channel).respond(response(invite, 200));
      bench.table.receiveRequest(request('ACK', { branch: 'z9hG4bKack', toTag: 'b' }), channel);
      expect(bench.take()).toEqual(['0 ack call-1']);
    });
  });

  describe('matches requests of RFC 2543 clients, whose branches are not unique', () => {
    const via = 'SIP/2.0/UDP 192.0.2.1:5060;branch=1';

    test.each([
      ['without a branch', 'SIP/2.0/UDP 192.0.2.1:5060'],
      ['with a branch without the magic cookie', via],
    ])('%s: by Request-URI, tags, Call-ID, CSeq and Via', (_what, value) => {
      const channel = bench.channel();
      bench.table.receiveRequest(request('INVITE', { via: value }), channel);
      bench.table.receiveRequest(request('INVITE', { via: value }), channel);
      expect(bench.table.open).toBe(1);
    });

    test.each([
      ['Request-URI', { requestUri: 'sip:other@192.0.2.9', fromTag: 'x' }],
      ['To tag', { toTag: 'x' }],
      ['From tag', { fromTag: 'x' }],
      ['Call-ID', { callId: 'x' }],
      ['CSeq', { sequence: 2 }],
      ['Via', { via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=2', fromTag: 'x' }],
    ])('another %s is another transaction', (_what, options) => {
      const channel = bench.channel();
      bench.table.receiveRequest(request('INVITE', { via }), channel);
      bench.table.receiveRequest(request('INVITE', { via, ...options }), channel);
      expect(bench.table.open).toBe(2);
    });

    test('the ACK for a refusal matches by the To tag of the response', () => {
      const channel = bench.channel();
      const invite = request('INVITE', { via });
      const transaction = bench.receive(invite, channel);
      transaction.respond(response(invite, 486, 'mine'));
      bench.table.receiveRequest(request('ACK', { via, toTag: 'yours' }), channel);
      expect(bench.take()).toEqual(['0 ack call-1']);
      bench.table.receiveRequest(request('ACK', { via, toTag: 'mine' }), channel);
      expect(bench.take()).toEqual([]);
      channel.take();
      bench.clock.advance(4_999);
      expect(channel.take()).toEqual([]);
      bench.clock.advance(1);
      expect(transaction.ended).toBe(true);
    });

    test('a CANCEL finds its INVITE', () => {
      const channel = bench.channel();
      const invite = bench.receive(request('INVITE', { via }), channel);
      bench.table.receiveRequest(request('CANCEL', { via }), channel);
      expect(bench.targets.at(-1)).toBe(invite);
    });
  });

  describe('matches CANCEL (RFC 3261 §9.2)', () => {
    test('to the INVITE with its branch and sent-by', () => {
      const channel = bench.channel();
      const invite = bench.receive(request('INVITE'), channel);
      bench.table.receiveRequest(request('CANCEL'), channel);
      expect(bench.take()).toEqual(['0 request CANCEL']);
      expect(bench.targets).toEqual([undefined, invite]);
      expect(bench.table.open).toBe(2);
    });

    test('to a transaction of any other method', () => {
      const channel = bench.channel();
      const options = bench.receive(request('OPTIONS'), channel);
      bench.table.receiveRequest(request('CANCEL'), channel);
      expect(bench.targets.at(-1)).toBe(options);
    });

    test('to nothing when there is no such transaction', () => {
      const channel = bench.channel();
      bench.table.receiveRequest(request('CANCEL'), channel);
      bench.table.receiveRequest(request('CANCEL', { branch: 'z9hG4bKtwo' }), channel);
      expect(bench.targets).toEqual([undefined, undefined]);
    });

    test('and absorbs its retransmissions', () => {
      const channel = bench.channel();
      bench.receive(request('INVITE'), channel);
      const cancel = request('CANCEL');
      bench.receive(cancel, channel).respond(response(cancel, 200));
      bench.table.receiveRequest(request('CANCEL'), channel);
      expect(bench.take()).toEqual([]);
      expect(channel.take()).toEqual(['0 200', '0 200']);
    });

    test.each([200, 486])(
      'and answers it 200 by itself, with the same To tag, after a %i',
      (status) => {
        const channel = bench.channel();
        const invite = request('INVITE');
        bench.receive(invite, channel).respond(response(invite, status, 'mine'));
        channel.take();
        bench.table.receiveRequest(request('CANCEL'), channel);
        expect(bench.take()).toEqual([]);
        expect(channel.take()).toEqual(['0 200']);
        const answer = channel.messages.at(-1);
        expect(answer?.cseq.method).toBe('CANCEL');
        expect(answer?.to.tag).toBe('mine');
      },
    );

    test('also when INVITE and CANCEL end in either order', () => {
      const channel = bench.channel({ reliable: true });
      const invite = request('INVITE');
      const cancel = request('CANCEL');
      const transaction = bench.receive(invite, channel);
      bench.receive(cancel, channel).respond(response(cancel, 200));
      expect(bench.table.open).toBe(1);
      transaction.respond(response(invite, 487));
      bench.table.receiveRequest(request('ACK', { toTag: 'b' }), channel);
      expect(bench.table.open).toBe(0);
    });
  });

  describe('answers merged requests 482 (RFC 3261 §8.2.2.2)', () => {
    test('when From tag, Call-ID and CSeq are those of another transaction', () => {
      const channel = bench.channel();
      bench.receive(request('INVITE'), channel);
      bench.table.receiveRequest(request('INVITE', { branch: 'z9hG4bKtwo' }), channel);
      expect(bench.take()).toEqual([]);
      expect(channel.take()).toEqual(['0 482']);
      expect(channel.messages.at(-1)?.to.tag).toBeDefined();
      expect(channel.messages.at(-1)?.topVia.branch).toBe('z9hG4bKtwo');
    });

    test('also after that other transaction was answered', () => {
      const channel = bench.channel();
      const invite = request('INVITE');
      bench.receive(invite, channel).respond(response(invite, 200));
      channel.take();
      bench.clock.advance(1_000);
      bench.table.receiveRequest(request('INVITE', { branch: 'z9hG4bKtwo' }), channel);
      expect(channel.take()).toEqual(['1000 482']);
    });

    test('but not when it has ended', () => {
      const channel = bench.channel();
      const invite = request('INVITE');
      bench.receive(invite, channel).respond(response(invite, 200));
      bench.clock.advance(32_000);
      bench.take();
      bench.table.receiveRequest(request('INVITE', { branch: 'z9hG4bKtwo' }), channel);
      expect(bench.take()).toEqual(['32000 request INVITE']);
    });

    test.each([
      ['From tag', { fromTag: 'x' }],
      ['Call-ID', { callId: 'x' }],
      ['CSeq', { sequence: 2 }],
    ])('but not when the %s differs', (_what, options) => {
      const channel = bench.channel();
      bench.receive(request('INVITE'), channel);
      bench.table.receiveRequest(request('INVITE', { branch: 'z9hG4bKtwo', ...options }), channel);
      expect(bench.take()).toEqual(['0 request INVITE']);
    });

    test('but not inside a dialog', () => {
      const channel = bench.channel();
      bench.receive(request('INFO', { toTag: 'b' }), channel);
      bench.table.receiveRequest(request('INFO', { toTag: 'b', branch: 'z9hG4bKtwo' }), channel);
      expect(bench.take()).toEqual(['0 request INFO']);
    });

    test('and a CANCEL of either branch finds its own', () => {
      const channel = bench.channel();
      const first = bench.receive(request('INVITE'), channel);
      bench.table.receiveRequest(request('INVITE', { branch: 'z9hG4bKtwo' }), channel);
      bench.table.receiveRequest(request('CANCEL', { branch: 'z9hG4bKtwo' }), channel);
      expect(bench.take()).toEqual([]);
      bench.table.receiveRequest(request('CANCEL'), channel);
      expect(bench.take()).toEqual(['0 request CANCEL']);
      expect(bench.targets.at(-1)).toBe(first);
    });
  });

  describe('matches responses to client transactions (RFC 3261 §17.1.3)', () => {
    test('by branch and the method in CSeq: a CANCEL has the branch of its INVITE', () => {
      const channel = bench.channel();
      const invite = request('INVITE');
      const cancel = request('CANCEL');
      const handler = bench.clientHandler();
      bench.table.startInvite(invite, channel, handler);
      bench.table.startNonInvite(cancel, channel, {
        ...handler,
        onFinal: ({ status }) => bench.hear(`CANCEL ${status}`),
      });
      bench.table.receiveResponse(response(cancel, 200));
      bench.table.receiveResponse(response(invite, 487));
      expect(bench.take()).toEqual(['0 CANCEL 200', '0 final 487']);
    });

    test.each([
      [180, 'INVITE'],
      [486, 'INVITE'],
      [200, 'BYE'],
    ])('and counts and drops a stray %i to %s', (status, method) => {
      bench.table.receiveResponse(response(request(method), status));
      expect(bench.take()).toEqual([]);
      expect(bench.dropReasons()).toEqual(['stray-response']);
    });

    test('and gives a stray 2xx to an INVITE to the user, who may have to end a call with it', () => {
      bench.table.receiveResponse(response(request('INVITE'), 200));
      expect(bench.take()).toEqual(['0 stray 200']);
    });
  });

  describe('survives what its user meets in a message', () => {
    test('a malformed header field of a request is answered with its status', () => {
      const channel = bench.channel();
      bench.onRequest = ({ request: { sessionExpires } }) =>
        bench.hear(`expires ${sessionExpires?.interval}`);
      const headers = [['Session-Expires', 'soon']] as const;
      bench.table.receiveRequest(request('INVITE', { headers }), channel);
      expect(channel.take()).toEqual(['0 400']);
      expect(channel.messages.at(-1)?.to.tag).toBeDefined();
    });

    test('an error that names a status is answered with it', () => {
      const channel = bench.channel();
      bench.onRequest = () => {
        throw new CallchartError('CALLCHART_TEST', 'full', { status: 503 });
      };
      bench.table.receiveRequest(request('INVITE'), channel);
      expect(channel.take()).toEqual(['0 503']);
    });

    test('a defect is not hidden', () => {
      bench.onRequest = () => {
        throw new DefectError('wrong');
      };
      expect(() => bench.table.receiveRequest(request('INVITE'), bench.channel())).toThrow('wrong');
    });

    test('a response with a malformed header field is dropped, and the transaction goes on', () => {
      const channel = bench.channel({ reliable: true });
      const bye = request('BYE', { toTag: 'b' });
      const transaction = bench.table.startNonInvite(bye, channel, {
        ...bench.clientHandler(),
        onFinal: ({ sessionExpires }) => bench.hear(`expires ${sessionExpires?.interval}`),
      });
      const answer = response(bye, 200);
      answer.headers.append('Session-Expires', 'soon');
      const received = parseMessage(serialize(answer));
      if (received.kind !== 'response') throw new DefectError('not a response');
      bench.table.receiveResponse(received);
      expect(bench.dropReasons()).toEqual(['malformed-response']);
      expect(transaction.ended).toBe(true);
    });
  });

  test('closing it ends all and drops every timer, and calls nobody', () => {
    const channel = bench.channel();
    const waiting = [1, 2, 3].map((n) => {
      const invite = request('INVITE', { branch: `z9hG4bK${n}`, callId: `call-${n}` });
      const transaction = bench.receive(invite, channel);
      transaction.handler = bench.serverHandler();
      if (n > 1) transaction.respond(response(invite, n === 2 ? 200 : 486));
      return transaction;
    });
    bench.table.receiveRequest(request('CANCEL', { branch: 'z9hG4bK1' }), channel);
    const client = bench.table.startNonInvite(request('BYE'), channel, bench.clientHandler());
    expect(bench.table.open).toBe(5);
    bench.take();
    bench.table.close();
    expect(bench.table.open).toBe(0);
    expect(bench.clock.pending).toBe(0);
    expect([...waiting, client].every(({ ended }) => ended)).toBe(true);
    bench.table.receiveRequest(request('INVITE', { branch: 'z9hG4bKlate' }), channel);
    expect(bench.table.open).toBe(0);
    expect(bench.take()).toEqual([]);
  });

  test('refuses what has no transaction of its own', () => {
    const channel = bench.channel();
    const handler = bench.clientHandler();
    expect(() => bench.table.startNonInvite(request('ACK'), channel, handler)).toThrow(DefectError);
    expect(() => bench.table.startNonInvite(request('INVITE'), channel, handler)).toThrow(
      DefectError,
    );
    expect(() => bench.table.startInvite(request('BYE'), channel, handler)).toThrow(DefectError);
  });

  test('serves a thousand waiting transactions with one timer, each to its millisecond', () => {
    const channel = bench.channel();
    const ended: number[] = [];
    for (let n = 0; n < 1_000; n += 1) {
      const bye = request('BYE', { branch: `z9hG4bK${n}`, toTag: 'b' });
      const transaction = bench.receive(bye, channel);
      const begun = bench.clock.now();
      transaction.handler = { onTerminated: () => ended.push(bench.clock.now() - begun) };
      transaction.respond(response(bye, 200));
      bench.clock.advance(7);
    }
    expect(bench.clock.pending).toBe(1);
    bench.clock.advance(32_000);
    expect(ended).toEqual(Array(1_000).fill(32_000));
  });
});
