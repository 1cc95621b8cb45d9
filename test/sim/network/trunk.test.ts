import { join } from 'node:path';
import type { TrunkConfig } from '../../../runtime/core/network-config';
import type { Server } from '../../../runtime/main';
import type { TrunkState } from '../../../runtime/trunk/port';
import { MemoryData } from '../../support/memory-data';
import { perfectLink, type LinkConditions } from '../../support/simulated-network';
import { ElementNetwork, roughLink } from '../support/element-network';
import { SimulatedPhone } from '../support/phone';

// Virtual hours; a busy machine may take longer than a test usually may.
jest.setTimeout(60_000);

/** A trunk of a whole server to a carrier with two, which are servers, too: registrars with an account for us. */

const office = { host: '10.0.0.1', port: 5060 };
const carriers = ['10.0.5.1', '10.0.5.2'] as const;
const minute = 60_000;
const flowFile = (name: string): string => join(__dirname, `flows/${name}.flow.ts`);

class Scene {
  readonly net: ElementNetwork;
  server: Server | undefined;
  private readonly running = new Map<string, Server>();

  constructor(usual: LinkConditions = perfectLink, seed = 1) {
    this.net = new ElementNetwork(seed, usual);
  }

  async open(trunk: Partial<TrunkConfig> = {}): Promise<this> {
    for (const host of carriers) await this.startCarrier(host);
    this.server = await this.net.server(office, {
      config: {
        flows: { files: [flowFile('out'), flowFile('far')] },
        routes: [
          { when: { trunk: 'carrier' }, flow: 'far' },
          { when: { dialled: '+*' }, flow: 'out' },
        ],
        trunks: {
          carrier: {
            servers: carriers.map((host) => `sip:${host}`),
            ...{ register: true, username: 'office', password: 'secret', qualify: 30_000 },
            inbound: { addresses: ['10.0.5.0/24'] },
            // A user of the carrier's may call as himself alone.
            callerId: { number: 'office', domain: 'carrier.example' },
            ...trunk,
          },
        },
      },
    });
    return this;
  }

  /** A registrar that knows our account, and nothing of an earlier time. */
  async startCarrier(host: string): Promise<void> {
    const server = await this.net.server(
      { host, port: 5060 },
      {
        data: new MemoryData({ office: 'secret', customer: 'secret' }, 'carrier.example'),
        config: {
          registrar: { domains: ['carrier.example'] },
          flows: { files: [flowFile('far')] },
          routes: [
            { when: { method: 'REGISTER' }, register: true },
            { when: { dialled: '+*', user: true }, flow: 'far' },
            { when: { dialled: 'office' }, proxy: true },
          ],
        },
      },
    );
    this.running.set(host, server);
  }

  async killCarrier(host: string): Promise<void> {
    const server = this.carrier(host);
    this.running.delete(host);
    await this.net.kill(server);
  }

  carrier(host: string): Server {
    const server = this.running.get(host);
    if (server === undefined) throw new Error(`${host} does not run`);
    return server;
  }

  get trunk(): TrunkState {
    const [state] = this.server?.trunks.states() ?? [];
    if (state === undefined) throw new Error('no trunk');
    return state;
  }

  get registrations(): string[] {
    return this.trunk.servers.map(({ registration }) => registration);
  }

  /** When we began to send a request of a method to a host, retransmissions left out. */
  sent(method: string, host: string): number[] {
    const first = new Map<string, number>();
    for (const line of this.net.messages) {
      if (!line.includes(` out 10.0.0.1:5060 ${host}:5060 ${method} `)) continue;
      const words = line.split(' ');
      const branch = words.at(-1) ?? '';
      if (!first.has(branch)) first.set(branch, Number(words[0]));
    }
    return [...first.values()];
  }

  /** Calls a number outside. */
  async call(number = '+4930123'): Promise<SimulatedPhone> {
    const phone = await SimulatedPhone.open(this.net, { flow: number, server: office });
    return phone.dial();
  }

  /** The same, and says which carrier has answered; undefined where none has. */
  async reached(): Promise<string | undefined> {
    const phone = await this.call();
    await this.net.clock.runUntil(
      () => phone.establishedAt !== undefined || phone.end !== undefined,
      120_000,
    );
    const host = carriers.find((each) => this.running.get(each)?.open.calls === 1);
    phone.hangUp();
    await this.net.until(phone.over());
    await this.net.run(1_000);
    return host;
  }
}

describe('a trunk with an account at two registrars', () => {
  it('registers with its password, is up, and takes its bindings back in the end', async () => {
    const scene = await new Scene().open();
    await scene.net.run(2_000);
    expect(scene.trunk.state).toBe('up');
    expect(scene.registrations).toEqual(['registered', 'registered']);
    for (const host of carriers) expect(scene.carrier(host).location.size).toBe(1);
    await scene.net.until(scene.server?.close() ?? Promise.resolve());
    for (const host of carriers) expect(scene.carrier(host).location.size).toBe(0);
    expect(await scene.net.finish()).toEqual([]);
  });

  it('stays registered for hours on a network that loses, doubles and mixes up', async () => {
    const scene = await new Scene(roughLink, 3).open();
    await scene.net.run(2 * minute);
    for (let passed = 0; passed < 3 * 60; passed += 5) {
      await scene.net.run(5 * minute);
      const found = carriers.filter((host) => scene.carrier(host).location.size === 1);
      expect(found.length).toBeGreaterThanOrEqual(1);
    }
    expect(scene.trunk.state).toBe('up');
    expect(await scene.net.finish()).toEqual([]);
  });

  it('is called by the carrier at what it has registered, and known', async () => {
    const scene = await new Scene().open();
    const { net } = scene;
    await net.run(2_000);
    const customer = await net.phone({
      ...{ host: '10.0.1.1', user: 'customer', password: 'secret', domain: 'carrier.example' },
      server: { host: carriers[1], port: 5060 },
    });
    const { leg, session } = customer.call('sip:office@carrier.example');
    await net.run(3_000);
    expect(leg.established).toBe(true);
    session.end();
    await net.run(3_000);
    expect(net.records).toMatchObject([{ trunk: 'carrier', flow: { name: 'far' } }]);
    expect(await net.finish()).toEqual([]);
  });
});

