import type { PlayItem } from '../../runtime/core/audio';
import { codecKind } from '../../runtime/media/codec/registry';
import { EncodedClips } from '../../runtime/media/encoded-clips';
import { PacketCoder } from '../../runtime/media/packet-coder';
import { Player } from '../../runtime/media/player';
import type { CodecName } from '../../runtime/media/port';
import { compareAudio } from '../support/audio-compare';
import { CODECS, concat } from '../support/media-pair';
import { voice } from '../support/voice';

const RATE = 16_000;
const FRAME = RATE / 50;

interface Played {
  readonly heard: Int16Array;
  /** For each packet, whether it was one of those that all calls share. */
  readonly shared: readonly boolean[];
}

function coderOf(codec: CodecName, ptime = 20): PacketCoder {
  return new PacketCoder(CODECS[codec], ptime);
}

/** What one peer hears of what is played, one after the other, each until its end or for so many packets. */
function play(
  codec: CodecName,
  players: readonly (readonly [Player, number])[],
  coder = coderOf(codec),
): Played {
  const decoder = codecKind(codec).decoder(coder.format, RATE);
  const out = new Int16Array(6 * FRAME);
  const frames: Int16Array[] = [];
  const shared: boolean[] = [];
  for (const [player, packets] of players) {
    for (let n = 0; n < packets; n += 1) {
      const before = coder.encoded;
      if (player.next(coder) === 'nothing') break;
      const count = decoder.decode(player.bytes, player.from, player.length, out, 0);
      expect(count).toBe((RATE * coder.ptime) / 1_000);
      frames.push(out.slice(0, count));
      shared.push(coder.encoded === before);
    }
  }
  coder.close();
  decoder.close();
  return { heard: concat(frames), shared };
}

let clips = 0;

function clip(samples: Int16Array, sampleRate = RATE): PlayItem {
  clips += 1;
  return { type: 'clip', clip: { id: `player-codecs-${clips}`, sampleRate, samples } };
}

