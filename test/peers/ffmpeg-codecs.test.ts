import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { decodeG711, encodeG711 } from '../../runtime/media/codec/g711';
import type { CodecFormat } from '../../runtime/media/codec/port';
import { codecKind } from '../../runtime/media/codec/registry';
import { opusHead, opusTags } from '../../runtime/media/ogg/opus-packets';
import { writePage } from '../../runtime/media/ogg/page';
import { resample } from '../../runtime/prompt/resample';
import { FliteVoice } from '../../runtime/prompt/tts/flite';
import { spokenBy } from '../support/sound-of';
import { readWavFile } from '../support/audio-compare';
import { run } from './support/command';

/*
 * Our codecs against second implementations: ffmpeg for G.722, SoX for G.711, opusenc and opusdec for Opus. The speech
 * is the built-in voice's, at 16 kHz.
 */

let folder: string;
let speech: Int16Array;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-codecs-'));
  const voice = new FliteVoice({ clock: new VirtualClock(), temporaryFolder: folder });
  const { samples, sampleRate } = await spokenBy(
    voice,
    'She sells six seashells, says the fish. Thirty three zebras watch the jazz musicians.',
  );
  await voice.close();
  const sound = resample(samples, sampleRate, 16_000);
  speech = sound.slice(0, sound.length - (sound.length % 960));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function tool(command: string, ...args: string[]): Promise<void> {
  const { status, output } = await run(command, args, { cwd: folder });
  expect([command, status, status === 0 ? '' : output]).toEqual([command, 0, '']);
}

const ffmpeg = (...args: string[]): Promise<void> =>
  tool('ffmpeg', '-nostdin', '-loglevel', 'error', '-y', ...args);

function save(name: string, data: Int16Array | Uint8Array): void {
  writeFileSync(join(folder, name), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function load(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)));
}

function loadSamples(name: string): Int16Array {
  return new Int16Array(load(name).buffer);
}