describe('an outage of the first server', () => {
  it('leaves calls to the second until it is over, with all that was registered made anew', async () => {
    const scene = await new Scene().open();
    const { net } = scene;
    const [first, second] = carriers;
    await net.run(2_000);
    expect(await scene.reached()).toBe(first);
    await scene.killCarrier(first);
    await net.run(3 * minute);
    expect(scene.trunk.servers.map(({ reachable }) => reachable)).toEqual(['down', 'up']);
    expect(scene.trunk.state).toBe('up');
    expect(await scene.reached()).toBe(second);
    await scene.startCarrier(first);
    expect(scene.carrier(first).location.size).toBe(0);
    await net.run(2 * minute);
    expect(scene.trunk.servers.map(({ reachable }) => reachable)).toEqual(['up', 'up']);
    expect(scene.registrations).toEqual(['registered', 'registered']);
    expect(scene.carrier(first).location.size).toBe(1);
    expect(await scene.reached()).toBe(first);
    expect(await net.finish()).toEqual([]);
  });

  it('that nobody has noticed yet costs the next call some time, and not its answer', async () => {
    const scene = await new Scene().open();
    await scene.net.run(2_000);
    await scene.killCarrier(carriers[0]);
    expect(await scene.reached()).toBe(carriers[1]);
    expect(await scene.net.finish()).toEqual([]);
  });
});

describe('an outage of the whole carrier', () => {
  it('is told to the caller at once when it is known, and tried again at growing intervals until it ends', async () => {
    const scene = await new Scene().open();
    const { net } = scene;
    await net.run(2_000);
    for (const host of carriers) await scene.killCarrier(host);
    await net.run(5 * minute);
    expect(scene.trunk.state).toBe('down');
    const before = net.clock.now();
    const phone = await scene.call();
    await net.until(phone.over());
    expect(net.clock.now() - before).toBeLessThan(1_000);
    expect(phone.end).toMatchObject({ cause: 'rejected', status: 503 });
    // The bindings are for an hour: each is refreshed in time, in vain, and then ever less often.
    await net.run(180 * minute);
    for (const host of carriers) {
      const starts = scene.sent('REGISTER', host).filter((at) => at > before);
      const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
      expect(gaps.length).toBeGreaterThan(5);
      // RFC 5626 §4.5; the wait begins when 32 s have gone by without an answer.
      expect(gaps[0]).toBeLessThan(2 * minute);
      expect(Math.max(...gaps.slice(-5))).toBeGreaterThan(3 * minute);
      expect(Math.max(...gaps)).toBeLessThan(6 * minute);
    }
    for (const host of carriers) await scene.startCarrier(host);
    await net.run(31 * minute);
    expect(scene.trunk.state).toBe('up');
    expect(scene.registrations).toEqual(['registered', 'registered']);
    for (const host of carriers) expect(scene.carrier(host).location.size).toBe(1);
    expect(await scene.reached()).toBe(carriers[0]);
    expect(await net.finish()).toEqual([]);
  });
});

describe('limits of a trunk', () => {
  it('hold for calls at once, and give each place back', async () => {
    const scene = await new Scene().open({ maxCalls: 2 });
    const { net } = scene;
    await net.run(2_000);
    const phones = [await scene.call(), await scene.call()];
    for (const phone of phones) await net.until(phone.answered());
    expect(scene.trunk.calls).toBe(2);
    const third = await scene.call();
    await net.until(third.over());
    expect(third.end).toMatchObject({ cause: 'rejected', status: 503 });
    phones[0]?.hangUp();
    await net.run(1_000);
    const fourth = await scene.call();
    await net.until(fourth.answered());
    for (const phone of [phones[1], fourth]) phone?.hangUp();
    await net.run(5_000);
    expect(scene.trunk.calls).toBe(0);
    expect(await net.finish()).toEqual([]);
  });

  it('hold for calls a second', async () => {
    const scene = await new Scene().open({ maxCallRate: 2 });
    const { net } = scene;
    await net.run(2_000);
    const phones: SimulatedPhone[] = [];
    for (let index = 0; index < 6; index += 1) phones.push(await scene.call());
    await net.run(2_000);
    const answered = phones.filter(({ establishedAt }) => establishedAt !== undefined);
    expect(answered.length).toBe(2);
    for (const phone of answered) phone.hangUp();
    await net.run(2_000);
    const later = await scene.call();
    await net.until(later.answered());
    later.hangUp();
    expect(await net.finish()).toEqual([]);
  });
});
