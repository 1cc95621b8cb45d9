import type { SipRequest } from '../../../runtime/sip/message/message';
import {
  Registration,
  type RegistrationOptions,
  type RegistrationState,
} from '../../../runtime/sip/ua/registration';
import type { KeepAliveOptions } from '../../../runtime/sip/transport/port';
import type { Channel } from '../../../runtime/sip/transport/port';
import { ScriptedPeer } from '../../support/sip-pair';

const contact = 'sip:alice@192.0.2.1:5060';
const hour = 3_600_000;

class Registering {
  readonly peer: ScriptedPeer;
  readonly registration: Registration;
  readonly states: RegistrationState[] = [];

  constructor(options: Partial<RegistrationOptions> = {}, peer = new ScriptedPeer()) {
    this.peer = peer;
    this.registration = new Registration(peer.agent.elements, {
      aor: 'sip:alice@example.com',
      registrar: 'sip:192.0.2.9',
      onState: (state) => this.states.push(state),
      ...options,
    });
  }

  get kinds(): string[] {
    return this.states.map((state) => state.type);
  }

  next(): SipRequest {
    return this.peer.nextRequest('REGISTER');
  }

  async answer(
    status: number,
    headers: Readonly<Record<string, string>> = {},
    request = this.next(),
  ): Promise<SipRequest> {
    this.peer.respond(request, status, { headers });
    await this.peer.clock.run(0);
    return request;
  }

  async granted(seconds: number): Promise<SipRequest> {
    return this.answer(200, { Contact: `<${contact}>;expires=${seconds}` });
  }

  /** Milliseconds until the next REGISTER goes out. */
  async untilNext(limit = 4 * hour): Promise<number> {
    const { clock, inbox } = this.peer;
    const start = clock.now();
    await clock.runUntil(() => inbox.length > 0, limit);
    return clock.now() - start;
  }

  async close(): Promise<void> {
    const closed = this.registration.close();
    const { inbox } = this.peer;
    for (const message of inbox.splice(0)) {
      if (message.kind === 'request') this.peer.respond(message, 200);
    }
    await this.peer.clock.run(0);
    await closed;
    await this.peer.expectNothingLeft();
  }
}

