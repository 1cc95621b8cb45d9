import { DefectError } from '../../../runtime/core/errors';
import { trace, type SipMessageTrace } from '../../../runtime/core/trace';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { DatagramNetwork } from '../../../runtime/sip/transport/port';
import {
  fail,
  loopbacks,
  ok,
  outgoing,
  TestLayer,
  UdpPeer,
  watchDrops,
  wire,
  type Inbox,
} from './harness';
import type { DropTrace } from '../../../runtime/core/trace';

describe.each(loopbacks)('SIP over UDP at %s', (host) => {
  const literal = host.includes(':') ? `[${host}]` : host;
  let clock: VirtualClock;
  let ours: TestLayer;
  let peer: UdpPeer;
  let drops: { readonly reasons: Inbox<DropTrace>; readonly stop: () => void };

  beforeEach(async () => {
    clock = new VirtualClock();
    drops = watchDrops();
    ours = await TestLayer.start(clock, [{ protocol: 'UDP', host, port: 0 }]);
    peer = await UdpPeer.start(host);
  });

  afterEach(async () => {
    drops.stop();
    peer.close();
    await ours.layer.close();
    expect(ours.layer.openConnections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  describe('a request that arrives', () => {
    test('gets `received` when its sent-by is a name', async () => {
      peer.send(wire({ via: 'SIP/2.0/UDP pc.example:5070;branch=z9hG4bKa' }), ours.address('UDP'));
      const { message } = await ours.requests.next();
      expect(message.topVia).toMatchObject({ host: 'pc.example', port: 5070, received: host });
      expect(message.topVia.branch).toBe('z9hG4bKa');
    });

    test('gets none when its sent-by is the source address', async () => {
      const via = `SIP/2.0/UDP ${literal}:${peer.port};branch=z9hG4bKa`;
      peer.send(wire({ via }), ours.address('UDP'));
      const { message } = await ours.requests.next();
      expect(message.headers.get('Via')).toBe(via);
    });

    test('gets `received` and the port in `rport` when it asks for it, even where nothing differs', async () => {
      const via = `SIP/2.0/UDP ${literal}:${peer.port};rport;branch=z9hG4bKa`;
      peer.send(wire({ via }), ours.address('UDP'));
      const { message } = await ours.requests.next();
      expect(message.topVia).toMatchObject({ received: host, rport: String(peer.port) });
    });

    test('cannot forge either', async () => {
      const via = `SIP/2.0/UDP ${literal}:5070;received=203.0.113.9;rport=9;branch=z9hG4bKa`;
      peer.send(wire({ via }), ours.address('UDP'));
      const { message, channel } = await ours.requests.next();
      expect(message.topVia).toMatchObject({ received: host, rport: String(peer.port) });
      channel.send(ok(message), fail);
      expect(await peer.messages.next()).toMatchObject({ status: 200 });
    });

    test('keeps the Vias below the top one as they were', async () => {
      const via = 'SIP/2.0/UDP pc.example;branch=z9hG4bKa, SIP/2.0/UDP q.example;branch=z9hG4bKb';
      peer.send(wire({ via }), ours.address('UDP'));
      const { message } = await ours.requests.next();
      expect(message.via.map((one) => [one.host, one.received])).toEqual([
        ['pc.example', host],
        ['q.example', undefined],
      ]);
    });

    test('comes with the addresses of both sides', async () => {
      peer.send(wire(), ours.address('UDP'));
      const { channel } = await ours.requests.next();
      expect(channel.remote).toEqual({ host, port: peer.port });
      expect(channel.local).toEqual({ host, port: ours.address('UDP').port });
      expect([channel.protocol, channel.reliable]).toEqual(['UDP', false]);
      expect(ours.layer.contactAddress(channel)).toEqual(ours.address('UDP'));
    });
  });

  describe('a response of ours', () => {
    test('goes to the source port, from the port that the request came to, with `rport`', async () => {
      peer.send(
        wire({ via: 'SIP/2.0/UDP pc.example:9;rport;branch=z9hG4bKa' }),
        ours.address('UDP'),
      );
      const { message, channel } = await ours.requests.next();
      channel.send(ok(message), fail);
      expect(await peer.messages.next()).toMatchObject({ status: 200 });
      expect(peer.source).toEqual({ host, port: ours.address('UDP').port });
    });

    test('goes to the source address at the sent-by’s port without it', async () => {
      const elsewhere = await UdpPeer.start(host);
      const via = `SIP/2.0/UDP pc.example:${elsewhere.port};branch=z9hG4bKa`;
      peer.send(wire({ via }), ours.address('UDP'));
      const { message, channel } = await ours.requests.next();
      channel.send(ok(message), fail);
      expect(await elsewhere.messages.next()).toMatchObject({ status: 200 });
      elsewhere.close();
    });

    test('goes to the address in `maddr`', async () => {
      const elsewhere = await UdpPeer.start(host);
      const via = `SIP/2.0/UDP pc.example:${elsewhere.port};maddr=${host};rport;branch=z9hG4bKa`;
      peer.send(wire({ via }), ours.address('UDP'));
      const { message, channel } = await ours.requests.next();
      channel.send(ok(message), fail);
      expect(await elsewhere.messages.next()).toMatchObject({ status: 200 });
      elsewhere.close();
    });

    test('can be sent as octets', async () => {
      peer.send(wire({ via: 'SIP/2.0/UDP x:9;rport;branch=z9hG4bKa' }), ours.address('UDP'));
      const { channel } = await ours.requests.next();
      channel.sendBytes?.(Buffer.from(wire({ callId: 'octets' })), fail);
      expect(await peer.messages.next()).toMatchObject({ callId: 'octets' });
    });
  });

  describe('a request of ours', () => {
    test('has our address as sent-by, our protocol, and asks for `rport`', async () => {
      const request = outgoing();
      const { branch } = request.topVia;
      ours.send({ protocol: 'UDP', host, port: peer.port }, request);
      const sent = await peer.messages.next();
      const { port } = ours.address('UDP');
      expect(sent.topVia).toMatchObject({ protocol: 'UDP', host, port, branch, rport: '' });
      expect(sent.via).toHaveLength(1);
    });

    test('brings its response up', async () => {
      ours.send({ protocol: 'UDP', host, port: peer.port }, outgoing());
      const sent = await peer.messages.next();
      const { port } = ours.address('UDP');
      peer.send(`SIP/2.0 200 OK\r\n${headersOf(sent)}\r\n`, { host, port });
      const { message, channel } = await ours.responses.next();
      expect(message).toMatchObject({ status: 200, callId: sent.callId });
      expect(channel.remote).toEqual({ host, port: peer.port });
    });

    test('does not bring up a response whose sent-by is not ours', async () => {
      const { port } = ours.address('UDP');
      const via = `Via: SIP/2.0/UDP 203.0.113.9:${port};branch=z9hG4bKa`;
      peer.send(
        `SIP/2.0 200 OK\r\n${via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 BYE\r\n\r\n`,
        { host, port },
      );
      expect(await drops.reasons.next()).toMatchObject({ reason: 'foreign-response' });
      expect(ours.responses.size).toBe(0);
    });

    test('keeps the process alive when nobody is there', async () => {
      const gone = await UdpPeer.start(host);
      const { port } = gone;
      gone.close();
      for (let i = 0; i < 3; i += 1) {
        ours.send({ protocol: 'UDP', host, port }, outgoing(), () => undefined);
      }
      peer.send(wire(), ours.address('UDP'));
      expect(await ours.requests.next()).toMatchObject({ message: { method: 'OPTIONS' } });
    });

    test('fails later, not at once, when it cannot be sent', async () => {
      const errors: Error[] = [];
      const failed = new Promise<void>((resolve) => {
        ours.send({ protocol: 'UDP', host, port: 0 }, outgoing(), (error) => {
          errors.push(error);
          resolve();
        });
      });
      expect(errors).toEqual([]);
      await failed;
      expect(errors).toHaveLength(1);
    });

    test('fails later when the layer is closed', async () => {
      const request = outgoing();
      const channel = ours.layer.open({ protocol: 'UDP', host, port: peer.port }, request);
      await ours.layer.close();
      await new Promise((resolve) => channel.send(request, resolve));
    });
  });

  describe('what is no message', () => {
    test('is answered 400 when it is a request with a Via', async () => {
      const sound = wire({ via: 'SIP/2.0/UDP x:9;rport;branch=z9hG4bKa' });
      peer.send(sound.replace('Max-Forwards: 70', 'Max-Forwards: many'), ours.address('UDP'));
      const answer = await peer.messages.next();
      expect(answer).toMatchObject({ kind: 'response', status: 400 });
      expect(answer.to.tag).toBeDefined();
      expect(await drops.reasons.next()).toMatchObject({ reason: 'parse-error' });
      expect(ours.requests.size).toBe(0);
    });

    test('is answered 505 when the version is another', async () => {
      const other = wire({ via: 'SIP/2.0/UDP x:9;rport;branch=z9hG4bKa' });
      peer.send(other.replace(' SIP/2.0\r\n', ' SIP/7.0\r\n'), ours.address('UDP'));
      const answer = await peer.messages.next();
      expect(answer).toMatchObject({ kind: 'response', status: 505 });
      expect(answer.to.tag).toBeDefined();
    });

    test('is not answered when it is an ACK, a response, or nothing that has a Via', async () => {
      const to = ours.address('UDP');
      peer.send(wire({ method: 'ACK' }).replace('CSeq: 1 ACK', 'CSeq: x ACK'), to);
      peer.send('SIP/2.0 200 OK\r\nVia: nonsense\r\n\r\n', to);
      peer.send(Buffer.from([0x80, 0xff, 0, 1, 2, 3, 4, 5, 6, 7]), to);
      for (let i = 0; i < 3; i += 1) {
        expect(await drops.reasons.next()).toMatchObject({ reason: 'parse-error' });
      }
      peer.send(wire({ via: 'SIP/2.0/UDP x:9;rport;branch=z9hG4bKa' }), to);
      const { message, channel } = await ours.requests.next();
      channel.send(ok(message), fail);
      // The first thing that the peer hears is the answer to its first sound request.
      expect(await peer.messages.next()).toMatchObject({ status: 200 });
    });

    test('is ignored when it is a keep-alive', async () => {
      const to = ours.address('UDP');
      for (const octets of ['\r\n\r\n', '\r\n', '\0\0\0\0', '\0']) peer.send(octets, to);
      peer.send(Buffer.alloc(0), to);
      peer.send(wire(), to);
      await ours.requests.next();
      expect(drops.reasons.size).toBe(0);
    });
  });

  describe('traces', () => {
    test('each message that comes and goes, with its octets, while somebody listens', async () => {
      const traced: SipMessageTrace[] = [];
      const stop = trace.sipMessage.subscribe((event) => traced.push(event));
      const via = 'SIP/2.0/UDP x:9;rport;branch=z9hG4bKa';
      const text = wire({ via, callId: 'traced' });
      peer.send(text, ours.address('UDP'));
      const { message, channel } = await ours.requests.next();
      channel.send(ok(message), fail);
      const answer = await peer.raw.next();
      channel.sendBytes?.(answer, fail);
      stop();
      channel.send(ok(message), fail);
      await peer.raw.next();
      const where = {
        time: clock.now(),
        protocol: 'UDP',
        local: { host, port: ours.address('UDP').port },
        remote: { host, port: peer.port },
        callId: 'traced',
      };
      expect(traced).toMatchObject([
        { ...where, direction: 'in' },
        { ...where, direction: 'out' },
        { ...where, direction: 'out' },
      ]);
      expect(Buffer.from(traced[0]!.bytes).toString()).toBe(text);
      expect(Buffer.from(traced[1]!.bytes).equals(answer)).toBe(true);
    });
  });
});

describe('the datagram network', () => {
  test('can be replaced, and what is bound is closed with the layer', async () => {
    const clock = new VirtualClock();
    let open = 0;
    const network: DatagramNetwork = {
      bind: (local) => {
        open += 1;
        return Promise.resolve({
          local,
          send: () => undefined,
          close: () => {
            open -= 1;
            return Promise.resolve();
          },
        });
      },
    };
    const listen = [{ protocol: 'UDP', host: '10.0.0.1', port: 5060 }] as const;
    const { layer } = await TestLayer.start(clock, listen, { network });
    expect(open).toBe(1);
    expect(layer.openConnections).toBe(1);
    await layer.close();
    expect(open).toBe(0);
  });

  test('a channel of somebody else is a defect', async () => {
    const clock = new VirtualClock();
    const { layer } = await TestLayer.start(clock, []);
    const stranger = {
      protocol: 'UDP',
      reliable: false,
      local: { host: '127.0.0.1', port: 1 },
      remote: { host: '127.0.0.1', port: 2 },
      send: () => undefined,
    } as const;
    expect(() => layer.contactAddress(stranger)).toThrow(DefectError);
  });
});

/** Via, From, To, Call-ID and CSeq of a message, each with its line end. */
function headersOf(message: {
  readonly headers: { get(name: string): string | undefined };
}): string {
  return ['Via', 'From', 'To', 'Call-ID', 'CSeq']
    .map((name) => `${name}: ${message.headers.get(name) ?? ''}\r\n`)
    .join('');
}
