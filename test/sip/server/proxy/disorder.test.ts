import { SeededRandom, below, fraction, type Random } from '../../../../runtime/core/random';
import { VirtualClock } from '../../../../runtime/core/virtual-clock';
import { Proxy } from '../../../../runtime/sip/server/proxy/proxy';
import type { ForwardTarget } from '../../../../runtime/sip/server/port';
import { createTransportLayer } from '../../../../runtime/sip/transport/layer';
import type { TransportLayer } from '../../../../runtime/sip/transport/port';
import type {
  IncomingSession,
  RequestGate,
  SessionEnd,
  SessionHandler,
} from '../../../../runtime/sip/ua/port';
import { createUserAgent, type UserAgentCore } from '../../../../runtime/sip/ua/user-agent';
import { SimulatedNetwork, type LinkConditions } from '../../../support/simulated-network';

const rough: LinkConditions = {
  delay: { min: 2, max: 60 },
  loss: 0.15,
  duplication: 0.05,
  reordering: 0.15,
  reorderDelay: 400,
};

/** What one end of a call has seen of it. */
interface Leg {
  established: boolean;
  end: SessionEnd | undefined;
}

/** A user agent on the simulated network. */
class Element {
  transport: TransportLayer | undefined;

  constructor(readonly agent: UserAgentCore) {}

  async listen(clock: VirtualClock, network: SimulatedNetwork, host: string): Promise<this> {
    this.transport = await createTransportLayer({
      clock,
      network,
      random: new SeededRandom(5),
      handler: this.agent,
      listen: [{ protocol: 'UDP', host, port: 5060 }],
    });
    this.agent.attach(this.transport);
    return this;
  }
}

/** A caller, a proxy that forks, and phones that do what a seed says, with a network that does too. */
class Scene {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly network: SimulatedNetwork;
  readonly legs: { readonly caller: Leg; readonly callees: Leg[] }[] = [];
  readonly log: string[] = [];
  private readonly elements: Element[] = [];
  private proxy: Proxy | undefined;

  constructor(readonly seed: number) {
    this.random = new SeededRandom(seed);
    this.network = new SimulatedNetwork({
      clock: this.clock,
      random: new SeededRandom(seed + 1),
      conditions: rough,
    });
  }

  async open(phones: number): Promise<void> {
    const { seed } = this;
    const targets: ForwardTarget[] = [];
    for (let i = 0; i < phones; i += 1) {
      const host = `192.0.2.${100 + i}`;
      targets.push({ uri: `sip:bob@${host}`, routes: [], q: 1 - Math.floor(i / 2) / 10 });
      await this.add(host, seed + 10 + i, (session) => this.answer(session));
    }
    const gate: RequestGate = {
      onRequest: (transaction, target, channel) => {
        const proxy = this.theProxy;
        const { request } = transaction;
        if (request.method === 'CANCEL') {
          return target !== undefined && proxy.cancel(transaction, target);
        }
        if (request.to.tag === undefined) {
          proxy.forward(transaction, channel, { targets, timeout: 25_000 });
        } else proxy.forwardInDialog(transaction, channel);
        return true;
      },
      onAck: (ack, channel) => this.theProxy.onAck(ack, channel),
    };
    const element = await this.add('192.0.2.1', seed + 3, (session) => session.reject(500), gate);
    this.proxy = new Proxy(element.agent.elements, { secret: Buffer.alloc(32, 1) });
    await this.add('192.0.2.10', seed + 4, (session) => session.reject(500));
  }

  get theProxy(): Proxy {
    if (this.proxy === undefined) throw new Error('no proxy yet');
    return this.proxy;
  }

  /** Places a call through the proxy, which the caller may give up or end after some time. */
  call(): void {
    const caller = this.elements.at(-1);
    if (caller === undefined) throw new Error('no caller');
    const leg: Leg = { established: false, end: undefined };
    const id = this.legs.length;
    this.legs.push({ caller: leg, callees: [] });
    const session = caller.agent.invite({
      to: 'sip:bob@192.0.2.1',
      from: 'sip:alice@192.0.2.10',
      sdp: 'v=offer',
      headers: [['X-Call', String(id)]],
      handler: this.handler(leg, `call ${id} caller`),
    });
    const patience = 2_000 + below(this.random, 40_000);
    this.clock.setTimeout(() => session.end(), patience);
  }

