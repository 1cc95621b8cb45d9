import pino from 'pino';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { codecKind } from '../../runtime/media/codec/registry';
import { writeTelephoneEvent } from '../../runtime/media/dtmf/telephone-event';
import { Ears } from '../../runtime/media/ears';
import { RtpInput } from '../../runtime/media/rtp-input';
import { writeRtpHeader } from '../../runtime/media/rtp/packet';
import { SourceLatch } from '../../runtime/media/source-latch';
import { compareAudio } from '../support/audio-compare';
import { concat } from '../support/media-pair';
import { FORMATS, streamOf, type Stream } from '../support/sound-network';
import { voice } from '../support/voice';

const PEER = { host: '10.0.0.1', port: 4_000 };
const TYPE = 96;

type Name = 'PCMU' | 'G722' | 'opus';

class Room {
  readonly clock = new VirtualClock();
  readonly input: RtpInput;
  readonly ears: Ears;
  readonly errors: unknown[] = [];
  changes = 0;
  private next = 0;

  constructor(
    name: Name,
    private readonly stream?: Stream,
  ) {
    const latch = new SourceLatch(false);
    latch.expect(PEER);
    this.input = new RtpInput(this.clock, latch, {
      onDigit: () => undefined,
      onRelease: () => undefined,
    });
    this.input.configure(
      {
        remote: { rtp: PEER },
        codec: { ...FORMATS[name], payloadType: TYPE },
        telephoneEvent: { payloadType: 101, clockRate: 8_000 },
        direction: 'sendrecv',
        ptime: 20,
      },
      true,
    );
    const logger = pino({ level: 'silent' });
    jest.spyOn(logger, 'error').mockImplementation((error: unknown) => this.errors.push(error));
    this.ears = new Ears(this.input, logger, () => {
      this.changes += 1;
    });
  }

  send(bytes: Uint8Array): void {
    this.input.receive(bytes, PEER.host, PEER.port);
  }

  /** One packet and one tick each 20 ms. */
  async run(ticks: number): Promise<void> {
    for (let i = 0; i < ticks; i += 1) {
      const packet = this.stream?.packets[this.next];
      this.next += 1;
      if (packet !== undefined) this.send(packet.bytes);
      this.tick();
      await this.clock.run(20);
    }
  }

  tick(): void {
    if (this.ears.open) this.ears.hear(this.clock.now());
  }

  keep(sampleRate: number, withoutKeys = false): { frames: Int16Array[]; stop: () => void } {
    const frames: Int16Array[] = [];
    const stop = this.ears.listen(sampleRate, (frame) => frames.push(frame.slice()), {
      withoutKeys,
    });
    return { frames, stop };
  }
}

function roomOf(name: Name, duration = 1_000): { room: Room; stream: Stream } {
  const sound = voice(codecKind(name).sampleRate(FORMATS[name]), duration);
  const stream = streamOf(FORMATS[name], sound);
  return { room: new Room(name, stream), stream };
}

