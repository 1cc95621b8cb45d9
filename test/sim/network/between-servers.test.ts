import { join } from 'node:path';
import type { CallchartConfig } from '../../../runtime/core/config';
import { below } from '../../../runtime/core/random';
import type { Server } from '../../../runtime/main';
import { perfectLink, type LinkConditions } from '../../support/simulated-network';
import { ElementNetwork } from '../support/element-network';
import { CallOver, SimulatedPhone } from '../support/phone';

// Virtual hours; a busy machine may take longer than a test usually may.
jest.setTimeout(60_000);

/**
 * Two servers with flows that call each other through a third, which is a proxy. A telephone calls a flow of one, the
 * flow dials a flow of the other, and that one sends back what it hears.
 */

const left = { host: '10.0.0.1', port: 5060 };
const proxy = { host: '10.0.0.2', port: 5060 };
const right = { host: '10.0.0.3', port: 5060 };

const flows = { files: ['outside', 'far'].map((name) => join(__dirname, `flows/${name}.flow.ts`)) };

/** What is dialled leads out by the proxy; `far` is the end of each way. */
const serving: CallchartConfig = {
  flows,
  routes: [{ when: { dialled: 'to-*' }, flow: 'outside' }, { flow: true }],
  outbound: { hosts: [proxy.host] },
};

const proxying: CallchartConfig = {
  routes: [
    { when: { dialled: 'to-right' }, proxy: 'sip:far@10.0.0.3', allow: 'anyone' },
    { when: { dialled: 'to-left' }, proxy: 'sip:far@10.0.0.1', allow: 'anyone' },
  ],
};

interface Scene {
  readonly net: ElementNetwork;
  readonly servers: readonly Server[];
  /** A telephone that has dialled `to-right` at the left server, or `to-left` at the right one. */
  call(way: 'to-right' | 'to-left'): Promise<SimulatedPhone>;
}

async function openScene(seed = 1, usual: LinkConditions = perfectLink): Promise<Scene> {
  const net = new ElementNetwork(seed, usual);
  const servers = [
    await net.server(left, { config: serving }),
    await net.server(proxy, { config: proxying }),
    await net.server(right, { config: serving }),
  ];
  return {
    net,
    servers,
    call: async (way) => {
      const server = way === 'to-right' ? left : right;
      const phone = await SimulatedPhone.open(net, { flow: way, server });
      return phone.dial();
    },
  };
}

/** How the flow that put a call through says that it went. */
function dialOf(scene: Scene, phone: SimulatedPhone): unknown {
  const record = scene.net.records.find(({ callId }) => callId === phone.callId);
  return { path: record?.path.map(({ state }) => state), end: record?.end };
}

describe.each(['to-right', 'to-left'] as const)(
  'a call through flow, proxy and flow, %s',
  (way) => {
    it('lets both ends hear each other, until the caller hangs up', async () => {
      const scene = await openScene();
      const { net, servers } = scene;
      const phone = await scene.call(way);
      await net.until(phone.answered());
      phone.hear();
      await net.run(1_000);
      expect(phone.loudFrames).toBe(0);
      phone.speak(2_000);
      await net.run(3_000);
      // What it said for two seconds went to the far flow and came back: a hundred frames, less the beginning.
      expect(phone.loudFrames).toBeGreaterThan(90);
      expect(phone.loudFrames).toBeLessThan(110);
      expect(servers.map(({ open }) => open.sessions)).toEqual(
        way === 'to-right' ? [2, 0, 1] : [1, 0, 2],
      );
      phone.hangUp();
      await net.until(phone.over());
      await net.run(5_000);
      for (const { open } of servers) expect(open.calls).toBe(0);
      expect(dialOf(scene, phone)).toMatchObject({ end: { by: 'caller', cause: 'bye' } });
      expect(await net.finish()).toEqual([]);
    });

    it('goes on in the flow of the caller when the far flow hangs up', async () => {
      const scene = await openScene();
      const { net } = scene;
      const phone = await scene.call(way);
      await net.until(phone.answered());
      await net.run(1_000);
      await net.until(phone.press('#'));
      await net.until(phone.over());
      expect(phone.end).toMatchObject({ by: 'remote', cause: 'bye' });
      expect(dialOf(scene, phone)).toMatchObject({
        path: ['other', 'farewell', 'done'],
        end: { by: 'flow', cause: 'bye' },
      });
      expect(await net.finish()).toEqual([]);
    });

    it('ends at the far flow when the caller presses the key for it, and goes on in his own', async () => {
      const scene = await openScene();
      const { net } = scene;
      const phone = await scene.call(way);
      await net.until(phone.answered());
      await net.run(1_000);
      await net.until(phone.press('*'));
      await net.until(phone.over());
      expect(dialOf(scene, phone)).toMatchObject({ path: ['other', 'farewell', 'done'] });
      expect(await net.finish()).toEqual([]);
    });

    it('is hung up everywhere when the caller gives up before the answer', async () => {
      const scene = await openScene();
      const { net, servers } = scene;
      const phone = await scene.call(way);
      // The INVITE has reached the proxy, and no answer the caller.
      await net.run(3);
      phone.hangUp();
      await net.until(phone.over());
      await net.run(5_000);
      for (const { open } of servers) expect(open.calls + open.forwarded).toBe(0);
      expect(await net.finish()).toEqual([]);
    });

    it('fails with an outcome that the flow knows when the far server is gone', async () => {
      const scene = await openScene();
      const { net } = scene;
      net.cut(way === 'to-right' ? right.host : left.host);
      const phone = await scene.call(way);
      await net.until(phone.over());
      expect(dialOf(scene, phone)).toMatchObject({ path: ['other', 'refused', 'done'] });
      expect(await net.finish()).toEqual([]);
    });
  },
);

describe('twenty calls both ways at once on a network that loses, doubles and mixes up', () => {
  const lossy: LinkConditions = {
    delay: { min: 2, max: 25 },
    loss: 0.05,
    duplication: 0.03,
    reordering: 0.05,
    reorderDelay: 120,
  };

  it.each([1, 2])('end at every element (seed %i)', async (seed) => {
    const scene = await openScene(seed, lossy);
    const { net, servers } = scene;
    const random = net.random(7);
    const ends: Promise<void>[] = [];
    let heard = 0;
    for (let index = 0; index < 20; index += 1) {
      const phone = await scene.call(below(random, 2) === 0 ? 'to-right' : 'to-left');
      const kind = below(random, 4);
      const patience = 500 + below(random, 6_000);
      const play = async (): Promise<void> => {
        if (kind === 0) {
          await phone.wait(patience);
          phone.hangUp();
          return;
        }
        await phone.answered();
        phone.hear();
        phone.speak(1_000);
        await phone.wait(patience);
        if (kind === 1) phone.hangUp();
        else await phone.press(kind === 2 ? '#' : '*');
        // A key that got lost three times is pressed again by nobody.
        await phone.wait(20_000);
        phone.hangUp();
      };
      ends.push(
        play()
          .catch((error: unknown) => {
            if (!(error instanceof CallOver)) throw error;
          })
          .then(async () => {
            await phone.over();
            if (phone.loudFrames > 10) heard += 1;
          }),
      );
      await net.run(below(random, 400));
    }
    await net.until(Promise.all(ends));
    await net.run(60_000);
    for (const { open } of servers) expect(open.calls).toBe(0);
    expect(heard).toBeGreaterThan(7);
    expect(await net.finish()).toEqual([]);
  });
});