describe('a registration (RFC 3261 §10.2)', () => {
  it('names the address of record, its registrar and our Contact, and asks for an hour', async () => {
    const scene = new Registering({ displayName: 'Alice', q: 0.5, headers: [['X-Trunk', 'a']] });
    scene.registration.start();
    const register = scene.next();
    expect(register.requestUri).toBe('sip:192.0.2.9');
    expect(register.to).toMatchObject({ uriText: 'sip:alice@example.com', tag: undefined });
    expect(register.from).toMatchObject({
      uriText: 'sip:alice@example.com',
      displayName: 'Alice',
    });
    expect(register.from.tag).toBeDefined();
    expect(register.contacts[0]?.uriText).toBe(contact);
    expect(register.contacts[0]?.params.get('q')).toBe('0.5');
    expect(register.expires).toBe(3_600);
    expect(register.supported).toContain('path');
    expect(register.headers.get('X-Trunk')).toBe('a');
    expect(scene.registration.state.type).toBe('registering');
    await scene.answer(200, { Contact: `<${contact}>;expires=1800` }, register);
    expect(scene.registration.state).toMatchObject({
      type: 'registered',
      until: scene.peer.clock.now() + 1_800_000,
      contact,
    });
    await scene.close();
  });

  it.each([
    [3_600, 3_000],
    [60, 30],
  ])(
    'of %i s is refreshed in its last part, up to a tenth before %i s',
    async (granted, latest) => {
      const scene = new Registering();
      scene.registration.start();
      const first = await scene.granted(granted);
      const wait = await scene.untilNext();
      expect(wait).toBeLessThanOrEqual(latest * 1_000);
      expect(wait).toBeGreaterThan(latest * 900);
      const second = await scene.granted(granted);
      expect(second.callId).toBe(first.callId);
      expect(second.from.tag).toBe(first.from.tag);
      expect(second.cseq.sequence).toBe(first.cseq.sequence + 1);
      await scene.close();
    },
  );

  it('believes the Expires header when the Contact says nothing, and itself when neither does', async () => {
    const scene = new Registering({ expires: 600_000 });
    scene.registration.start();
    await scene.answer(200, { Contact: `<${contact}>`, Expires: '120' });
    const { clock } = scene.peer;
    expect(scene.registration.state).toMatchObject({ until: clock.now() + 120_000 });
    await scene.untilNext();
    await scene.answer(200);
    expect(scene.registration.state).toMatchObject({ until: clock.now() + 600_000 });
    await scene.close();
  });

  it('finds its own among the contacts of others', async () => {
    const scene = new Registering();
    scene.registration.start();
    await scene.answer(200, {
      Contact: `<sip:alice@192.0.2.50>;expires=9000, <${contact};ob>;expires=300`,
    });
    const { clock } = scene.peer;
    expect(scene.registration.state).toMatchObject({ until: clock.now() + 300_000 });
    await scene.close();
  });

  it('asks for more at once when 423 says so (§10.2.8), and stays with it', async () => {
    const scene = new Registering({ expires: 60_000 });
    scene.registration.start();
    await scene.answer(423, { 'Min-Expires': '300' });
    expect(scene.peer.inbox).toHaveLength(1);
    const again = await scene.granted(300);
    expect(again.expires).toBe(300);
    await scene.untilNext();
    expect((await scene.granted(300)).expires).toBe(300);
    expect(scene.kinds).toEqual(['registered', 'registered']);
    await scene.close();
  });

  it('is not led on by a registrar that always wants more', async () => {
    const scene = new Registering({ expires: 60_000 });
    scene.registration.start();
    for (const least of [100, 200, 300]) {
      await scene.answer(423, { 'Min-Expires': String(least) });
    }
    expect(scene.peer.inbox).toEqual([]);
    expect(scene.registration.state).toMatchObject({ type: 'failed', status: 423 });
    await scene.close();
  });

  it('answers a challenge, and counts its nonce on in the refreshes (RFC 7616 §3.4)', async () => {
    const scene = new Registering({ credentials: [{ username: 'alice', password: 'secret' }] });
    const challenge = { 'WWW-Authenticate': 'Digest realm="r", nonce="n1", qop="auth"' };
    scene.registration.start();
    const bare = await scene.answer(401, challenge);
    expect(bare.headers.has('Authorization')).toBe(false);
    const first = await scene.granted(60);
    expect(first.headers.get('Authorization')).toMatch(/username="alice".*nc=00000001/);
    expect(first.cseq.sequence).toBe(2);
    await scene.untilNext();
    const second = await scene.granted(60);
    expect(second.headers.get('Authorization')).toContain('nc=00000002');
    await scene.untilNext();
    await scene.answer(401, {
      'WWW-Authenticate': 'Digest realm="r", nonce="n2", qop="auth", stale=true',
    });
    const fresh = await scene.granted(60);
    expect(fresh.headers.get('Authorization')).toMatch(/nonce="n2".*nc=00000001/);
    expect(scene.kinds).toEqual(['registered', 'registered', 'registered']);
    await scene.close();
  });

  it('with a wrong password fails once, and waits', async () => {
    const scene = new Registering({ credentials: [{ username: 'alice', password: 'wrong' }] });
    const challenge = { 'WWW-Authenticate': 'Digest realm="r", nonce="n1", qop="auth"' };
    scene.registration.start();
    await scene.answer(401, challenge);
    await scene.answer(401, {
      'WWW-Authenticate': 'Digest realm="r", nonce="n2", qop="auth"',
    });
    expect(scene.peer.inbox).toEqual([]);
    expect(scene.registration.state).toMatchObject({ type: 'failed', status: 401 });
    await scene.close();
  });

  it('keeps Service-Route (RFC 3608) and Path (RFC 3327) in their order', async () => {
    const scene = new Registering({ routes: ['<sip:192.0.2.20;lr>'] });
    scene.registration.start();
    const register = scene.next();
    expect(register.headers.getAll('Route')).toEqual(['<sip:192.0.2.20;lr>']);
    expect(scene.peer.transport.opened.at(-1)?.host).toBe('192.0.2.20');
    await scene.answer(
      200,
      {
        'Service-Route': '<sip:a.example.com;lr>, <sip:b.example.com;lr>',
        Path: '<sip:edge.example.com;lr>',
      },
      register,
    );
    expect(scene.registration.state).toMatchObject({
      serviceRoute: ['<sip:a.example.com;lr>', '<sip:b.example.com;lr>'],
      path: ['<sip:edge.example.com;lr>'],
    });
    await scene.close();
  });

  it('takes its binding back when it is closed', async () => {
    const scene = new Registering();
    scene.registration.start();
    await scene.granted(3_600);
    const closed = scene.registration.close();
    const last = scene.next();
    expect(last.expires).toBe(0);
    expect(last.contacts.map((each) => each.uriText)).toEqual([contact]);
    await scene.answer(200, {}, last);
    await closed;
    expect(scene.kinds).toEqual(['registered', 'closed']);
    await scene.peer.expectNothingLeft();
  });

  it('closes within four seconds when the registrar is silent, and at once when nothing is bound', async () => {
    const scene = new Registering();
    scene.registration.start();
    await scene.granted(3_600);
    const closed = scene.registration.close();
    await scene.peer.clock.run(4_000);
    await closed;
    await scene.peer.expectNothingLeft();

    const idle = new Registering();
    await idle.registration.close();
    expect([idle.kinds, idle.peer.inbox]).toEqual([['closed'], []]);
  });

  it('takes back also what was still on its way', async () => {
    const scene = new Registering();
    scene.registration.start();
    scene.next();
    const closed = scene.registration.close();
    expect(scene.next().expires).toBe(0);
    await scene.peer.clock.run(4_000);
    await closed;
    await scene.peer.expectNothingLeft();
  });
});

