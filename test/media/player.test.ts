import { decodeG711 } from '../../runtime/media/codec/g711';
import { EncodedClips } from '../../runtime/media/encoded-clips';
import { PacketCoder } from '../../runtime/media/packet-coder';
import { Player } from '../../runtime/media/player';
import { clipOf, concat, noiseClip, throughCodec } from '../support/media-pair';
import type { CodecName } from '../../runtime/media/port';
import type { PlayItem } from '../../runtime/core/audio';

const FRAME = 160;

function clip(duration: number, seed: number): PlayItem & { type: 'clip' } {
  return { type: 'clip', clip: noiseClip(duration, seed) };
}

function coderOf(codec: CodecName): PacketCoder {
  return new PacketCoder({ name: codec, clockRate: 8_000 }, 20);
}

/** Plays up to `packets` packets and decodes them. */
function played(player: Player, packets = 1000, codec: CodecName = 'PCMU'): Int16Array {
  const frames: Int16Array[] = [];
  const coder = coderOf(codec);
  while (frames.length < packets && player.next(coder) === 'packet') {
    const frame = new Int16Array(FRAME);
    decodeG711(codec, player.bytes, player.from, FRAME, frame, 0);
    frames.push(frame);
  }
  return concat(frames);
}

describe('a player', () => {
  it('joins items at the sample, wherever in a packet the border falls', async () => {
    const first = clipOf(noiseClip(100, 1).samples.subarray(0, 333));
    const second = clipOf(noiseClip(100, 2).samples.subarray(0, 7));
    const third = noiseClip(50, 3);
    const player = new Player([
      { type: 'clip', clip: first },
      { type: 'clip', clip: second },
      { type: 'clip', clip: third },
    ]);
    const heard = played(player);
    const expected = throughCodec(concat([first.samples, second.samples, third.samples]));
    expect(heard.subarray(0, expected.length)).toEqual(expected);
    // The last packet is filled up with silence.
    expect(heard.length).toBe(Math.ceil(expected.length / FRAME) * FRAME);
    expect(heard.subarray(expected.length).every((sample) => sample === 0)).toBe(true);
    await expect(player.done).resolves.toEqual({
      type: 'completed',
      position: expected.length / 8,
    });
  });

  it('plays silence for exactly its duration between sounds', () => {
    const sound = clip(30, 1);
    const heard = played(new Player([sound, { type: 'silence', duration: 45 }, sound]));
    const decoded = throughCodec(sound.clip.samples);
    expect(heard.subarray(0, 240)).toEqual(decoded);
    expect(heard.subarray(240, 600).every((sample) => sample === 0)).toBe(true);
    expect(heard.subarray(600, 840)).toEqual(decoded);
  });

  it('plays a tone of its frequency and duration', () => {
    const tone = { frequencies: [1000], cadence: [], duration: 50, level: -10 };
    const heard = played(new Player([{ type: 'tone', tone }]));
    expect(heard.length).toBe(480);
    let crossings = 0;
    for (let i = 81; i < 320; i += 1) {
      if ((heard[i - 1] as number) < 0 && (heard[i] as number) >= 0) crossings += 1;
    }
    expect(Math.abs(crossings - 30)).toBeLessThanOrEqual(1);
    expect(heard.subarray(400).every((sample) => sample === 0)).toBe(true);
  });

  it('loops without a gap as often as asked', () => {
    const sound = clip(25, 4);
    const heard = played(new Player([sound], { loop: 3 }));
    const decoded = throughCodec(sound.clip.samples);
    const expected = concat([decoded, decoded, decoded]);
    expect(heard.subarray(0, 600)).toEqual(expected);
    expect(heard.length).toBe(640);
  });

  it('loops for ever until it is stopped, and says where it was', async () => {
    const player = new Player([clip(50, 5)], { loop: Infinity });
    expect(played(player, 500).length).toBe(500 * FRAME);
    player.stop();
    player.stop();
    expect(player.next(coderOf('PCMU'))).toBe('nothing');
    await expect(player.done).resolves.toEqual({ type: 'stopped', position: 0 });
  });

  it('skips the offset in the first round only', () => {
    const first = clip(30, 1);
    const second = clip(30, 2);
    const heard = played(new Player([first, second], { offset: 40, loop: 2 }));
    const expected = throughCodec(
      concat([second.clip.samples.subarray(80), first.clip.samples, second.clip.samples]),
    );
    expect(heard.subarray(0, expected.length)).toEqual(expected);
  });

  it('ends at once when the offset is past the end, or there is nothing to play', async () => {
    for (const player of [
      new Player([clip(20, 1)], { offset: 20 }),
      new Player([]),
      new Player([{ type: 'silence', duration: 0 }], { loop: Infinity }),
      new Player([clip(20, 1)], { loop: 0 }),
    ]) {
      expect(player.next(coderOf('PCMU'))).toBe('nothing');
      await expect(player.done).resolves.toMatchObject({ type: 'completed' });
    }
  });

  it('goes on at the same sample when the codec changes', () => {
    const sound = clip(60, 9);
    const player = new Player([sound]);
    expect(played(player, 1)).toEqual(throughCodec(sound.clip.samples.subarray(0, 160)));
    expect(played(player, 1, 'PCMA')).toEqual(
      throughCodec(sound.clip.samples.subarray(160, 320), 'PCMA'),
    );
  });

  it('shares one encoding of a clip between all who play it, and copies nothing', () => {
    const sound = clip(40, 1);
    const clips = new EncodedClips();
    const one = new Player([sound], {}, clips);
    const other = new Player([sound], {}, clips);
    const coder = coderOf('PCMU');
    one.next(coder);
    other.next(coder);
    other.next(coder);
    expect(other.bytes).toBe(one.bytes);
    expect(other.from).toBe(160);
  });
});
