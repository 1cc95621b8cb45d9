import { SeededRandom } from '../../../../runtime/core/random';
import { VirtualClock } from '../../../../runtime/core/virtual-clock';
import { Proxy } from '../../../../runtime/sip/server/proxy/proxy';
import type { ForwardTarget } from '../../../../runtime/sip/server/port';
import { createTransportLayer } from '../../../../runtime/sip/transport/layer';
import type { TransportLayer, TransportProtocol } from '../../../../runtime/sip/transport/port';
import type {
  IncomingSession,
  RequestGate,
  SessionEnd,
  SessionHandler,
} from '../../../../runtime/sip/ua/port';
import { createUserAgent, type UserAgentCore } from '../../../../runtime/sip/ua/user-agent';

const host = '127.0.0.1';

/** A user agent on sockets of loopback. */
async function open(
  protocols: readonly TransportProtocol[],
  onInvite: (session: IncomingSession) => void,
  gate?: RequestGate,
): Promise<{ readonly agent: UserAgentCore; readonly transport: TransportLayer }> {
  const clock = new VirtualClock();
  const agent = createUserAgent({
    clock,
    random: new SeededRandom(1),
    handler: { onInvite },
    options: { sessionExpires: 0 },
    ...(gate === undefined ? {} : { gate }),
  });
  const transport = await createTransportLayer({
    clock,
    random: new SeededRandom(2),
    handler: agent,
    listen: protocols.map((protocol) => ({ protocol, host, port: 0 })),
  });
  agent.attach(transport);
  return { agent, transport };
}

function handler(onEnded: (end: SessionEnd) => void, onEstablished?: () => void): SessionHandler {
  return {
    onOffer: () => ({ type: 'answer', sdp: 'v=answer' }),
    onOfferWanted: () => 'v=offer',
    onAnswer: () => true,
    onEstablished: () => onEstablished?.(),
    onInfo: () => 200,
    onEnded,
  };
}

describe('a call that changes its transport at the proxy, over sockets', () => {
  it.each([
    ['TCP', 'UDP', 'caller'],
    ['TCP', 'UDP', 'callee'],
    ['UDP', 'TCP', 'caller'],
    ['UDP', 'TCP', 'callee'],
  ] as const)('from %s to %s, ended by the %s', async (from, to, ends) => {
    const targets: ForwardTarget[] = [];
    const gate: RequestGate = {
      onRequest: (transaction, cancelled, channel) => {
        const { request } = transaction;
        if (request.method === 'CANCEL') {
          return cancelled !== undefined && proxy.cancel(transaction, cancelled);
        }
        if (request.to.tag !== undefined) proxy.forwardInDialog(transaction, channel);
        else proxy.forward(transaction, channel, { targets });
        return true;
      },
      onAck: (ack, channel) => proxy.onAck(ack, channel),
    };
    const middle = await open(['UDP', 'TCP'], (session) => session.reject(500), gate);
    const proxy = new Proxy(middle.agent.elements);

    let invited: IncomingSession | undefined;
    let calleeEnd: (end: SessionEnd) => void = () => undefined;
    const calleeEnded = new Promise<SessionEnd>((resolve) => (calleeEnd = resolve));
    let established: () => void = () => undefined;
    const calleeEstablished = new Promise<void>((resolve) => (established = resolve));
    const callee = await open([to], (session) => {
      invited = session;
      session.handler = handler(calleeEnd, established);
      session.accept('v=answer');
    });
    const [listener] = callee.transport.listeners;
    targets.push({
      uri: `sip:bob@${host}:${listener?.port ?? 0};transport=${to.toLowerCase()}`,
      routes: [],
      q: 1,
    });

    const caller = await open([from], (session) => session.reject(486));
    const entry = middle.transport.listeners.find(({ protocol }) => protocol === from);
    const callerEnded = new Promise<SessionEnd>((resolve) => {
      const session = caller.agent.invite({
        to: `sip:bob@${host}:${entry?.port ?? 0};transport=${from.toLowerCase()}`,
        from: 'sip:alice@example.com',
        sdp: 'v=offer',
        handler: handler(resolve),
      });
      // The ACK has come through: both ends have the same route set, each in its order.
      void calleeEstablished.then(() => (ends === 'caller' ? session.end() : invited?.end()));
    });

    const [first, second] = await Promise.all([callerEnded, calleeEnded]);
    expect([first.cause, second.cause]).toEqual(['bye', 'bye']);
    expect(invited?.request.recordRoutes).toHaveLength(2);
    // It waits for the 200 to the BYE.
    for (const { agent } of [caller, callee]) await agent.close();
    expect(proxy.open).toBe(0);
    await middle.agent.close();
    for (const { transport } of [caller, callee, middle]) {
      await transport.close();
      expect(transport.openConnections).toBe(0);
    }
  });
});