/** dB by which each active frame of 20 ms is further from the source than the same frame of a reference. */
function degradation(source: Int16Array, heard: Int16Array, reference: Int16Array): number[] {
  const { offset } = compareAudio(source, reference, RATE);
  const worse: number[] = [];
  for (let from = FRAME; from + 2 * FRAME < source.length; from += FRAME) {
    let energy = 0;
    let error = 1;
    let expected = 1;
    for (let i = from; i < from + FRAME; i += 1) {
      const sample = source[i]!;
      energy += sample ** 2;
      error += (sample - heard[i + offset]!) ** 2;
      expected += (sample - reference[i + offset]!) ** 2;
    }
    if (energy > FRAME * 300 ** 2) worse.push(10 * Math.log10(error / expected));
  }
  return worse;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const SOUND = voice(RATE, 6_000, 3);
/** Borders that fall anywhere in a packet. */
const BORDERS = [0, 1_333 * 16, 2_511 * 16 + 5, 4_007 * 16 + 3, SOUND.length];

function pieces(): PlayItem[] {
  return BORDERS.slice(1).map((end, i) => clip(SOUND.slice(BORDERS[i], end)));
}

describe.each(['G722', 'opus'] as const)('items joined in %s', (codec) => {
  it('are heard as one sound, with no more noise at a border than elsewhere', () => {
    const store = new EncodedClips();
    const whole = play(codec, [[new Player([clip(SOUND)], {}, store), Infinity]]);
    const items = pieces();
    for (let call = 0; call < 2; call += 1) {
      const joined = play(codec, [[new Player(items, {}, store), Infinity]]);
      const worse = degradation(SOUND, joined.heard, whole.heard);
      expect(Math.max(...worse)).toBeLessThan(12);
      expect(mean(worse)).toBeLessThan(1);
    }
    store.close();
  });

  it('are heard without a click where a prompt is broken off by another', () => {
    const store = new EncodedClips();
    const first = clip(SOUND.slice(0, 48_000));
    const second = clip(SOUND.slice(20_000, 80_000));
    // Both prompts were played before: their packets are there.
    for (const item of [first, second]) play(codec, [[new Player([item], {}, store), Infinity]]);
    const { heard } = play(codec, [
      [new Player([first], {}, store), 73],
      [new Player([second], {}, store), Infinity],
    ]);
    const source = concat([SOUND.slice(0, 73 * FRAME), SOUND.slice(20_000, 80_000)]);
    const live = coderOf(codec);
    const reference = play(codec, [[new Player([clip(source)], {}, store), Infinity]], live);
    expect(Math.max(...degradation(source, heard, reference.heard))).toBeLessThan(12);
    store.close();
  });

  it('share the packets of the first clip between all calls, and encode them once', () => {
    const store = new EncodedClips();
    const items = pieces();
    const { shared } = play(codec, [[new Player(items, {}, store), Infinity]]);
    const whole = Math.floor(BORDERS[1]! / FRAME);
    expect(shared.slice(0, whole).every(Boolean)).toBe(true);
    expect(shared[whole]).toBe(false);
    store.close();
  });
});

it('Opus goes back to shared packets 80 ms behind a border', () => {
  const store = new EncodedClips();
  const { shared } = play('opus', [[new Player(pieces(), {}, store), Infinity]]);
  const border = Math.floor(BORDERS[1]! / FRAME);
  expect(shared.slice(border, border + 7)).toEqual([false, false, false, false, false, true, true]);
  expect(shared.filter((each) => !each).length).toBe(3 * 5);
  store.close();
});

describe('shared encodings', () => {
  it.each<CodecName>(['G722', 'opus'])('of %s are the same packets for every call', (codec) => {
    const store = new EncodedClips();
    const item = clip(SOUND);
    const players = [new Player([item], {}, store), new Player([item], {}, store)];
    const heard = players.map((player) => play(codec, [[player, Infinity]]).heard);
    expect(heard[1]).toEqual(heard[0]);
    expect(players[0]!.bytes.buffer).toBe(players[1]!.bytes.buffer);
    expect(players[0]!.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    store.close();
  });

  it('are found for a copy of the clip in another object', () => {
    const store = new EncodedClips();
    const samples = SOUND.slice(0, 16_000);
    const copies = [1, 2].map(() => ({ id: 'copied', sampleRate: RATE, samples }));
    const coder = coderOf('G722');
    const [one, other] = copies.map((copy) => {
      const player = new Player([{ type: 'clip', clip: copy }], {}, store);
      play('G722', [[player, Infinity]]);
      return player;
    });
    expect(one!.bytes.buffer).toBe(other!.bytes.buffer);
    coder.close();
    store.close();
  });

  it('give way when there are too many of them, those that were asked for longest ago first', () => {
    const store = new EncodedClips(900_000);
    const items = [1, 2, 3, 4, 5, 6].map((seed) => clip(voice(8_000, 10_000, seed), 8_000));
    for (const item of items) play('G722', [[new Player([item], {}, store), Infinity]]);
    expect(store.size).toBeLessThanOrEqual(900_000);
    expect(store.size).toBeGreaterThan(700_000);
    store.close();
    expect(store.size).toBe(0);
  });
});

describe('a clip of another sample rate', () => {
  it.each([
    [8_000, 'G722'],
    [24_000, 'G722'],
    [44_100, 'G722'],
    [22_050, 'L16'],
    [48_000, 'L16'],
  ] as const)('of %i is played in %s as it sounds', (rate, codec) => {
    const store = new EncodedClips();
    // All of the voice lies below 3.4 kHz.
    const sound = voice(rate, 2_000, 4);
    const { heard } = play(codec, [[new Player([clip(sound, rate)], {}, store), Infinity]]);
    const compared = compareAudio(voice(RATE, 2_000, 4), heard, RATE);
    expect(heard.length).toBe(2 * RATE);
    expect(compared.correlation).toBeGreaterThan(0.9);
    store.close();
  });
});