describe('a registrar that fails (RFC 5626 §4.5)', () => {
  it('is asked again at random times in intervals that double, up to half an hour', async () => {
    const scene = new Registering();
    scene.registration.start();
    for (const upper of [60, 120, 240, 480, 960, 1_800, 1_800]) {
      await scene.answer(500);
      const { state } = scene.registration;
      const wait = await scene.untilNext();
      expect(wait).toBeGreaterThanOrEqual(upper * 500);
      expect(wait).toBeLessThanOrEqual(upper * 1_000);
      expect(state).toMatchObject({ type: 'failed', status: 500 });
      expect(state.type === 'failed' && state.retryAt).toBe(scene.peer.clock.now());
    }
    await scene.granted(3_600);
    expect(scene.registration.state.type).toBe('registered');
    await scene.close();
  });

  it('is not asked before the time of its Retry-After', async () => {
    const scene = new Registering();
    scene.registration.start();
    await scene.answer(503, { 'Retry-After': '900' });
    expect(await scene.untilNext()).toBe(900_000);
    await scene.granted(60);
    await scene.close();
  });

  it('that is out for an hour is found again, and the intervals begin anew', async () => {
    const scene = new Registering();
    scene.registration.start();
    await scene.granted(60);
    const { clock, inbox } = scene.peer;
    const until = clock.now() + hour;
    while (clock.now() < until) {
      await clock.run(1_000);
      inbox.length = 0;
    }
    expect(scene.registration.state).toMatchObject({ type: 'failed', status: 408 });
    expect(scene.kinds.filter((kind) => kind === 'failed').length).toBeGreaterThan(3);
    await scene.untilNext();
    await scene.granted(60);
    expect(scene.registration.state.type).toBe('registered');
    await scene.untilNext();
    await scene.answer(500);
    expect(await scene.untilNext()).toBeLessThanOrEqual(60_000);
    await scene.granted(60);
    await scene.close();
  });

  it('that grants nothing has failed', async () => {
    const scene = new Registering();
    scene.registration.start();
    await scene.granted(0);
    expect(scene.registration.state).toMatchObject({
      type: 'failed',
      reason: 'the binding was not granted',
    });
    await scene.close();
  });

  it('is asked at once when the owner knows that the network has changed', async () => {
    const scene = new Registering();
    scene.registration.start();
    await scene.answer(500);
    scene.registration.refresh();
    expect(scene.peer.inbox).toHaveLength(1);
    scene.registration.refresh();
    expect(scene.peer.inbox).toHaveLength(1);
    await scene.granted(60);
    await scene.close();
  });

  it('that cannot be reached at all is a failure with the reason', async () => {
    const scene = new Registering();
    scene.peer.transport.failure = new Error('no route to host');
    scene.registration.start();
    await scene.peer.clock.run(0);
    expect(scene.registration.state).toMatchObject({
      type: 'failed',
      status: 503,
      reason: 'no route to host',
    });
    await scene.close();
  });
});

