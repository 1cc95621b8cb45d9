import type { RouteConfig } from '../../../runtime/core/network-config';
import type { Server } from '../../../runtime/main';
import { MemoryData } from '../../support/memory-data';
import { ElementNetwork } from '../support/element-network';
import { anySdp, type NetworkPhone } from '../support/network-phone';
import { Stranger } from '../support/stranger';

// Virtual hours; a busy machine may take longer than a test usually may.
jest.setTimeout(60_000);

/** Requests that come back to where they were: an end is made of those that turn in a circle, and of no others. */

const first = { host: '10.0.0.1', port: 5060 };
const second = { host: '10.0.0.2', port: 5060 };

const open = { allow: 'anyone' } as const;

const firstRoutes: readonly RouteConfig[] = [
  { when: { method: 'REGISTER' }, register: true },
  { when: { dialled: 'circle' }, proxy: 'sip:circle@10.0.0.1', ...open },
  { when: { dialled: 'pingpong' }, proxy: 'sip:pingpong@10.0.0.2', ...open },
  { when: { dialled: /^growing(.*)$/ }, proxy: 'sip:growing$1x@10.0.0.1', ...open },
  {
    when: { dialled: /^bomb(.*)$/ },
    proxy: ['sip:bomb$1a@10.0.0.1', 'sip:bomb$1b@10.0.0.1'],
    ...open,
  },
  { when: { dialled: 'front' }, proxy: 'sip:middle@10.0.0.2', ...open },
  { when: { dialled: 'anna' }, proxy: true, ...open },
];

const secondRoutes: readonly RouteConfig[] = [
  { when: { dialled: 'pingpong' }, proxy: 'sip:pingpong@10.0.0.1', ...open },
  { when: { dialled: 'middle' }, proxy: 'sip:anna@10.0.0.1', ...open },
];

interface Scene {
  readonly net: ElementNetwork;
  readonly server: Server;
  readonly anna: NetworkPhone;
  readonly caller: NetworkPhone;
  /** Requests of this method that the two servers sent. */
  readonly sent: (method: string) => number;
}

async function openScene(): Promise<Scene> {
  const net = new ElementNetwork();
  const data = new MemoryData({ anna: 'secret' }, 'callchart');
  const server = await net.server(first, { data, config: { routes: firstRoutes } });
  await net.server(second, { config: { routes: secondRoutes } });
  const anna = await net.phone({
    ...{ host: '10.0.1.1', user: 'anna', password: 'secret', domain: '10.0.0.1', server: first },
    onInvite: (session) => session.accept(anySdp),
  });
  anna.register(3_600_000);
  const caller = await net.phone({
    ...{ host: '10.0.1.2', user: 'stranger', domain: '10.0.1.2', server: first },
  });
  await net.run(1_000);
  return {
    net,
    server,
    anna,
    caller,
    sent: (method) =>
      net.messages.filter(
        (line) => line.includes(` out 10.0.0.`) && line.includes(` ${method} sip:`),
      ).length,
  };
}

describe('a circle', () => {
  it.each([
    ['of one that sends to itself', 'circle', 4],
    ['of two that send to each other', 'pingpong', 6],
  ])('%s is noticed when it closes (RFC 5393 §4)', async (_name, user, most) => {
    const { net, caller, sent } = await openScene();
    const { leg } = caller.call(`sip:${user}@10.0.0.1`);
    await net.run(10_000);
    expect(leg.end).toMatchObject({ cause: 'rejected', status: 482 });
    expect(sent('INVITE')).toBeLessThanOrEqual(most);
    expect(await net.finish()).toEqual([]);
  });

  it('whose URI changes each time ends when Max-Forwards is used up', async () => {
    const { net, caller, sent } = await openScene();
    const { leg } = caller.call('sip:growing@10.0.0.1');
    await net.run(20_000);
    expect(leg.end).toMatchObject({ cause: 'rejected', status: 483 });
    expect(sent('INVITE')).toBe(70);
    expect(await net.finish()).toEqual([]);
  });

  it('that doubles each time does so in the breadth that there is, until the caller gives up (RFC 5393 §5)', async () => {
    const { net, server, caller } = await openScene();
    const { leg, session } = caller.call('sip:bomb@10.0.0.1', { headers: [['Max-Breadth', '4']] });
    let most = 0;
    for (let passed = 0; passed < 200; passed += 1) {
      await net.run(1);
      most = Math.max(most, server.open.forwarded);
    }
    // All the way down there are four at once, one after another; without a limit there were 2^70.
    expect(most).toBeGreaterThan(70);
    expect(most).toBeLessThanOrEqual(4 * 70);
    session.end();
    await net.run(2_000);
    expect(leg.end).toMatchObject({ by: 'local', cause: 'cancel' });
    expect(server.open.forwarded).toBe(0);
    expect(await net.finish()).toEqual([]);
  });
});

describe('a spiral', () => {
  it('is none: a call that comes by a second time for somebody else is forwarded, ACK and BYE too', async () => {
    const { net, caller, anna, sent } = await openScene();
    const { leg, session } = caller.call('sip:front@10.0.0.1');
    await net.run(5_000);
    expect(leg.established).toBe(true);
    expect(anna.taken).toMatchObject([{ established: true }]);
    expect(sent('INVITE')).toBe(3);
    session.end();
    await net.run(5_000);
    expect(sent('ACK')).toBe(3);
    expect(sent('BYE')).toBe(3);
    expect(anna.taken).toMatchObject([{ end: { by: 'remote', cause: 'bye' } }]);
    expect(await net.finish()).toEqual([]);
  });
});

describe('a Route that names us again and again', () => {
  it.each(['INVITE', 'OPTIONS', 'MESSAGE'])('in %s is gone through once', async (method) => {
    const { net, sent } = await openScene();
    const stranger = await Stranger.open(net, '10.7.0.1', first);
    const routes = Array.from({ length: 40 }, () => 'Route: <sip:10.0.0.1:5060;lr>');
    const response = await stranger.ask({ method, uri: 'sip:x@10.8.0.1', headers: routes });
    expect(response?.status).toBeGreaterThanOrEqual(400);
    expect(sent(method)).toBe(0);
    expect(await net.finish()).toEqual([]);
  });

  it('of a call for a user of ours leads to the user, or to an end', async () => {
    const { net, anna, caller, sent } = await openScene();
    const routes = Array.from({ length: 10 }, () => '<sip:10.0.0.1:5060;lr>');
    const { leg, session } = caller.call('sip:anna@10.0.0.1', { routes });
    await net.run(10_000);
    expect(sent('INVITE')).toBeLessThanOrEqual(11);
    expect(leg.established || leg.end !== undefined).toBe(true);
    expect(anna.taken.length).toBe(leg.established ? 1 : 0);
    session.end();
    expect(await net.finish()).toEqual([]);
  });
});

describe('Max-Forwards', () => {
  it.each([
    [0, 483],
    [1, 200],
  ])('of %i is answered %i by the proxy (RFC 3261 §16.3)', async (maxForwards, status) => {
    const { net, caller, anna } = await openScene();
    const { leg, session } = caller.call('sip:anna@10.0.0.1', { maxForwards });
    await net.run(5_000);
    expect(leg.established).toBe(status === 200);
    if (status !== 200) expect(leg.end).toMatchObject({ status });
    expect(anna.taken.length).toBe(status === 200 ? 1 : 0);
    session.end();
    expect(await net.finish()).toEqual([]);
  });
});
