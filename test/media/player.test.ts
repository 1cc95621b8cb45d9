import { decodeG711 } from '../../runtime/media/codec/g711';
import { codecKind } from '../../runtime/media/codec/registry';
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

describe('a player that is steered', () => {
  /** A ramp, by which each sample tells where it is from. */
  const ramp = Int16Array.from({ length: 8_000 }, (_, i) => 4 * i - 16_000);
  const item: PlayItem = { type: 'clip', clip: clipOf(ramp) };
  const heardFrom = (from: number, count = 160): Int16Array =>
    throughCodec(ramp.subarray(from, from + count));

  it('is silent in a pause, keeps its place, and goes on at the sample', async () => {
    const player = new Player([item]);
    const coder = coderOf('PCMU');
    expect(played(player, 2)).toEqual(heardFrom(0, 320));
    player.pause();
    player.pause();
    for (let i = 0; i < 50; i += 1) expect(player.next(coder)).toBe('hold');
    player.resume();
    player.resume();
    expect(played(player, 1)).toEqual(heardFrom(320));
    player.pause();
    player.stop();
    expect(player.next(coder)).toBe('nothing');
    await expect(player.done).resolves.toEqual({ type: 'stopped', position: 60 });
  });

  it.each([
    ['to a position', 500, {}, 4_000],
    ['on from where it is', 100, { relative: true }, 160 + 800],
    ['back from where it is', -10, { relative: true }, 80],
    ['back to the beginning at most', -5_000, { relative: true }, 0],
    ['to the beginning at least', -1, {}, 0],
  ])('seeks %s', (_what, position, options, from) => {
    const player = new Player([item]);
    played(player, 1);
    player.seek(position, options);
    expect(played(player, 1)).toEqual(heardFrom(from));
  });

  it('seeks across the border of items, and in a pause', () => {
    const player = new Player([clip(100, 1), item]);
    played(player, 1);
    player.pause();
    player.seek(150);
    player.resume();
    expect(played(player, 1)).toEqual(heardFrom(400));
  });

  it('has completed when it seeks to its end, or begins the next round', async () => {
    const player = new Player([item], { loop: 2 });
    player.seek(1_000_000);
    expect(played(player, 1)).toEqual(heardFrom(0));
    player.seek(Infinity);
    expect(player.next(coderOf('PCMU'))).toBe('nothing');
    await expect(player.done).resolves.toEqual({ type: 'completed', position: 1_000 });
    player.seek(0);
    expect(player.next(coderOf('PCMU'))).toBe('nothing');
  });

  it.each<CodecName>(['PCMU', 'PCMA', 'L16'])(
    'is louder and softer by so many dB in %s',
    (codec) => {
      const loudness = (gain: number, later = 0): number => {
        const player = new Player([clip(400, 3)], { gain });
        if (later !== 0) player.setGain(later);
        const coder = new PacketCoder({ name: codec, clockRate: 8_000 }, 20);
        const decoder = codecKind(codec).decoder(coder.format);
        let squares = 0;
        const frame = new Int16Array(160);
        while (player.next(coder) === 'packet') {
          decoder.decode(player.bytes, player.from, player.length, frame, 0);
          for (const sample of frame) squares += sample ** 2;
        }
        return 10 * Math.log10(squares);
      };
      const plain = loudness(0);
      expect(loudness(-12) - plain).toBeCloseTo(-12, 0);
      expect(loudness(6) - plain).toBeCloseTo(6, 0);
      expect(loudness(0, -20) - plain).toBeCloseTo(-20, 0);
      // No more than 60 dB down, and 20 dB up.
      expect(loudness(-200)).toBeCloseTo(loudness(-60), 3);
      expect(loudness(200)).toBeCloseTo(loudness(20), 3);
    },
  );
});