/** Where two arrays first differ; -1 where they do not. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) if (a[i] !== b[i]) return i;
  return -1;
}

function noise(count: number, peak: number): Int16Array {
  let state = 4_711;
  return Int16Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state / 0x8000_0000) * peak;
  });
}

const SIGNALS: Readonly<Record<string, () => Int16Array>> = {
  speech: () => speech,
  'loud noise': () => noise(16_000, 32_767),
  'soft noise': () => noise(16_000, 60),
  'a sine of full scale': () =>
    Int16Array.from({ length: 16_000 }, (_, i) => 32_767 * Math.sin(i / 9)),
  'a high tone': () => Int16Array.from({ length: 16_000 }, (_, i) => 12_000 * Math.sin(i * 2.4)),
  'a square wave': () =>
    Int16Array.from({ length: 16_000 }, (_, i) => ((i >> 5) & 1 ? 32_767 : -32_768)),
  silence: () => new Int16Array(16_000),
};

describe.each(Object.keys(SIGNALS))('G.722 with %s', (name) => {
  it('is to the bit what ffmpeg makes of it, both ways', async () => {
    const sound = SIGNALS[name]!();
    const kind = codecKind('G722');
    const format: CodecFormat = { name: 'G722', clockRate: 8_000 };
    save('in.raw', sound);
    await ffmpeg(
      ...['-f', 's16le', '-ar', '16000', '-ac', '1', '-i', 'in.raw'],
      ...['-c:a', 'g722', '-f', 'g722', 'theirs.g722'],
    );
    const encoder = kind.encoder(format);
    const ours = new Uint8Array(sound.length / 2);
    for (let at = 0; at < sound.length; at += 320) {
      encoder.encode(sound, at, Math.min(320, sound.length - at), ours, at / 2);
    }
    expect(difference(ours, load('theirs.g722'))).toBe(-1);
    await ffmpeg('-f', 'g722', '-i', 'theirs.g722', '-f', 's16le', 'theirs.raw');
    const decoder = kind.decoder(format);
    const heard = new Int16Array(sound.length);
    for (let at = 0; at < ours.length; at += 160) {
      decoder.decode(ours, at, Math.min(160, ours.length - at), heard, 2 * at);
    }
    expect(difference(heard, loadSamples('theirs.raw'))).toBe(-1);
  });
});

describe.each([
  ['PCMU', 'ul'],
  ['PCMA', 'al'],
] as const)('%s', (law, type) => {
  it('decodes as SoX does', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    save(`all.${type}`, bytes);
    await tool(
      'sox',
      '-r',
      '8000',
      '-c',
      '1',
      `all.${type}`,
      '-e',
      'signed',
      '-b',
      '16',
      'all.wav',
    );
    const ours = new Int16Array(256);
    decodeG711(law, bytes, 0, 256, ours, 0);
    expect(difference(ours, readWavFile(join(folder, 'all.wav')).samples)).toBe(-1);
  });

  it('encodes speech as SoX does, but where two steps are equally near', async () => {
    save('speech.raw', speech);
    await tool(
      ...(['sox', '-D', '-t', 's16', '-r', '8000', '-c', '1', 'speech.raw'] as const),
      ...['-t', type, 'speech.out'],
    );
    const ours = new Uint8Array(speech.length);
    encodeG711(law, speech, 0, speech.length, ours, 0);
    const theirs = load('speech.out');
    const mine = new Int16Array(speech.length);
    const other = new Int16Array(speech.length);
    decodeG711(law, ours, 0, ours.length, mine, 0);
    decodeG711(law, theirs, 0, theirs.length, other, 0);
    const error = (samples: Int16Array): number =>
      samples.reduce((sum, sample, i) => sum + (sample - speech[i]!) ** 2, 0);
    expect(theirs).toHaveLength(ours.length);
    expect(Math.abs(10 * Math.log10(error(mine) / error(other)))).toBeLessThan(0.1);
  });
});

describe('Opus', () => {
  const format: CodecFormat = { name: 'opus', clockRate: 48_000, channels: 2 };

  /** The packets of an Ogg file, without its two headers. */
  function packetsOf(file: Uint8Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    let parts: Uint8Array[] = [];
    for (let at = 0; at < file.length;) {
      const segments = file[at + 26]!;
      let next = at + 27 + segments;
      for (let i = 0; i < segments; i += 1) {
        const length = file[at + 27 + i]!;
        parts.push(file.subarray(next, next + length));
        next += length;
        if (length === 255) continue;
        packets.push(new Uint8Array(Buffer.concat(parts)));
        parts = [];
      }
      at = next;
    }
    return packets.slice(2);
  }

  it.each([8_000, 16_000, 48_000])(
    'is understood by opusdec, from sound at %i Hz',
    async (rate) => {
      const sound = resample(speech, 16_000, rate);
      const frame = rate / 50;
      const encoder = codecKind('opus').encoder(format, rate);
      const bytes = new Uint8Array(encoder.maxBytes(frame));
      const pages = [
        writePage({ granule: 0, serial: 1, number: 0, packets: [opusHead(rate, 1)], first: true }),
        writePage({ granule: 0, serial: 1, number: 1, packets: [opusTags()] }),
      ];
      const frames = Math.floor(sound.length / frame);
      for (let i = 0; i < frames; i += 1) {
        const length = encoder.encode(sound, i * frame, frame, bytes, 0);
        const packets = [bytes.slice(0, length)];
        const granule = 960 * (i + 1);
        pages.push(
          writePage({ granule, serial: 1, number: 2 + i, packets, last: i === frames - 1 }),
        );
      }
      encoder.close();
      save('ours.opus', new Uint8Array(Buffer.concat(pages)));
      await tool('opusdec', '--quiet', '--rate', '16000', 'ours.opus', 'ours.wav');
      const heard = readWavFile(join(folder, 'ours.wav')).samples;
      expect(alike(speech, heard)).toBeGreaterThan(rate === 8_000 ? 0.8 : 0.9);
    },
  );

  it.each([
    ['mono', 1],
    ['stereo', 2],
  ] as const)('hears what opusenc makes of %s speech', async (name, channels) => {
    const interleaved = new Int16Array(channels * speech.length);
    for (let i = 0; i < interleaved.length; i += 1) {
      interleaved[i] = speech[Math.floor(i / channels)]!;
    }
    save(`${name}.raw`, interleaved);
    await tool(
      ...(['opusenc', '--quiet', '--raw', '--raw-rate', '16000'] as const),
      ...['--raw-chan', String(channels), '--bitrate', '32', `${name}.raw`, `${name}.opus`],
    );
    const decoder = codecKind('opus').decoder(format, 16_000);
    const packets = packetsOf(load(`${name}.opus`));
    const heard = new Int16Array(320 * packets.length);
    packets.forEach((packet, i) => {
      expect(codecKind('opus').duration(format, packet, 0, packet.length)).toBe(960);
      expect(decoder.decode(packet, 0, packet.length, heard, 320 * i)).toBe(320);
    });
    decoder.close();
    expect(alike(speech, heard)).toBeGreaterThan(0.9);
  });
});

/** The highest correlation of two sounds, shifted by up to 50 ms: 1 for equal ones. */
function alike(a: Int16Array, b: Int16Array): number {
  let best = 0;
  const count = Math.min(a.length, b.length) - 800;
  for (let delay = -400; delay <= 800; delay += 1) {
    let product = 0;
    let first = 1;
    let second = 1;
    for (let i = Math.max(0, -delay); i < count; i += 1) {
      const x = a[i]!;
      const y = b[i + delay]!;
      product += x * y;
      first += x * x;
      second += y * y;
    }
    best = Math.max(best, product / Math.sqrt(first * second));
  }
  return best;
}