describe('Ears', () => {
  it.each<Name>(['PCMU', 'G722', 'opus'])(
    'serve listeners at every rate with frames of 20 ms of the same sound, from %s',
    async (name) => {
      const { room, stream } = roomOf(name);
      const heard = [8_000, 16_000, 24_000, 48_000].map((rate) => ({ rate, ...room.keep(rate) }));
      await room.run(60);
      for (const { rate, frames } of heard) {
        expect(new Set(frames.map((frame) => frame.length))).toEqual(new Set([rate / 50]));
        expect(frames.length).toBe(60);
        const natural = codecKind(name).sampleRate(FORMATS[name]);
        if (rate !== natural) continue;
        expect(compareAudio(stream.reference, concat(frames), rate).snr).toBe(Infinity);
      }
      // At 8 kHz they have what of the sound has room there.
      const at = (rate: number): Int16Array =>
        concat(heard.find((each) => each.rate === rate)?.frames ?? []);
      const narrow = at(8_000);
      const wide = Int16Array.from({ length: narrow.length }, (_, i) => at(16_000)[2 * i] ?? 0);
      expect(compareAudio(wide, narrow).correlation).toBeGreaterThan(0.95);
    },
  );

  it('are bit for bit at 8 kHz what G.711 carries, whoever else listens', async () => {
    const { room, stream } = roomOf('PCMU');
    const heard = room.keep(8_000);
    room.keep(48_000);
    await room.run(60);
    const { snr, offset } = compareAudio(stream.reference, concat(heard.frames));
    expect({ snr, offset }).toEqual({ snr: Infinity, offset: 2 * 160 });
  });

  it('decode Opus at the lowest rate that serves all', async () => {
    const { room } = roomOf('opus', 2_000);
    const narrow = room.keep(8_000);
    await room.run(10);
    expect(room.input.sampleRate).toBe(8_000);
    const wide = room.keep(24_000);
    await room.run(10);
    expect(room.input.sampleRate).toBe(24_000);
    wide.stop();
    narrow.stop();
    expect(room.ears.open).toBe(false);
    room.keep(16_000);
    await room.run(10);
    expect(room.input.sampleRate).toBe(16_000);
  });

  it('let nobody miss a frame because somebody else comes or goes', async () => {
    const { room, stream } = roomOf('G722');
    const heard = room.keep(16_000);
    await room.run(15);
    const other = room.keep(48_000);
    const third = room.keep(16_000);
    await room.run(15);
    other.stop();
    third.stop();
    await room.run(30);
    expect(compareAudio(stream.reference, concat(heard.frames), 16_000).snr).toBe(Infinity);
    expect(third.frames.length).toBe(15);
    expect(other.frames.length).toBe(15);
  });

  it('hold nothing once nobody listens', async () => {
    const { room } = roomOf('opus');
    const heard = room.keep(8_000);
    await room.run(10);
    heard.stop();
    heard.stop();
    expect(room.ears.open).toBe(false);
    expect(room.input.buffered).toBe(0);
    await room.run(5);
    expect(heard.frames.length).toBe(10);
  });

  it('tell what a frame is made of', async () => {
    const { room } = roomOf('PCMU', 200);
    const kinds: string[] = [];
    room.ears.listen(16_000, (_frame, _time, kind) => kinds.push(kind));
    await room.run(20);
    expect(kinds.slice(0, 2)).toEqual(['silence', 'silence']);
    expect(kinds.slice(2, 12)).toEqual(Array(10).fill('audio'));
    expect(kinds.slice(12)).toEqual([
      ...Array<string>(4).fill('lost'),
      ...Array<string>(4).fill('silence'),
    ]);
  });

  it('keep a key from those who ask for it, and from nobody else', async () => {
    const tone = Int16Array.from({ length: 8_000 }, (_, i) => 8_000 * Math.sin(i / 2));
    const room = new Room('PCMU', streamOf(FORMATS.PCMU, tone, { ssrc: 7 }));
    const all = room.keep(8_000);
    const some = room.keep(8_000, true);
    await room.run(20);
    // Events of a source of their own, beside the sound in which the key is heard.
    const bytes = new Uint8Array(16);
    for (let i = 0; i < 5; i += 1) {
      writeRtpHeader(bytes, i === 0, 101, i, 555, 99);
      writeTelephoneEvent(bytes, 12, 5, i === 4, 10, 160 * (i + 1));
      room.send(bytes);
      await room.run(1);
    }
    await room.run(20);
    const loud = (frame: Int16Array): boolean => frame.some((sample) => sample !== 0);
    expect(all.frames.slice(3, 45).every(loud)).toBe(true);
    expect(some.frames.slice(20, 25).some(loud)).toBe(false);
    // Until what was sent while it was down has been heard.
    expect(some.frames.slice(25, 27).some(loud)).toBe(false);
    expect(some.frames.slice(30, 45).every(loud)).toBe(true);
  });

  it('hear on though a listener throws', async () => {
    const { room } = roomOf('PCMU', 200);
    room.ears.listen(8_000, () => {
      throw new Error('broken');
    });
    const heard = room.keep(8_000);
    await room.run(5);
    expect(heard.frames.length).toBe(5);
    expect(room.errors.length).toBe(5);
  });
});
