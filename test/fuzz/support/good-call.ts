import { SimulatedPhone } from '../../sim/support/phone';
import type { World } from '../../sim/support/world';

/** A call that means well, through whatever goes on around it: it talks all the time and hears itself. */
export class GoodCall {
  private constructor(
    private readonly world: World,
    readonly phone: SimulatedPhone,
    private loud: number,
    private since: number,
  ) {}

  static async begin(world: World): Promise<GoodCall> {
    const phone = await SimulatedPhone.open(world, { flow: 'echo' });
    await world.until(phone.dial().answered());
    // Past the welcome.
    await world.run(5_000);
    const tone = { frequencies: [300, 510], cadence: [], duration: 1_000, level: -12 };
    phone.media.play([{ type: 'tone', tone }], { loop: Infinity });
    phone.hear();
    await world.run(500);
    return new GoodCall(world, phone, phone.loudFrames, world.clock.now());
  }

  /** Every 20 ms since the last time have come back, but for a few. */
  expectHeard(): void {
    const { phone, world } = this;
    const now = world.clock.now();
    expect(phone.loudFrames - this.loud).toBeGreaterThan((now - this.since) / 20 - 10);
    this.loud = phone.loudFrames;
    this.since = now;
  }

  /** It ends when it wants to, and its record says so. */
  async expectNormalEnd(): Promise<void> {
    const { phone, world } = this;
    phone.hangUp();
    await world.run(200);
    expect(phone.end).toMatchObject({ by: 'local', cause: 'bye' });
    const end = { by: 'caller', cause: 'bye' };
    expect(world.record(phone.callId)).toMatchObject({ answered: true, end });
  }
}
