import { trace } from '../../../runtime/core/trace';
import { createRequest } from '../../../runtime/sip/message/create';
import type { SipRequest, SipResponse } from '../../../runtime/sip/message/message';
import { parseUri } from '../../../runtime/sip/message/uri';
import type { Resolver } from '../../../runtime/sip/resolve/port';
import type { ClientTransactionHandler } from '../../../runtime/sip/transaction/port';
import type { Channel, Target } from '../../../runtime/sip/transport/port';
import type { SendOptions } from '../../../runtime/sip/ua/port';
import { ScriptedPeer } from '../../support/sip-pair';

const first: Target = { protocol: 'UDP', host: '192.0.2.31', port: 5060 };
const second: Target = { protocol: 'TCP', host: '192.0.2.32', port: 5070 };
const third: Target = { protocol: 'UDP', host: '192.0.2.33', port: 5060 };

class Heard implements ClientTransactionHandler {
  readonly log: string[] = [];
  onProvisional(response: SipResponse): void {
    this.log.push(String(response.status));
  }
  onFinal(response: SipResponse): void {
    this.log.push(String(response.status));
  }
  onTimeout(): void {
    this.log.push('timeout');
  }
  onTransportError(error: Error): void {
    this.log.push(error.message);
  }
  onTerminated(): void {
    this.log.push('terminated');
  }
}

function resolverOf(targets: readonly Target[] | Promise<readonly Target[]>): Resolver {
  return { resolve: () => targets, close: () => undefined };
}

function peerWith(targets: readonly Target[] | Promise<readonly Target[]>): ScriptedPeer {
  return new ScriptedPeer({}, 'UDP', undefined, { resolver: resolverOf(targets) });
}

function request(peer: ScriptedPeer, method = 'OPTIONS'): SipRequest {
  return createRequest({
    method,
    requestUri: 'sip:bob@example.com',
    headers: [
      ['Via', peer.agent.elements.newVia('z9hG4bKgiven')],
      ['Max-Forwards', '70'],
      ['From', '<sip:alice@example.com>;tag=1'],
      ['To', '<sip:bob@example.com>'],
      ['Call-ID', 'one'],
      ['CSeq', `1 ${method}`],
    ],
  });
}

function send(
  peer: ScriptedPeer,
  more: Partial<SendOptions> = {},
  method = 'OPTIONS',
): { heard: Heard; sent: ReturnType<ScriptedPeer['agent']['elements']['send']> } {
  const heard = new Heard();
  const sent = peer.agent.elements.send({
    request: request(peer, method),
    nextHop: parseUri('sip:bob@example.com'),
    handler: heard,
    ...more,
  });
  return { heard, sent };
}

const hosts = (peer: ScriptedPeer): string[] => peer.transport.opened.map((each) => each.host);

