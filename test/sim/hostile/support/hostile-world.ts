import { join } from 'node:path';
import type { CallchartConfig } from '../../../../runtime/core/config';
import { GoodCall } from '../../../fuzz/support/good-call';
import { expectPeace } from '../../../fuzz/support/peace';
import { watchServer, type Watch } from '../../../fuzz/support/watch';
import { MemoryData } from '../../../support/memory-data';
import { serverAddress, World, type WorldOptions } from '../../support/world';
import { Peer } from './peer';

export const server = `${serverAddress.host}:${serverAddress.port}`;

/** The users of the server, each with the password that is right. */
export const alice = { username: 'alice', password: 'in wonderland' };
export const bob = { username: 'bob', password: 'the builder' };

const root = join(__dirname, '..', '..', '..', '..');

/** A server with users, a call that means well on it, and an eye on all that it answers and drops. */
export interface HostileWorld {
  readonly world: World;
  readonly good: GoodCall;
  readonly watch: Watch;
}

/**
 * A world for each test. When the test is over the good call has heard all of itself and ends as it wants to,
 * and nothing is open any more.
 */
export function hostileWorld(): (
  config?: CallchartConfig,
  options?: Omit<WorldOptions, 'config'>,
) => Promise<HostileWorld> {
  let current: HostileWorld | undefined;
  afterEach(async () => {
    const last = current;
    current = undefined;
    if (last === undefined) return;
    const { world, good, watch } = last;
    good.expectHeard();
    await good.expectNormalEnd();
    await expectPeace(world);
    watch.stop();
    await world.close();
    expect(world.clock.pending).toBe(0);
    expect(world.network.open).toBe(0);
  });
  return async (config = {}, options = {}) => {
    const watch = watchServer([serverAddress.host, '127.0.0.1']);
    const files = [
      join(root, 'flows', 'echo.flow.ts'),
      join(root, 'test', 'peers', 'flows', 'wait.flow.ts'),
      ...(config.flows?.files ?? []),
    ];
    const world = await World.open({
      data: new MemoryData({ alice: alice.password, bob: bob.password }),
      ...options,
      config: { ...config, flows: { ...config.flows, files } },
    });
    current = { world, watch, good: await GoodCall.begin(world) };
    return current;
  };
}

/** A phone of a user's, registered. */
export async function registered(
  world: World,
  user: typeof alice,
  headers: readonly string[] = [],
): Promise<Peer> {
  const peer = await Peer.open(world);
  const response = await peer.register(user, { headers });
  expect(response?.status).toBe(200);
  return peer;
}
