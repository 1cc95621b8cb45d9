import type { Clock, TimerHandle } from '../../../runtime/core/clock';
import { silentLogger } from '../../../runtime/core/logger';
import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { AddressBook } from '../../../runtime/sip/server/address-of-record';
import { Location } from '../../../runtime/sip/server/location';
import { Registrar } from '../../../runtime/sip/server/registrar';
import { createTransportLayer } from '../../../runtime/sip/transport/layer';
import type { TransportLayer } from '../../../runtime/sip/transport/port';
import type { RequestGate } from '../../../runtime/sip/ua/port';
import { Registration } from '../../../runtime/sip/ua/registration';
import { createUserAgent, type UserAgentCore } from '../../../runtime/sip/ua/user-agent';
import {
  type LinkConditions,
  perfectLink,
  SimulatedNetwork,
} from '../../support/simulated-network';
import { MemoryStore } from './support/registrar-bench';

/** Real phones of ours at a registrar of ours, over a network that loses, doubles and reorders. */

const minute = 60_000;
const hour = 60 * minute;
const serverAddress = { host: '192.0.2.1', port: 5060 };
const badLink: LinkConditions = {
  delay: { min: 5, max: 60 },
  loss: 0.2,
  duplication: 0.1,
  reordering: 0.2,
  reorderDelay: 150,
};

/** The clock of one machine, which somebody may have set wrong. */
class MachineClock implements Clock {
  offset = 0;

  constructor(private readonly time: VirtualClock) {}

  now(): number {
    return this.time.now() + this.offset;
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    return this.time.setTimeout(callback, delay);
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    this.time.clearTimeout(handle);
  }
}

class World {
  readonly time = new VirtualClock();
  readonly serverClock = new MachineClock(this.time);
  readonly network: SimulatedNetwork;
  readonly store = new MemoryStore();
  readonly phones: { readonly user: string; readonly registration: Registration }[] = [];
  location!: Location;
  private registrar!: Registrar;
  private server!: UserAgentCore;
  private serverTransport!: TransportLayer;
  private readonly agents: { readonly agent: UserAgentCore; readonly transport: TransportLayer }[] =
    [];

  constructor(private readonly seed: number) {
    this.network = new SimulatedNetwork({
      clock: this.time,
      random: new SeededRandom(seed),
      conditions: badLink,
    });
  }

  async startServer(): Promise<void> {
    const clock = this.serverClock;
    const random = new SeededRandom(this.seed + 1);
    const location = new Location({ clock, logger: silentLogger, store: this.store });
    location.load();
    const gate: RequestGate = {
      onRequest: (transaction, _target, channel) => {
        if (transaction.request.method !== 'REGISTER') return false;
        registrar.handle(transaction, channel);
        return true;
      },
      onAck: () => false,
    };
    const server = createUserAgent({ clock, random, gate, handler: { onInvite: () => undefined } });
    const registrar = new Registrar({
      services: server.elements,
      location,
      addresses: new AddressBook({
        domain: 'example.com',
        isOurs: (host) => host === serverAddress.host,
        userOf: (name) => name,
      }),
    });
    const { network } = this;
    this.serverTransport = await createTransportLayer({
      clock,
      random,
      handler: server,
      listen: [{ ...serverAddress, protocol: 'UDP' }],
      network,
    });
    server.attach(this.serverTransport);
    this.location = location;
    this.registrar = registrar;
    this.server = server;
  }

  /** The process ends without a word; the store is what it has written. */
  async crash(): Promise<void> {
    await this.serverTransport.close();
    this.registrar.close();
    this.location.close();
    // The transactions die with it: nothing that they send arrives anywhere.
    await this.server.close();
  }

