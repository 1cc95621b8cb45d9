import { World, type WorldOptions } from './world';

/** One world for each test, which is sound when the test is over. */
export function oneWorld(): (options?: WorldOptions) => Promise<World> {
  let world: World | undefined;
  afterEach(async () => {
    const last = world;
    world = undefined;
    if (last !== undefined) expect(await last.finish()).toEqual([]);
  });
  return async (options) => {
    world = await World.open(options);
    return world;
  };
}
