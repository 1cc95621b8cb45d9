import type { Server } from '../../../runtime/main';
import { MemoryData } from '../../support/memory-data';
import { ElementNetwork, MachineClock, roughLink } from '../support/element-network';
import { anySdp, type NetworkPhone } from '../support/network-phone';

// Virtual hours; a busy machine may take longer than a test usually may.
jest.setTimeout(60_000);

/** Phones at a whole server, over a network that loses, doubles and reorders; the server dies, and clocks jump. */

const address = { host: '10.0.0.1', port: 5060 };
const domain = 'example.com';
const minute = 60_000;
const users = Array.from({ length: 20 }, (_, index) => `user${index}`);

class Office {
  readonly data = new MemoryData(
    Object.fromEntries(users.map((name) => [name, `secret of ${name}`])),
    domain,
  );
  readonly net: ElementNetwork;
  readonly serverClock: MachineClock;
  server: Server | undefined;

  constructor(seed: number) {
    this.net = new ElementNetwork(seed, roughLink);
    this.serverClock = new MachineClock(this.net.clock);
  }

  async start(): Promise<void> {
    const { data, serverClock: clock } = this;
    const config = { registrar: { domains: [domain] } };
    this.server = await this.net.server(address, { data, config, clock });
  }

  get theServer(): Server {
    if (this.server === undefined) throw new Error('no server yet');
    return this.server;
  }

  async phones(expires: number): Promise<NetworkPhone[]> {
    const phones: NetworkPhone[] = [];
    for (const [index, user] of users.entries()) {
      const phone = await this.net.phone({
        ...{ host: `10.0.1.${index + 1}`, user, password: `secret of ${user}`, domain },
        server: address,
        onInvite: (session) => {
          session.provisional(180);
          session.accept(anySdp);
        },
      });
      phone.register(expires);
      phones.push(phone);
    }
    return phones;
  }

  /** Whom a call would not find. */
  get lost(): string[] {
    return users.filter((user) => {
      return this.theServer.location.targets(`sip:${user}@${domain}`).length !== 1;
    });
  }

  registers(): number {
    return this.net.messages.filter((line) => / in 10\.0\.0\.1:\S+ \S+ REGISTER /.test(line))
      .length;
  }

  /** Each phone calls the next one; resolves with how many were answered. */
  async ringRound(phones: readonly NetworkPhone[]): Promise<number> {
    const calls = phones.map((phone, index) => {
      const to = phones[(index + 1) % phones.length];
      return phone.call(to?.aor ?? '');
    });
    await this.net.run(20_000);
    const answered = calls.filter(({ leg }) => leg.established).length;
    for (const { session } of calls) session.end();
    return answered;
  }
}

describe.each([1, 2])('twenty phones with passwords on a bad network (seed %i)', (seed) => {
  it('are found for an hour while they refresh, and gone when they have said so', async () => {
    const office = new Office(seed);
    await office.start();
    const phones = await office.phones(5 * minute);
    await office.net.run(minute);
    expect(office.lost).toEqual([]);
    for (let passed = 0; passed < 60 * minute; passed += minute) {
      await office.net.run(minute);
      expect(office.lost.length).toBeLessThanOrEqual(1);
    }
    expect(await office.ringRound(phones)).toBe(users.length);
    await office.net.run(40_000);
    await office.net.until(Promise.all(phones.map(({ registration }) => registration.close())));
    await office.net.run(40_000);
    expect(office.theServer.location.size).toBeLessThanOrEqual(1);
    expect(await office.net.finish()).toEqual([]);
  });

  it('are called after the server was killed and started again, without registering anew', async () => {
    const office = new Office(seed);
    await office.start();
    const phones = await office.phones(60 * minute);
    await office.net.run(minute);
    expect(office.lost).toEqual([]);
    await office.net.kill(office.theServer);
    await office.start();
    const before = office.registers();
    expect(office.lost).toEqual([]);
    expect(await office.ringRound(phones)).toBe(users.length);
    expect(office.registers()).toBe(before);
    expect(await office.net.finish()).toEqual([]);
  });

  // The clock of a process never goes backwards: who sets that of the machine is noticed at the next start.
  it.each([
    ['two hours ahead', 120 * minute],
    ['a day back', -24 * 60 * minute],
  ])('are found again when the clock was set %s while the server was down', async (_, offset) => {
    const office = new Office(seed);
    await office.start();
    const phones = await office.phones(5 * minute);
    await office.net.run(minute);
    await office.net.kill(office.theServer);
    office.serverClock.offset = offset;
    await office.start();
    const latest = office.serverClock.now() + 60 * minute;
    for (const binding of office.theServer.location.all()) {
      expect(binding.expiresAt).toBeLessThanOrEqual(latest);
    }
    // Each refreshes once in that time, with a nonce of the process that died.
    await office.net.run(6 * minute);
    expect(office.lost).toEqual([]);
    expect(await office.ringRound(phones)).toBe(users.length);
    expect(await office.net.finish()).toEqual([]);
  });
});