  private answer(session: IncomingSession): void {
    const leg: Leg = { established: false, end: undefined };
    const id = Number(session.request.headers.get('X-Call'));
    this.legs[id]?.callees.push(leg);
    session.handler = this.handler(leg, `call ${id} callee`);
    const kind = fraction(this.random);
    const wait = below(this.random, 8_000);
    if (kind < 0.85) session.provisional(180);
    this.clock.setTimeout(() => {
      if (session.state !== 'proceeding') return;
      if (kind < 0.55) session.accept('v=answer');
      else if (kind < 0.8) session.reject(486);
      else if (kind < 0.85) session.reject(603);
      // The others ring until somebody has enough.
    }, wait);
  }

  private handler(leg: Leg, name: string): SessionHandler {
    return {
      onOffer: () => ({ type: 'answer', sdp: 'v=answer' }),
      onOfferWanted: () => 'v=offer',
      onAnswer: () => true,
      onEstablished: () => {
        leg.established = true;
        this.note(`${name} established`);
      },
      onInfo: () => 200,
      onEnded: (end) => {
        if (leg.end !== undefined) throw new Error(`${name} ended twice`);
        leg.end = end;
        this.note(`${name} ended ${end.by} ${end.cause} ${end.status}`);
      },
    };
  }

  private note(text: string): void {
    this.log.push(`${this.clock.now()} ${text}`);
  }

  private async add(
    host: string,
    seed: number,
    onInvite: (session: IncomingSession) => void,
    gate?: RequestGate,
  ): Promise<Element> {
    const agent = createUserAgent({
      clock: this.clock,
      random: new SeededRandom(seed),
      handler: { onInvite },
      options: { sessionExpires: 0, ringTimeout: 60_000 },
      ...(gate === undefined ? {} : { gate }),
    });
    const element = await new Element(agent).listen(this.clock, this.network, host);
    this.elements.push(element);
    return element;
  }

  /** All is over: nothing is open anywhere, and no timer runs. */
  async finish(): Promise<void> {
    await this.clock.run(600_000);
    expect(this.theProxy.open).toBe(0);
    for (const { agent } of this.elements) {
      expect([agent.openSessions, agent.openTransactions]).toEqual([0, 0]);
    }
    for (const { transport } of this.elements) await transport?.close();
    expect(this.network.open).toBe(0);
    expect(this.clock.pending).toBe(0);
  }
}

async function run(seed: number, calls: number): Promise<Scene> {
  const scene = new Scene(seed);
  await scene.open(4);
  for (let i = 0; i < calls; i += 1) {
    scene.call();
    await scene.clock.run(below(scene.random, 3_000));
  }
  await scene.finish();
  return scene;
}

describe('forking over a network that loses, doubles and reorders', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'ends every call on every side, whatever happens (seed %i)',
    async (seed) => {
      const { legs } = await run(seed, 25);
      let answered = 0;
      for (const { caller, callees } of legs) {
        expect(caller.end).toBeDefined();
        if (caller.established) {
          answered += 1;
          // The 200 came from a phone that took the call, even if each ACK or all but the BYE was lost.
          const took = (leg: Leg): boolean =>
            leg.established || leg.end?.cause === 'no-ack' || leg.end?.cause === 'bye';
          expect(callees.some(took)).toBe(true);
        }
        for (const leg of callees) expect(leg.end).toBeDefined();
      }
      // Or the test would have shown nothing.
      expect(answered).toBeGreaterThan(5);
    },
  );

  it('does the same for the same seed', async () => {
    const [first, second] = [await run(42, 12), await run(42, 12)];
    expect(second.log).toEqual(first.log);
    expect(second.network.counters).toEqual(first.network.counters);
  });
});
