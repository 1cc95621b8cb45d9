import {
  channelOf,
  phone,
  RegistrarBench,
  type ChannelOptions,
  type RegisterOptions,
} from './support/registrar-bench';
import type { SipResponse } from '../../../runtime/sip/message/message';
import type { ForwardTarget } from '../../../runtime/sip/server/port';

const aor = 'sip:alice@example.com';
const uuid = '<urn:uuid:00000000-0000-1000-8000-000a95a0e128>';
const instance = `+sip.instance="${uuid}"`;
const edgeVia = [
  'SIP/2.0/UDP edge.example.com;branch=z9hG4bKe',
  'SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKp',
];
const tcp: ChannelOptions = { protocol: 'TCP', remote: phone, flow: 'tcp:1' };

let bench: RegistrarBench;

beforeEach(() => {
  bench = new RegistrarBench({ flowTimer: 120_000 });
});

afterEach(() => {
  bench.close();
  expect(bench.clock.pending).toBe(0);
});

function register(options: RegisterOptions, channel: ChannelOptions = {}): SipResponse {
  return bench.register(options, channelOf(channel));
}

function targets(): readonly ForwardTarget[] {
  return bench.location.targets(aor);
}

describe('Path (RFC 3327 §5.3)', () => {
  const lines = [
    'Contact: <sip:alice@10.0.0.5>',
    'Path: <sip:near.example.com;lr>',
    'Path: "Edge, 1" <sip:token@edge.example.com;lr>',
  ];

  it('is kept in its order, given back, and the way that requests take', () => {
    const response = register({ via: edgeVia, lines: [...lines, 'Supported: path'] });
    const path = ['<sip:near.example.com;lr>', '"Edge, 1" <sip:token@edge.example.com;lr>'];
    expect(response.status).toBe(200);
    expect(response.headers.getAll('Path')).toEqual(path);
    // The flow is that of the proxy, not of the phone.
    expect(targets()).toEqual([{ uri: 'sip:alice@10.0.0.5', routes: path, q: 1 }]);
  });

  it('that the phone does not know of is 420 and names the extension', () => {
    const response = register({ via: edgeVia, lines });
    expect(response.status).toBe(420);
    expect(response.unsupported).toEqual(['path']);
    expect(bench.location.size).toBe(0);
  });

  it('is taken all the same where the configuration says so', () => {
    bench.setOptions({ needsPathSupport: false });
    expect(register({ via: edgeVia, lines }).status).toBe(200);
    expect(targets()[0]?.routes).toHaveLength(2);
  });

  it("counts where a proxy has left no Via: the flow is not the phone's", () => {
    register({ lines: [...lines, 'Supported: path'] });
    expect(targets()[0]?.flow).toBeUndefined();
  });

  it('that is malformed is 400', () => {
    const bad = ['Contact: <sip:alice@10.0.0.5>', 'Supported: path', 'Path: <sip:near'];
    expect(register({ via: edgeVia, lines: bad }).status).toBe(400);
  });
});