describe('a request that has several targets (RFC 3263 §4.3)', () => {
  it('goes to the first, at once when nothing has to be looked up, with the branch as given', async () => {
    const peer = peerWith([first, second]);
    const { heard, sent } = send(peer);
    const options = peer.nextRequest('OPTIONS');
    expect(options.topVia).toMatchObject({ branch: 'z9hG4bKgiven', host: '192.0.2.1' });
    expect(sent.channel?.remote).toEqual({ host: first.host, port: first.port });
    peer.respond(options, 200);
    expect(heard.log).toEqual(['200']);
    await peer.expectNothingLeft();
    expect(heard.log).toEqual(['200', 'terminated']);
    expect(hosts(peer)).toEqual([first.host]);
  });

  it('goes to the next after 503, in a transaction of its own whose branch begins alike', async () => {
    const peer = peerWith([first, second, third]);
    const { heard, sent } = send(peer);
    peer.respond(peer.nextRequest('OPTIONS'), 503);
    const again = peer.nextRequest('OPTIONS');
    expect(again.topVia).toMatchObject({ branch: 'z9hG4bKgiven.2', protocol: 'TCP' });
    peer.respond(again, 503);
    const last = peer.nextRequest('OPTIONS');
    expect(last.topVia).toMatchObject({ branch: 'z9hG4bKgiven.3', protocol: 'UDP' });
    expect(heard.log).toEqual([]);
    expect(sent.request.topVia.branch).toBe('z9hG4bKgiven.3');
    peer.respond(last, 486);
    expect(heard.log).toEqual(['486']);
    await peer.expectNothingLeft();
    expect(hosts(peer)).toEqual([first.host, second.host, third.host]);
  });

  it('is refused with the 503 of the last', async () => {
    const peer = peerWith([first, second]);
    const { heard } = send(peer);
    peer.respond(peer.nextRequest('OPTIONS'), 503);
    peer.respond(peer.nextRequest('OPTIONS'), 503);
    expect(heard.log[0]).toBe('503');
    await peer.expectNothingLeft();
  });

  it('is refused with the 503 of the first when the others cannot even be opened', async () => {
    const peer = peerWith([first, second]);
    const open = peer.transport.open.bind(peer.transport);
    peer.transport.open = (target, message) => {
      if (target.host === second.host) throw new Error('no listener');
      return open(target, message);
    };
    const { heard } = send(peer);
    peer.respond(peer.nextRequest('OPTIONS'), 503);
    await peer.clock.run(0);
    expect(heard.log).toEqual(['503']);
    await peer.expectNothingLeft();
  });

  it.each(['OPTIONS', 'INVITE'])(
    'goes to the next when %s meets silence for 64*T1',
    async (method) => {
      const peer = peerWith([first, second]);
      const { heard } = send(peer, {}, method);
      await peer.clock.run(31_999);
      expect(hosts(peer)).toEqual([first.host]);
      await peer.clock.run(1);
      expect(hosts(peer)).toEqual([first.host, second.host]);
      expect(heard.log).toEqual([]);
      await peer.clock.run(32_000);
      expect(heard.log).toEqual(['timeout', 'terminated']);
      await peer.expectNothingLeft();
    },
  );

  it('goes to the next on a transport error, and tells the last one', async () => {
    const peer = peerWith([first, second]);
    peer.transport.failure = new Error('refused');
    const { heard } = send(peer);
    expect(heard.log).toEqual([]);
    await peer.clock.run(0);
    expect(hosts(peer)).toEqual([first.host, second.host]);
    expect(heard.log).toEqual(['refused', 'terminated']);
    await peer.expectNothingLeft();
  });

  it('passes over a target that no listener of ours serves', async () => {
    const peer = peerWith([first, third]);
    const open = peer.transport.open.bind(peer.transport);
    peer.transport.open = (target, message) => {
      if (target.host === first.host) throw new Error('no listener');
      return open(target, message);
    };
    send(peer);
    const options = peer.nextRequest('OPTIONS');
    expect(options.topVia.branch).toBe('z9hG4bKgiven');
    peer.respond(options, 200);
    expect(hosts(peer)).toEqual([third.host]);
    await peer.expectNothingLeft();
  });

  it('tries no more than eight, whatever the DNS says', async () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ ...first, host: `192.0.2.${i + 60}` }));
    const peer = peerWith(many);
    const { heard } = send(peer);
    for (let i = 0; i < 8; i += 1) peer.respond(peer.nextRequest('OPTIONS'), 503);
    expect(heard.log[0]).toBe('503');
    expect(peer.transport.opened).toHaveLength(8);
    await peer.expectNothingLeft();
  });

  it('has nothing in it that an earlier attempt put in', async () => {
    const peer = peerWith([first, second]);
    send(peer, {
      onChannel: (channel, message) => {
        message.headers.prepend('Record-Route', `<sip:${channel.remote.host};lr>`);
      },
    });
    peer.respond(peer.nextRequest('OPTIONS'), 503);
    const again = peer.nextRequest('OPTIONS');
    expect(again.headers.getAll('Record-Route')).toEqual(['<sip:192.0.2.32;lr>']);
    peer.respond(again, 200);
    await peer.expectNothingLeft();
  });

  it('hears nothing of a transaction that was given up', async () => {
    const peer = peerWith([first, second]);
    const { heard } = send(peer);
    const lost = peer.nextRequest('OPTIONS');
    peer.respond(lost, 503);
    const again = peer.nextRequest('OPTIONS');
    await peer.clock.run(6_000);
    expect(heard.log).toEqual([]);
    peer.respond(again, 200);
    expect(heard.log).toEqual(['200', 'terminated']);
    await peer.expectNothingLeft();
  });

  it('ends with an error, later, when its next hop has no target', async () => {
    const peer = peerWith(Promise.reject(new Error('NXDOMAIN')));
    const { heard } = send(peer);
    expect(heard.log).toEqual([]);
    await peer.clock.run(0);
    expect(heard.log).toEqual(['NXDOMAIN']);
    await peer.expectNothingLeft();
  });

  it('takes the fallback when its next hop has no target', async () => {
    const peer = peerWith(Promise.reject(new Error('NXDOMAIN')));
    const fallback = peer.transport.channel({ host: '192.0.2.77', port: 5077 });
    send(peer, { fallback });
    await peer.clock.run(0);
    expect(hosts(peer)).toEqual(['192.0.2.77']);
    peer.respond(peer.nextRequest('OPTIONS'), 200);
    await peer.expectNothingLeft();
  });

  it('is held up by the promise of its owner, and fails with it', async () => {
    const peer = peerWith([first]);
    let ready: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (ready = resolve));
    send(peer, { onChannel: () => held });
    await peer.clock.run(100);
    expect(peer.inbox).toEqual([]);
    ready();
    await peer.clock.run(0);
    peer.respond(peer.nextRequest('OPTIONS'), 200);

    const { heard } = send(peer, { onChannel: () => Promise.reject(new Error('no ports')) });
    await peer.clock.run(0);
    expect(heard.log).toEqual(['no ports']);
    expect(peer.inbox).toEqual([]);
    await peer.expectNothingLeft();
  });

  it('that was abandoned before its target was known is never sent', async () => {
    const peer = peerWith(Promise.resolve([first]));
    const { heard, sent } = send(peer);
    sent.abandon();
    await peer.expectNothingLeft();
    expect(peer.inbox).toEqual([]);
    expect(heard.log).toEqual([]);
  });
});

