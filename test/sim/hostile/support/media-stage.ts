import { InlineMediaEngine } from '../../../../runtime/media/engine';
import type { LinkConditions } from '../../../support/simulated-network';
import { Melody } from '../../support/melody';
import { SoundPhone } from '../../support/sound-phone';
import type { Terminal } from '../../support/terminal';
import { World } from '../../support/world';

const plainPhone: Terminal = {
  codecs: ['PCMU'],
  preference: 'ours',
  ptime: 20,
  keys: 'event',
  srtp: 'off',
  suite: 'AES_CM_128_HMAC_SHA1_80',
  rtcpMux: false,
  suppresses: false,
  taps: false,
};

/** A call whose media is attacked, and a good one beside it. */
export interface MediaStage {
  readonly world: World;
  readonly victim: SoundPhone;
  /** What the victim's phone has sent to the server's RTP port. */
  readonly sent: Buffer[];
  /** To the server's RTP port of the victim, as if the victim's own socket had sent it. */
  readonly attack: (bytes: Uint8Array) => void;
  /** The victim hears itself, whatever was. */
  expectHeard(): Promise<void>;
}

/** A stage for each test; when that is over the good call has heard all of itself, and nothing is left. */
export function mediaStage(): (terminal?: Partial<Terminal>) => Promise<MediaStage> {
  let current:
    | {
        readonly world: World;
        readonly good: SoundPhone;
        readonly victim: SoundPhone;
        readonly from: number;
      }
    | undefined;
  afterEach(async () => {
    const last = current;
    current = undefined;
    if (last === undefined) return;
    const { world, good, victim, from } = last;
    await world.run(200);
    expect(good.heard.likeness(good.melody, from)).toBeGreaterThan(0.9);
    expect(good.heard.fullness(from)).toBe(1);
    good.hangUp();
    if (victim.end === undefined) victim.hangUp();
    await world.run(2_000);
    expect(world.record(good.callId).media).toMatchObject({ digits: 0, packetsDiscarded: 0 });
    expect(await world.finish()).toEqual([]);
  });
  return async (terminal = {}) => {
    const world = await World.open({
      config: {
        flows: { files: ['test/sim/flows/whole.flow.ts'] },
        media: { codecs: ['PCMU', 'PCMA', 'G722', 'opus', 'L16'] },
      },
    });
    const { clock } = world;
    const network = world.network.media();
    const engine = new InlineMediaEngine({
      ...{ clock, network, random: world.random(7) },
      mediaTimeout: 0,
    });
    world.onClose(() => engine.close());
    const call = async (chosen: Terminal, melody: number): Promise<SoundPhone> => {
      const phone = await SoundPhone.open({ world, engine }, chosen, Melody.of(melody));
      phone.sing();
      phone.dial('whole');
      await world.run(1_000);
      expect(phone.established).toBe(true);
      return phone;
    };
    const good = await call(plainPhone, 1);
    const victim = await call({ ...plainPhone, ...terminal }, 2);
    current = { world, good, victim, from: good.heard.length };
    const sent: Buffer[] = [];
    const usual = world.network.conditions;
    world.network.conditions = (from, to, bytes): LinkConditions => {
      const { local } = victim.media;
      if (from.host === local.host && from.port === local.port && sent.length < 200) {
        sent.push(Buffer.from(bytes));
      }
      return typeof usual === 'function' ? usual(from, to, bytes) : usual;
    };
    await world.run(1_000);
    return {
      world,
      victim,
      sent,
      attack: (bytes) =>
        world.network.transmit(victim.media.local, bytes, { ...victim.serverMedia }),
      async expectHeard() {
        await world.run(1_000);
        const from = victim.heard.length;
        await world.run(2_000);
        expect(victim.heard.likeness(victim.melody, from)).toBeGreaterThan(0.9);
        expect(victim.heard.fullness(from)).toBeGreaterThan(0.97);
      },
    };
  };
}