describe('the flow to a registrar (RFC 5626)', () => {
  class Pings {
    readonly running: KeepAliveOptions[] = [];
    interval = 0;

    constructor(readonly peer: ScriptedPeer) {
      const open = peer.transport.open.bind(peer.transport);
      let flows = 0;
      peer.transport.open = (target, request): Channel => {
        flows += 1;
        return { ...open(target, request), flow: `flow-${flows}` };
      };
      peer.transport.openFlow = (flow, request) => ({
        ...open({ protocol: 'TCP', host: '192.0.2.9', port: 5060 }, request),
        flow,
      });
      peer.transport.keepAlive = (_flow, options) => {
        this.running.push(options);
        this.interval = options.interval;
        return () => {
          const index = this.running.indexOf(options);
          if (index >= 0) this.running.splice(index, 1);
        };
      };
    }
  }

  function outbound(): { scene: Registering; pings: Pings } {
    const peer = new ScriptedPeer({}, 'TCP');
    const pings = new Pings(peer);
    const options = {
      instanceId: 'urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF',
      regId: 1,
      registrar: 'sip:192.0.2.9;transport=tcp',
    };
    return { scene: new Registering(options, peer), pings };
  }

  it('is asked for with instance and reg-id, and pinged within the Flow-Timer', async () => {
    const { scene, pings } = outbound();
    scene.registration.start();
    const register = await scene.answer(200, {
      Contact: `<${contact};transport=tcp>;expires=600`,
      'Flow-Timer': '40',
      Require: 'outbound',
    });
    const [ours] = register.contacts;
    expect(ours?.params.get('+sip.instance')).toBe(
      '<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>',
    );
    expect(ours?.params.get('reg-id')).toBe('1');
    expect(register.supported).toContain('outbound');
    expect(scene.registration.state).toMatchObject({ flow: 'flow-1' });
    expect(pings.interval).toBeLessThanOrEqual(36_000);
    expect(pings.interval).toBeGreaterThanOrEqual(28_000);
    await scene.close();
    expect(pings.running).toEqual([]);
  });

  it('is replaced within a second when it fails after it had stood', async () => {
    const { scene, pings } = outbound();
    scene.registration.start();
    await scene.granted(600);
    await scene.peer.clock.run(40_000);
    pings.running[0]?.onFailed();
    expect(await scene.untilNext()).toBeLessThanOrEqual(1_000);
    await scene.granted(600);
    expect(scene.registration.state).toMatchObject({ type: 'registered', flow: 'flow-2' });
    await scene.close();
  });

  it('that closes as soon as it stands counts as a failure', async () => {
    const { scene } = outbound();
    scene.registration.start();
    await scene.granted(600);
    scene.registration.onFlowClosed('flow-9');
    expect(scene.registration.state.type).toBe('registered');
    scene.registration.onFlowClosed('flow-1');
    expect(scene.registration.state.type).toBe('failed');
    expect(await scene.untilNext()).toBeGreaterThanOrEqual(30_000);
    await scene.granted(600);
    await scene.close();
  });

  it('is what refreshes go along', async () => {
    const { scene } = outbound();
    scene.registration.start();
    await scene.granted(60);
    await scene.untilNext();
    await scene.granted(60);
    expect(scene.registration.state).toMatchObject({ flow: 'flow-1' });
    await scene.close();
  });
});

describe('a Contact that has changed', () => {
  it('replaces the one before: the registrar is told of both', async () => {
    const scene = new Registering();
    scene.registration.start();
    await scene.granted(60);
    scene.peer.transport.contactAddress = () => ({
      protocol: 'UDP',
      host: '203.0.113.5',
      port: 5060,
    });
    await scene.untilNext();
    const register = scene.next();
    expect(register.contacts.map((each) => [each.uriText, each.params.get('expires')])).toEqual([
      ['sip:alice@203.0.113.5:5060', undefined],
      [contact, '0'],
    ]);
    await scene.answer(200, {}, register);
    expect(scene.registration.state).toMatchObject({ contact: 'sip:alice@203.0.113.5:5060' });
    await scene.close();
  });
});