  async addPhone(user: string, expires: number): Promise<void> {
    const random = new SeededRandom(this.seed + 100 + this.phones.length);
    const agent = createUserAgent({
      clock: this.time,
      random,
      handler: { onInvite: () => undefined },
    });
    const transport = await createTransportLayer({
      clock: this.time,
      random,
      handler: agent,
      listen: [{ host: `10.0.0.${this.phones.length + 1}`, port: 5060, protocol: 'UDP' }],
      network: this.network,
    });
    agent.attach(transport);
    const registration = new Registration(agent.elements, {
      aor: `sip:${user}@${serverAddress.host}`,
      registrar: `sip:${serverAddress.host}`,
      expires,
    });
    this.agents.push({ agent, transport });
    this.phones.push({ user, registration });
    registration.start();
  }

  /** Phones that a call would not find. */
  get lost(): string[] {
    return this.phones
      .filter(({ user }) => this.location.targets(`sip:${user}@example.com`).length !== 1)
      .map(({ user }) => user);
  }

  async close(): Promise<void> {
    this.network.conditions = perfectLink;
    // A REGISTER that is late comes after the one that takes the binding back, and is a new one (RFC 3261 §10.3).
    await this.time.run(40_000);
    const closing = this.phones.map(({ registration }) => registration.close());
    await this.time.run(10_000);
    await Promise.all(closing);
    // RFC 3261 §10.2.2: whoever leaves takes the binding along.
    expect(this.location.size).toBe(0);
    expect(this.store.rows.size).toBe(0);
    for (const { agent, transport } of this.agents) {
      await agent.close();
      await transport.close();
    }
    await this.crash();
    this.network.clear();
    expect(this.time.pending).toBe(0);
    expect(this.network.open).toBe(0);
  }
}

async function worldOf(seed: number): Promise<World> {
  const world = new World(seed);
  await world.startServer();
  for (let i = 0; i < 12; i += 1) await world.addPhone(`user${i}`, (i % 3 === 0 ? 2 : 20) * minute);
  await world.time.run(2 * minute);
  expect(world.lost).toEqual([]);
  return world;
}

describe.each([1, 2, 3])('twelve phones on a bad network, seed %i', (seed) => {
  it('are found at any time for three hours, each once', async () => {
    const world = await worldOf(seed);
    for (let passed = 0; passed < 3 * hour; passed += 30_000) {
      await world.time.run(30_000);
      // The REGISTER of one whose refresh got lost may be on its way a second time.
      expect(world.lost.length).toBeLessThanOrEqual(1);
      expect(world.location.size).toBeLessThanOrEqual(12);
    }
    await world.close();
  });

  it('are found after the server has died and come back, before they register anew', async () => {
    const world = await worldOf(seed);
    const before = [...world.location.all()];
    await world.crash();
    const refreshed = world.store.writes;
    await world.startServer();
    expect(world.store.writes).toBe(refreshed);
    expect([...world.location.all()]).toEqual(before);
    expect(world.lost).toEqual([]);
    await world.time.run(hour);
    expect(world.lost).toEqual([]);
    await world.close();
  });

  it('are found, and forgotten in time, when the clock was set back while the server was down', async () => {
    const world = await worldOf(seed);
    await world.crash();
    world.serverClock.offset = -5 * hour;
    await world.startServer();
    expect(world.lost).toEqual([]);
    const latest = world.serverClock.now() + hour;
    for (const binding of world.location.all())
      expect(binding.expiresAt).toBeLessThanOrEqual(latest);
    await world.time.run(hour);
    expect(world.lost).toEqual([]);
    await world.close();
  });

  it('come back with their next refresh when the clock was set forward while the server was down', async () => {
    const world = await worldOf(seed);
    await world.crash();
    world.serverClock.offset = 5 * hour;
    await world.startServer();
    expect(world.location.size).toBe(0);
    await world.time.run(25 * minute);
    expect(world.lost).toEqual([]);
    await world.close();
  });

  it('are not found by what is over while the machine slept, and come back', async () => {
    const world = await worldOf(seed);
    // No timer fired meanwhile: what is asked in this moment must not be answered with the past.
    world.serverClock.offset += 5 * hour;
    expect(world.lost).toHaveLength(12);
    expect([...world.location.all()]).toEqual([]);
    await world.time.run(25 * minute);
    expect(world.lost).toEqual([]);
    await world.close();
  });
});
