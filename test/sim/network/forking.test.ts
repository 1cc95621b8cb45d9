import { below, fraction } from '../../../runtime/core/random';
import type { IncomingSession } from '../../../runtime/sip/ua/port';
import { MemoryData } from '../../support/memory-data';
import { perfectLink } from '../../support/simulated-network';
import { ElementNetwork, roughLink } from '../support/element-network';
import { anySdp, type Leg, type NetworkPhone } from '../support/network-phone';

// Virtual hours; a busy machine may take longer than a test usually may.
jest.setTimeout(60_000);

/** Hundreds of calls to users with several telephones, through a whole server, on a network as no office would bear. */

const address = { host: '10.0.0.1', port: 5060 };
const domain = 'example.com';
const users = ['anna', 'bert', 'carl', 'dora'];
const phonesEach = 3;

interface Placed {
  readonly caller: Leg;
  /** The caller's Call-ID names it at the callees, too: the proxy leaves it alone. */
  readonly callId: string;
}

class Scene {
  readonly net: ElementNetwork;
  readonly placed: Placed[] = [];
  readonly taken = new Map<string, Leg[]>();
  private phones: NetworkPhone[] = [];
  private readonly random;

  constructor(seed: number) {
    this.net = new ElementNetwork(seed, roughLink);
    this.random = this.net.random(9);
  }

  async open(): Promise<void> {
    const secrets = Object.fromEntries(users.map((user) => [user, `secret of ${user}`]));
    const data = new MemoryData(secrets, domain);
    const config = { registrar: { domains: [domain] } };
    const server = await this.net.server(address, { data, config });
    let host = 0;
    for (const user of users) {
      for (let index = 0; index < phonesEach; index += 1) {
        host += 1;
        const phone = await this.net.phone({
          ...{ host: `10.0.1.${host}`, user, password: `secret of ${user}`, domain },
          server: address,
          onInvite: (session, leg) => this.ring(session, leg),
        });
        phone.register(3_600_000);
        this.phones.push(phone);
      }
    }
    await this.net.clock.runUntil(() => server.location.size === host, 60_000);
  }

  async callOften(calls: number): Promise<void> {
    for (let index = 0; index < calls; index += 1) {
      this.call();
      await this.net.run(below(this.random, 800));
    }
  }

  /** The caller gives up, or hangs up, after a time of his own. */
  private call(): void {
    const { random, phones, net } = this;
    const caller = phones[below(random, phones.length)];
    const others = users.filter((user) => user !== caller?.options.user);
    const callee = others[below(random, others.length)] ?? '';
    if (caller === undefined) throw new Error('no caller');
    const { session, leg } = caller.call(`sip:${callee}@${domain}`);
    this.placed.push({ caller: leg, callId: session.callId });
    net.clock.setTimeout(() => session.end(), 1_500 + below(random, 30_000));
  }

  private ring(session: IncomingSession, leg: Leg): void {
    const { random, net, taken } = this;
    const { callId } = session;
    const legs = taken.get(callId);
    if (legs === undefined) taken.set(callId, [leg]);
    else legs.push(leg);
    const kind = fraction(random);
    if (kind < 0.9) session.provisional(180, { reliable: 'never' });
    net.clock.setTimeout(
      () => {
        if (session.state !== 'proceeding') return;
        // Several answer within the time of one trip, now and then.
        if (kind < 0.6) session.accept(anySdp);
        else if (kind < 0.75) session.reject(486);
        else if (kind < 0.8) session.reject(603);
      },
      below(random, 4) * 900 + below(random, 60),
    );
    // Who was taken and is forgotten hangs up in the end.
    net.clock.setTimeout(() => session.end(), 60_000);
  }
}

async function play(seed: number, calls: number): Promise<Scene> {
  const scene = new Scene(seed);
  await scene.open();
  await scene.callOften(calls);
  return scene;
}

describe('calls that fork, under loss, doubling and overtaking', () => {
  it.each([1, 2, 3])(
    'are answered by one telephone, and end everywhere (seed %i)',
    async (seed) => {
      const scene = await play(seed, 120);
      // Whatever is wrong with any element, and anything left open, is here.
      expect(await scene.net.finish()).toEqual([]);
      let talked = 0;
      let several = 0;
      for (const { caller, callId } of scene.placed) {
        const legs = scene.taken.get(callId) ?? [];
        expect(caller.end).toBeDefined();
        for (const leg of legs) expect(leg.end).toBeDefined();
        const answered = legs.filter(
          ({ established, end }) => established || end?.cause === 'no-ack',
        );
        if (answered.length > 1) several += 1;
        if (!caller.established) continue;
        talked += 1;
        // The ACK found the one that the caller talks to, or was lost each time until its BYE came.
        const reached = (leg: Leg): boolean =>
          leg.established || leg.end?.cause === 'no-ack' || leg.end?.cause === 'bye';
        expect(legs.some(reached)).toBe(true);
        // All others stopped ringing: cancelled, hung up by the caller when they were too late, or had refused.
        const how = legs.map(({ end }) => end?.cause);
        for (const cause of how) expect(['bye', 'cancel', 'rejected', 'no-ack']).toContain(cause);
      }
      // Or the test would have shown nothing.
      expect(talked).toBeGreaterThan(35);
      expect(several).toBeGreaterThan(0);
    },
  );

  it('leave one telephone in the call on a good network, and none that still rings', async () => {
    const scene = new Scene(7);
    scene.net.usual = perfectLink;
    await scene.open();
    await scene.callOften(100);
    expect(await scene.net.finish()).toEqual([]);
    let looked = 0;
    for (const { caller, callId } of scene.placed) {
      // Another who answered at the same time is sent away within a few trips.
      const then = caller.establishedAt + 20;
      if (!caller.established || caller.endedAt <= then) continue;
      looked += 1;
      const legs = scene.taken.get(callId) ?? [];
      expect(legs.length).toBe(phonesEach);
      expect(legs.filter(({ endedAt }) => endedAt > then)).toEqual([
        expect.objectContaining({
          established: true,
          end: expect.objectContaining({ cause: 'bye' }) as unknown,
        }),
      ]);
    }
    expect(looked).toBeGreaterThan(40);
  });

  it('happen in the same way for the same seed', async () => {
    const first = await play(42, 40);
    expect(await first.net.finish()).toEqual([]);
    const second = await play(42, 40);
    expect(await second.net.finish()).toEqual([]);
    expect(second.net.network.counters).toEqual(first.net.network.counters);
    expect(second.net.messages).toEqual(first.net.messages);
  });
});
