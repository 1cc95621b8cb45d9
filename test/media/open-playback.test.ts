import type { PlayItem } from '../../runtime/core/audio';
import { decodeG711 } from '../../runtime/media/codec/g711';
import { EncodedClips } from '../../runtime/media/encoded-clips';
import { PacketCoder } from '../../runtime/media/packet-coder';
import { Player } from '../../runtime/media/player';
import {
  clipOf,
  concat,
  heardBy,
  hear,
  indexOfSamples,
  mediaPair,
  noiseClip,
  throughCodec,
} from '../support/media-pair';

const FRAME = 160;
const coder = (): PacketCoder => new PacketCoder({ name: 'PCMU', clockRate: 8_000 }, 20);

function item(samples: Int16Array): PlayItem {
  return { type: 'clip', clip: clipOf(samples) };
}

function openPlayer(
  samples: Int16Array,
  options: ConstructorParameters<typeof Player>[1] = {},
): Player {
  return new Player([item(samples)], options, new EncodedClips(), true);
}

/** Up to `packets` packets; fewer when the player holds or has nothing. */
function take(player: Player, from: PacketCoder, packets = 1_000): Int16Array {
  const frames: Int16Array[] = [];
  while (frames.length < packets && player.next(from) === 'packet') {
    const frame = new Int16Array(FRAME);
    decodeG711('PCMU', player.bytes, player.from, FRAME, frame, 0);
    frames.push(frame);
  }
  return concat(frames);
}

const sound = noiseClip(200, 5).samples;
const first = sound.slice(0, 530);
const second = sound.slice(530);

describe('an open playback', () => {
  it('joins what is appended in time at the sample, as if it had been there', async () => {
    const player = openPlayer(first);
    const from = coder();
    const begun = take(player, from, 2);
    player.append([item(second)], true);
    const heard = concat([begun, take(player, from)]);
    expect(heard.subarray(0, sound.length)).toEqual(throughCodec(sound));
    await expect(player.done).resolves.toEqual({ type: 'completed', position: 200 });
  });

  it('keeps its place when it has run out, holds back what is less than a packet, and loses nothing', async () => {
    const player = openPlayer(first);
    const from = coder();
    const begun = take(player, from);
    expect(begun.length).toBe(3 * FRAME);
    for (let tick = 0; tick < 50; tick += 1) expect(player.next(from)).toBe('hold');
    expect(player.ended).toBe(false);
    player.append([item(second)], false);
    const heard = concat([begun, take(player, from)]);
    expect(player.next(from)).toBe('hold');
    player.append([], true);
    const all = concat([heard, take(player, from)]);
    expect(all.subarray(0, sound.length)).toEqual(throughCodec(sound));
    await expect(player.done).resolves.toEqual({ type: 'completed', position: 200 });
  });

  it('that gets nothing ends at once, and with nothing to begin with waits', async () => {
    const from = coder();
    const empty = new Player([], {}, new EncodedClips(), true);
    expect(empty.next(from)).toBe('hold');
    empty.append([], true);
    expect(empty.next(from)).toBe('nothing');
    await expect(empty.done).resolves.toEqual({ type: 'completed', position: 0 });
  });

  it('skips an offset also in what is appended', () => {
    const player = openPlayer(first, { offset: 100 });
    const from = coder();
    expect(player.next(from)).toBe('hold');
    player.append([item(second)], true);
    const rest = sound.slice(800);
    expect(take(player, from).subarray(0, rest.length)).toEqual(throughCodec(rest));
  });

  it('can be paused, moved and stopped while it waits', async () => {
    const player = openPlayer(first);
    const from = coder();
    take(player, from);
    player.pause();
    player.append([item(second)], true);
    expect(player.next(from)).toBe('hold');
    player.resume();
    player.seek(0);
    expect(take(player, from, 6)).toEqual(throughCodec(sound).slice(0, 6 * FRAME));
    player.stop();
    player.append([item(second)], true);
    expect(player.next(from)).toBe('nothing');
    await expect(player.done).resolves.toEqual({ type: 'stopped', position: 120 });
  });

  it('is sent without a gap when its parts come in time, and goes on where it was when they do not', async () => {
    const pair = await mediaPair();
    const { a, b, clock } = pair;
    hear(b);
    const parts = [1, 2, 3].map((seed) => noiseClip(1_000 - seed * 7, seed));
    const playback = a.session.playOpen([{ type: 'clip', clip: parts[0]! }]);
    await clock.run(500);
    playback.append([{ type: 'clip', clip: parts[1]! }], false);
    const sent = (): number => pair.rtpOf(a).length;
    await clock.run(3_000);
    const silent = sent();
    await clock.run(1_000);
    expect(sent()).toBe(silent);
    playback.append([{ type: 'clip', clip: parts[2]! }], true);
    await clock.run(1_500);
    await expect(playback.done).resolves.toEqual({ type: 'completed', position: 2_958 });
    const heard = heardBy(b);
    const whole = (...of: number[]): Int16Array =>
      throughCodec(concat(of.map((index) => parts[index]!.samples)));
    // The two that came in time are one; of the third all is heard, from where the second broke off.
    expect(indexOfSamples(heard, whole(0, 1).slice(0, 98 * FRAME))).toBeGreaterThanOrEqual(0);
    expect(indexOfSamples(heard, whole(2))).toBeGreaterThanOrEqual(0);
    await pair.close();
  });

  it.each(['G722', 'opus'] as const)(
    'joins its parts in %s as a whole clip is played',
    async (codec) => {
      const heardAs = async (open: boolean): Promise<Int16Array> => {
        const pair = await mediaPair({ codec });
        hear(pair.b);
        const [one, two] = [noiseClip(610, 1), noiseClip(500, 2)];
        const items: PlayItem[] = [one, two].map((clip) => ({ type: 'clip', clip }));
        if (open) {
          const playback = pair.a.session.playOpen([items[0]!]);
          await pair.clock.run(200);
          playback.append([items[1]!], true);
        } else {
          pair.a.session.play(items);
          await pair.clock.run(200);
        }
        await pair.clock.run(1_500);
        await pair.close();
        return heardBy(pair.b);
      };
      const [whole, grown] = [await heardAs(false), await heardAs(true)];
      expect(whole.some((sample) => Math.abs(sample) > 2_000)).toBe(true);
      expect(grown).toEqual(whole);
    },
  );
});