describe('outbound (RFC 5626 §6)', () => {
  const outbound = `<sip:alice@10.0.0.5;transport=tcp>;reg-id=1;${instance}`;

  it('binds an instance to its flow and says so, with how long the flow may be silent', () => {
    const lines = [`Contact: ${outbound}`, 'Supported: path, outbound'];
    const response = register({ lines }, tcp);
    expect(response.status).toBe(200);
    expect(response.require).toEqual(['outbound']);
    expect(response.headers.get('Flow-Timer')).toBe('120');
    expect(response.headers.get('Contact')).toBe(
      `<sip:alice@10.0.0.5;transport=tcp>;expires=3600;${instance};reg-id=1`,
    );
    expect(targets()).toEqual([
      { uri: 'sip:alice@10.0.0.5;transport=tcp', routes: [], flow: 'tcp:1', q: 1 },
    ]);
  });

  it('does not claim outbound to a phone that has not said that it supports it', () => {
    const response = register({ lines: [`Contact: ${outbound}`] }, tcp);
    expect(response.headers.has('Require')).toBe(false);
    expect(response.headers.has('Flow-Timer')).toBe(false);
  });

  it('replaces the older flow of an instance, whatever its contact and Call-ID', () => {
    register({ lines: [`Contact: ${outbound}`] }, tcp);
    const moved = `<sip:alice@10.0.0.6:9;transport=tcp>;reg-id=1;${instance}`;
    register({ callId: 'after-reboot', lines: [`Contact: ${moved}`] }, { ...tcp, flow: 'tcp:2' });
    expect(targets()).toEqual([
      { uri: 'sip:alice@10.0.0.6:9;transport=tcp', routes: [], flow: 'tcp:2', q: 1 },
    ]);
    expect(bench.store.rows.size).toBe(1);
    expect(bench.changes.map(({ type }) => type)).toEqual(['added', 'refreshed']);
    // The flow that was left may close now.
    bench.location.onFlowClosed('tcp:1');
    expect(bench.location.size).toBe(1);
  });

  it('keeps two flows of an instance, of which requests take the latest and have the other in reserve', () => {
    register({ lines: [`Contact: ${outbound}`] }, tcp);
    bench.clock.advance(1_000);
    const second = outbound.replace('reg-id=1', 'reg-id=2');
    register({ callId: 'c2', lines: [`Contact: ${second}`] }, { ...tcp, flow: 'tcp:2' });
    expect(bench.location.size).toBe(2);
    const uri = 'sip:alice@10.0.0.5;transport=tcp';
    expect(targets()).toEqual([
      {
        uri,
        routes: [],
        flow: 'tcp:2',
        q: 1,
        alternatives: [{ uri, routes: [], flow: 'tcp:1', q: 1 }],
      },
    ]);
  });

  it('replaces what the same contact registered before without a flow', () => {
    register({ lines: ['Contact: <sip:alice@10.0.0.5;transport=tcp>'] }, tcp);
    register({ callId: 'c2', lines: [`Contact: ${outbound}`] }, tcp);
    expect(bench.location.bindings(aor)).toMatchObject([{ regId: 1 }]);
    expect(bench.store.rows.size).toBe(1);
  });

  it('removes a flow by instance and reg-id', () => {
    register({ lines: [`Contact: ${outbound}`] }, tcp);
    const gone = `<sip:other@10.0.0.9>;reg-id=1;${instance};expires=0`;
    expect(register({ cseq: 2, lines: [`Contact: ${gone}`] }, tcp).status).toBe(200);
    expect(bench.location.size).toBe(0);
  });

  it('refuses several contacts with one of them on a flow, unless the others are removed', () => {
    const two = `Contact: ${outbound}, <sip:alice@192.0.2.77>`;
    expect(register({ lines: [two] }, tcp).status).toBe(400);
    expect(register({ cseq: 2, lines: [`${two};expires=0`] }, tcp).status).toBe(200);
  });

  it('behind a proxy that does not keep flows is 439, if the phone wants it', () => {
    const lines = [`Contact: ${outbound}`, 'Supported: outbound, path'];
    expect(register({ via: edgeVia, lines }).status).toBe(439);
    const path = 'Path: <sip:edge.example.com;lr>';
    expect(register({ via: edgeVia, lines: [...lines, path] }).status).toBe(439);
  });

  it('behind such a proxy ignores the reg-id of a phone that has not asked for it', () => {
    const response = register({ via: edgeVia, lines: [`Contact: ${outbound}`] });
    expect(response.status).toBe(200);
    const [binding] = bench.location.bindings(aor);
    expect(binding?.instanceId).toBe(uuid);
    expect(binding?.regId).toBeUndefined();
    expect(binding?.flow).toBeUndefined();
  });

  it('behind a proxy that keeps flows goes by that proxy', () => {
    const path = '<sip:token@edge.example.com;lr;ob>';
    const lines = [`Contact: ${outbound}`, 'Supported: outbound, path', `Path: ${path}`];
    const response = register({ via: edgeVia, lines });
    expect(response.status).toBe(200);
    expect(response.require).toEqual(['outbound']);
    // The flow is the proxy's to watch.
    expect(response.headers.has('Flow-Timer')).toBe(false);
    expect(bench.location.bindings(aor)).toMatchObject([{ regId: 1, path: [path] }]);
    expect(targets()[0]).toEqual({ uri: 'sip:alice@10.0.0.5;transport=tcp', routes: [path], q: 1 });
  });

  it('ignores a reg-id without an instance', () => {
    const response = register({
      lines: ['Contact: <sip:alice@192.0.2.9:5062>;reg-id=1', 'Supported: outbound'],
    });
    expect(response.status).toBe(200);
    expect(response.headers.has('Require')).toBe(false);
    expect(bench.location.bindings(aor)[0]?.regId).toBeUndefined();
  });
});

