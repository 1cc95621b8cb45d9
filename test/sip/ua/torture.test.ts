import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SipMessage } from '../../../runtime/sip/message/message';
import { MessageError } from '../../../runtime/sip/message/message-error';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { agentAddress, peerAddress, ScriptedPeer } from '../../support/sip-pair';

interface Vector {
  readonly name: string;
  readonly file: string;
  readonly section: string;
  readonly verdict: 'accept' | 'parse-reject' | 'semantic-reject';
  /** The final responses that the RFC allows a user agent server. */
  readonly status: readonly number[];
}

const folder = join(__dirname, '../../vectors/rfc4475');
const vectors = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as readonly Vector[];

type Parsed = { readonly message: SipMessage } | { readonly error: MessageError };

function parse(vector: Vector): Parsed {
  try {
    return { message: parseMessage(readFileSync(join(folder, vector.file))) };
  } catch (error) {
    if (error instanceof MessageError) return { error };
    throw error;
  }
}

/** Those that come as far as the user agent: the others are answered where they are parsed. */
const understood = vectors.filter(({ verdict }) => verdict !== 'parse-reject');

describe('RFC 4475: a user agent server', () => {
  it('is given every message that can be parsed', () => {
    expect(vectors).toHaveLength(49);
    expect(understood.length).toBeGreaterThan(25);
  });

  it.each(understood)('$section $name: answers with one of $status', async (vector) => {
    const parsed = parse(vector);
    if ('error' in parsed) throw parsed.error;
    const { message } = parsed;
    const peer = new ScriptedPeer();
    peer.onInvite = (session) => {
      session.handler = peer.handler;
      session.accept('v=ours');
    };
    const channel = peer.transport.channel(peerAddress);
    if (message.kind === 'request') peer.agent.onRequest(message, channel);
    else peer.agent.onResponse(message, channel);

    const finals = peer.inbox.splice(0).flatMap((each) => {
      if (each.kind !== 'response') throw new Error(`sent ${each.method}`);
      return each.status < 200 ? [] : [each];
    });
    if (message.kind === 'response') {
      expect(finals).toEqual([]);
      await peer.expectNothingLeft();
      return;
    }
    const [final] = finals;
    expect(finals).toHaveLength(1);
    // wsinv has a To tag: it belongs to a dialog that we do not have (RFC 3261 §12.2.2).
    expect(message.to.tag === undefined ? vector.status : [481]).toContain(final?.status);
    expect(final?.callId).toBe(message.callId);
    expect(final?.cseq).toEqual(message.cseq);
    expect(final?.to.tag).toBeDefined();
    expect(final?.via).toHaveLength(message.via.length);
    expect(peer.transport.listeners[0]?.host).toBe(agentAddress.host);
    for (const session of peer.sessions) session.end();
    // No ACK comes for the calls: they are ended 64*T1 later.
    await peer.clock.run(100_000);
    await peer.expectNothingLeft();
  });

  it.each(vectors.filter(({ verdict, status }) => verdict === 'parse-reject' && status.length > 0))(
    '$section $name: the parser names one of $status, and enough of the request for a response',
    (vector) => {
      const parsed = parse(vector);
      if (!('error' in parsed)) throw new Error('it was parsed');
      expect(vector.status).toContain(parsed.error.status);
      expect(parsed.error.partial?.topVia.host).toBeDefined();
    },
  );
});
