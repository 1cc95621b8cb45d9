import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { createRequest } from '../../../runtime/sip/message/create';
import type { SipRequest, SipResponse } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { serialize } from '../../../runtime/sip/message/serialize';
import type { ForwardTarget } from '../../../runtime/sip/server/port';
import { RedirectServer, type RedirectStatus } from '../../../runtime/sip/server/redirect';
import type { ServerTransaction } from '../../../runtime/sip/transaction/port';
import { TransactionTable } from '../../../runtime/sip/transaction/table';

const server = new RedirectServer({ random: new SeededRandom(1), product: 'Callchart/test' });

function target(uri: string, q = 1, routes: readonly string[] = []): ForwardTarget {
  return { uri, q, routes };
}

function request(parts: { readonly method?: string; readonly require?: string } = {}): SipRequest {
  const { method = 'INVITE', require } = parts;
  const message = parseMessage(
    serialize(
      createRequest({
        method,
        requestUri: 'sip:bob@example.com',
        headers: [
          ['Via', 'SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKone'],
          ['Max-Forwards', '70'],
          ['From', '<sip:alice@example.com>;tag=a'],
          ['To', '<sip:bob@example.com>'],
          ['Call-ID', 'call-1'],
          ['CSeq', `1 ${method}`],
          ...(require === undefined ? [] : [['Require', require] as const]),
        ],
      }),
    ),
  );
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}

function answerTo(
  targets: readonly ForwardTarget[],
  status: RedirectStatus = 302,
  known?: boolean,
  received = request(),
): SipResponse {
  const clock = new VirtualClock();
  const sent: SipResponse[] = [];
  const table = new TransactionTable({
    clock,
    random: new SeededRandom(2),
    user: {
      onRequest: (transaction: ServerTransaction) =>
        server.redirect(transaction, targets, status, known),
      onAck: () => undefined,
      onStrayResponse: () => undefined,
    },
  });
  table.receiveRequest(received, {
    reliable: true,
    send: (message) => {
      const parsed = parseMessage(serialize(message));
      if (parsed.kind === 'response') sent.push(parsed);
    },
  });
  table.close();
  expect(clock.pending).toBe(0);
  const [response] = sent;
  if (response === undefined || sent.length !== 1) throw new Error(`${sent.length} responses`);
  return response;
}

function contactsOf(response: SipResponse): readonly string[] {
  return response.headers.getAll('Contact');
}

describe('RFC 3261 §8.3: a redirect server', () => {
  it.each([300, 301, 302, 305, 380] as const)('answers %i with a contact', (status) => {
    const response = answerTo([target('sip:bob@192.0.2.20')], status);
    expect(response.status).toBe(status);
    expect(contactsOf(response)).toEqual(['<sip:bob@192.0.2.20>']);
    expect(response.to.tag).toBeDefined();
    expect(response.headers.get('Server')).toBe('Callchart/test');
  });

  it('lists all contacts with their q, the highest first', () => {
    const response = answerTo([
      target('sip:bob@192.0.2.20', 0.5),
      target('sip:bob@192.0.2.21', 1),
      target('sip:bob@192.0.2.22', 0.3333),
    ]);
    expect(contactsOf(response)).toEqual([
      '<sip:bob@192.0.2.21>;q=1',
      '<sip:bob@192.0.2.20>;q=0.5',
      '<sip:bob@192.0.2.22>;q=0.333',
    ]);
  });

  it('keeps a q that all contacts have in common, and leaves out the one that says nothing', () => {
    const low = answerTo([target('sip:a@192.0.2.1', 0.1), target('sip:b@192.0.2.1', 0.1)]);
    expect(contactsOf(low)).toEqual(['<sip:a@192.0.2.1>;q=0.1', '<sip:b@192.0.2.1>;q=0.1']);
    const high = answerTo([target('sip:a@192.0.2.1'), target('sip:b@192.0.2.1')]);
    expect(contactsOf(high)).toEqual(['<sip:a@192.0.2.1>', '<sip:b@192.0.2.1>']);
  });

  it('names one proxy in a 305 (§21.3.4)', () => {
    const response = answerTo([target('sip:p1.example.com'), target('sip:p2.example.com')], 305);
    expect(contactsOf(response)).toEqual(['<sip:p1.example.com>']);
  });

  it('answers 480 for a user who cannot be reached, and 404 for one who does not exist', () => {
    expect(answerTo([]).status).toBe(480);
    expect(answerTo([], 302, false).status).toBe(404);
  });

  it('never redirects to the URI that was asked for', () => {
    const response = answerTo([
      target('sip:bob@example.com'),
      target('sip:bob@EXAMPLE.com;newparam=5'),
      target('sip:bob@192.0.2.20'),
    ]);
    expect(contactsOf(response)).toEqual(['<sip:bob@192.0.2.20>']);
    expect(answerTo([target('sip:bob@example.com')]).status).toBe(404);
  });

  it('leaves out targets that the caller cannot reach by their URI alone, and what is no URI', () => {
    const response = answerTo([
      target('sip:bob@192.0.2.20', 1, ['<sip:edge.example.com;lr>']),
      target('bob'),
      target('sip:bob@192.0.2.21'),
      target('sip:bob@192.0.2.21'),
    ]);
    expect(contactsOf(response)).toEqual(['<sip:bob@192.0.2.21>']);
    const behind = [target('sip:bob@192.0.2.20', 1, ['<sip:edge.example.com;lr>'])];
    expect(answerTo(behind).status).toBe(480);
  });

  it('gives contacts of other schemes too', () => {
    const response = answerTo([target('mailto:bob@example.com', 0.2), target('tel:+4930123', 0.8)]);
    expect(contactsOf(response)).toEqual([
      '<tel:+4930123>;q=0.8',
      '<mailto:bob@example.com>;q=0.2',
    ]);
  });

  it('ignores option tags and methods that it does not know', () => {
    const received = request({ method: 'NEWMETHOD', require: 'newfeature' });
    expect(answerTo([target('sip:bob@192.0.2.20')], 302, true, received).status).toBe(302);
  });

  it('lists fifty contacts at the most', () => {
    const many = Array.from({ length: 80 }, (_, i) => target(`sip:bob@192.0.2.20:${5060 + i}`));
    expect(contactsOf(answerTo(many, 300))).toHaveLength(50);
  });
});