describe('a flow (RFC 5626 §5.3)', () => {
  function withFlow(open: () => boolean): ScriptedPeer {
    const peer = peerWith([second]);
    peer.transport.openFlow = (flow: string, message: SipRequest): Channel | undefined =>
      flow === 'flow-1' && open() ? peer.transport.open(third, message) : undefined;
    return peer;
  }

  it('is tried first', async () => {
    const peer = withFlow(() => true);
    send(peer, { flow: 'flow-1' });
    peer.respond(peer.nextRequest('OPTIONS'), 200);
    expect(hosts(peer)).toEqual([third.host]);
    await peer.expectNothingLeft();
  });

  it('that is closed leaves the next hop', async () => {
    const peer = withFlow(() => false);
    send(peer, { flow: 'flow-1' });
    expect(hosts(peer)).toEqual([second.host]);
    peer.respond(peer.nextRequest('OPTIONS'), 200);
    await peer.expectNothingLeft();
  });

  it('that fails is followed by the next hop', async () => {
    const peer = withFlow(() => true);
    const { heard } = send(peer, { flow: 'flow-1' });
    peer.respond(peer.nextRequest('OPTIONS'), 503);
    expect(hosts(peer)).toEqual([third.host, second.host]);
    peer.respond(peer.nextRequest('OPTIONS'), 200);
    expect(heard.log).toEqual(['200', 'terminated']);
    await peer.expectNothingLeft();
  });
});

describe('the CANCEL of an INVITE that was sent (RFC 3261 §9.1)', () => {
  it('goes the same way as the attempt that is out, with its branch', async () => {
    const peer = peerWith([first, second]);
    const { heard, sent } = send(peer, {}, 'INVITE');
    const lost = peer.nextRequest('INVITE');
    peer.respond(lost, 503);
    peer.nextRequest('ACK');
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 180);
    expect(sent.cancel([['Reason', 'SIP;cause=200']])).toBe(true);
    const cancel = peer.nextRequest('CANCEL');
    expect(cancel.headers.get('Via')).toBe(invite.headers.get('Via'));
    expect(cancel.headers.get('Reason')).toBe('SIP;cause=200');
    expect(hosts(peer)).toEqual([first.host, second.host]);
    peer.respond(cancel, 200);
    peer.respond(invite, 487);
    expect(heard.log.slice(0, 2)).toEqual(['180', '487']);
    await peer.expectNothingLeft();
  });

  it('waits for a provisional response, and tries no further target', async () => {
    const peer = peerWith([first, second]);
    const { heard, sent } = send(peer, {}, 'INVITE');
    const invite = peer.nextRequest('INVITE');
    expect(sent.cancel()).toBe(true);
    expect(peer.inbox).toEqual([]);
    peer.respond(invite, 100);
    peer.respond(peer.nextRequest('CANCEL'), 200);
    peer.respond(invite, 503);
    expect(heard.log.slice(0, 2)).toEqual(['100', '503']);
    await peer.expectNothingLeft();
    expect(hosts(peer)).toEqual([first.host]);
  });

  it('gives an INVITE up that stays unanswered for 64*T1', async () => {
    const peer = peerWith([first]);
    const { heard, sent } = send(peer, {}, 'INVITE');
    peer.respond(peer.nextRequest('INVITE'), 180);
    sent.cancel();
    peer.respond(peer.nextRequest('CANCEL'), 200);
    await peer.clock.run(32_000);
    expect(heard.log).toEqual(['180', 'timeout', 'terminated']);
    await peer.expectNothingLeft();
  });

  it('is none when nothing is out', async () => {
    const peer = peerWith(Promise.resolve([first]));
    const { heard, sent } = send(peer, {}, 'INVITE');
    expect(sent.cancel()).toBe(false);
    await peer.expectNothingLeft();
    expect([heard.log, peer.inbox]).toEqual([[], []]);
  });

  it('leaves no timer behind when the agent closes', async () => {
    const peer = peerWith([first]);
    const { sent } = send(peer, {}, 'INVITE');
    peer.respond(peer.nextRequest('INVITE'), 180);
    sent.cancel();
    await peer.agent.close();
    expect(peer.clock.pending).toBe(0);
  });
});

describe('a request without a transaction', () => {
  it('goes to the next target when the first cannot be reached, and is dropped and counted in the end', async () => {
    const peer = peerWith([first, second]);
    const drops: string[] = [];
    const stop = trace.drop.subscribe((event) => drops.push(event.reason));
    peer.agent.elements.sendStateless(request(peer, 'ACK'), parseUri('sip:bob@example.com'));
    expect(peer.nextRequest('ACK').topVia.branch).toBe('z9hG4bKgiven');
    peer.transport.failure = new Error('refused');
    peer.agent.elements.sendStateless(request(peer, 'ACK'), parseUri('sip:bob@example.com'));
    await peer.clock.run(0);
    stop();
    expect(hosts(peer)).toEqual([first.host, first.host, second.host]);
    expect(drops).toEqual(['unsendable-request']);
    await peer.expectNothingLeft();
  });
});