describe('a flow that closes (RFC 5626 §7)', () => {
  it('takes the binding of an instance with it', () => {
    const lines = [`Contact: <sip:alice@10.0.0.5>;reg-id=1;${instance}`];
    register({ lines }, tcp);
    bench.location.onFlowClosed('tcp:1');
    expect(bench.location.size).toBe(0);
    expect(bench.store.rows.size).toBe(0);
    expect(bench.changes.at(-1)).toMatchObject({ type: 'removed', reason: 'flow-closed' });
  });

  it('takes a contact that names no host with it', () => {
    register(
      { lines: ['Contact: <sip:x@df7jal23ls0d.invalid;transport=ws>'] },
      { ...tcp, protocol: 'WSS' },
    );
    register(
      { callId: 'c2', lines: ['Contact: <sip:y@device.invalid>'] },
      { ...tcp, protocol: 'TLS' },
    );
    expect(bench.location.size).toBe(2);
    bench.location.onFlowClosed('tcp:1');
    expect(bench.location.size).toBe(0);
  });

  it('leaves a contact that can be connected to', () => {
    register({ lines: ['Contact: <sip:alice@192.0.2.9:5062;transport=tcp>'] }, tcp);
    bench.location.onFlowClosed('tcp:1');
    expect(bench.location.size).toBe(1);
  });

  it('leaves what has moved to another flow, and the bindings of others', () => {
    const lines = ['Contact: <sip:a@b.invalid>'];
    register({ lines }, tcp);
    register({ cseq: 2, lines }, { ...tcp, flow: 'tcp:2' });
    register({ to: 'sip:bob@example.com', callId: 'b', lines }, { ...tcp, flow: 'tcp:3' });
    bench.location.onFlowClosed('tcp:1');
    bench.location.onFlowClosed('tcp:9');
    expect(bench.location.size).toBe(2);
    bench.location.onFlowClosed('tcp:2');
    expect(bench.contactsOf('sip:bob@example.com')).toHaveLength(1);
    expect(bench.location.size).toBe(1);
  });

  it('of an earlier process has closed: after a restart only what can be reached is there', () => {
    const ws: ChannelOptions = { ...tcp, protocol: 'WS' };
    const flowOf = (contact: string, regId: number): string =>
      `Contact: <${contact}>;reg-id=${regId};${instance}`;
    const reachable = 'sip:flow@192.0.2.9:5070;transport=tcp';
    register({ lines: ['Contact: <sip:x@y.invalid;transport=ws>'] }, ws);
    register({ callId: 'c2', lines: ['Contact: <sip:alice@192.0.2.9:5062;transport=tcp>'] }, tcp);
    register({ callId: 'c3', lines: ['Contact: <sip:alice@10.0.0.5>'] });
    // No NAT is before this one, but before that one.
    register({ callId: 'c4', lines: [flowOf(reachable, 1)] }, tcp);
    register({ callId: 'c5', lines: [flowOf('sip:flow@10.0.0.5;transport=tcp', 2)] }, tcp);
    expect(bench.location.size).toBe(5);
    bench.restart();
    expect(bench.contactsOf().sort()).toEqual([
      'sip:alice@10.0.0.5',
      'sip:alice@192.0.2.9:5062;transport=tcp',
      reachable,
    ]);
    expect(bench.store.rows.size).toBe(3);
  });
});

describe('the way to a phone that no proxy stands before', () => {
  const nat = { host: '203.0.113.7', port: 40_123 };
  const via = (sentBy: string, rport = ''): readonly string[] => [
    `SIP/2.0/UDP ${sentBy};branch=z9hG4bK1;received=203.0.113.7;rport${rport}`,
  ];

  it.each([
    ['calls itself by a private address', 'sip:alice@10.0.0.5:5060', '10.0.0.5:5060'],
    ['calls itself by one, with other ports', 'sip:alice@192.168.1.5:5062', '172.16.0.1:5060'],
    ['knows the address of its NAT', 'sip:alice@203.0.113.7:40123', '10.0.0.5:5060'],
    [
      'calls itself as its Via does, which is not where it is',
      'sip:alice@198.51.100.1',
      '198.51.100.1',
    ],
    ['names no host', 'sip:alice@phone.invalid', '10.0.0.5'],
  ])('is the way that the REGISTER came when it %s', (_what, contact, sentBy) => {
    register({ via: via(sentBy), lines: [`Contact: <${contact}>`] }, { remote: nat });
    expect(targets()).toEqual([{ uri: contact, routes: [], flow: 'UDP:203.0.113.7:40123', q: 1 }]);
  });

  it.each([
    ['of another device', 'sip:alice@198.51.100.1', '203.0.113.7:40123'],
    ['of a name that is to be looked up', 'sip:alice@desk.example.net', '203.0.113.7:40123'],
    ['of another port than it sends from', 'sip:alice@203.0.113.7:5060', '203.0.113.7:40123'],
  ])('is what the contact says when it is that %s', (_what, contact, sentBy) => {
    register({ via: via(sentBy), lines: [`Contact: <${contact}>`] }, { remote: nat });
    expect(targets()).toEqual([{ uri: contact, routes: [], q: 1 }]);
  });

  it('has neither the headers nor the method that a contact may have (RFC 3261 §19.1.1)', () => {
    const contact = 'sip:alice@192.0.2.9:5062;method=BYE;x=1?Route=%3Csip:evil.example%3E';
    register({ lines: [`Contact: <${contact}>`] });
    expect(bench.contactsOf()).toEqual([contact]);
    expect(targets()[0]?.uri).toBe('sip:alice@192.0.2.9:5062;x=1');
  });
});
