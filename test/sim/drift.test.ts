import type { Clock, TimerHandle } from '../../runtime/core/clock';
import { InlineMediaEngine } from '../../runtime/media/engine';
import { soundInFile } from '../support/sound-files';
import { Melody, SoundDiary } from './support/melody';
import { oneWorld } from './support/one-world';
import { SoundPhone } from './support/sound-phone';
import type { Terminal } from './support/terminal';
import type { World } from './support/world';

const open = oneWorld();
/** Of the call: each clock is 60 ms off after five, which would double what waits in a buffer. 60 for an hour. */
const minutes = Number(process.env['CALLCHART_SIM_MINUTES'] ?? 5);

/** A clock whose second is not ours. */
class DriftingClock implements Clock {
  private readonly rate: number;

  /** @param ppm by how much it is fast */
  constructor(
    private readonly time: Clock,
    ppm: number,
  ) {
    this.rate = 1 + ppm / 1e6;
  }

  now(): number {
    return this.time.now() * this.rate;
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    return this.time.setTimeout(callback, delay / this.rate);
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    this.time.clearTimeout(handle);
  }
}

const terminal: Terminal = {
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

test('a long call between Opus and PCMU, with clocks 400 ppm apart, recorded: nothing is lost, nothing comes later and later', async () => {
  const world = await open({
    config: {
      flows: { files: ['test/sim/flows/colleague.flow.ts'] },
      outbound: { hosts: ['10.1.*'] },
      // Whoever listens may be silent for as long as he likes.
      media: { codecs: ['opus', 'PCMU'], timeout: 0 },
    },
  });
  const phone = async (ppm: number, codec: 'opus' | 'PCMU', voice: number): Promise<SoundPhone> => {
    const engine = new InlineMediaEngine({
      clock: new DriftingClock(world.clock, ppm),
      network: world.network.media(),
      random: world.random(10 + voice),
      mediaTimeout: 0,
    });
    world.onClose(() => engine.close());
    const kind = { ...terminal, codecs: [codec] };
    return SoundPhone.open({ world, engine }, kind, Melody.of(voice));
  };
  const alice = await phone(200, 'opus', 1);
  const bob = await phone(-200, 'PCMU', 2);
  alice.sing();
  bob.sing();
  alice.dial('colleague', [['X-Colleague', bob.uri]]);
  await world.run(5_000);
  expect(alice.established && bob.established).toBe(true);
  alice.hear(false);
  bob.hear(false);
  for (let minute = 0; minute < minutes; minute += 1) {
    bob.sing();
    await pass(world, 5_000);
    // Then he listens: no packets for as long.
    bob.stopSending();
    await pass(world, 55_000);
  }
  alice.hear(true);
  bob.hear(true);
  bob.sing();
  await world.run(2_000);
  const from = [alice.heard.length, bob.heard.length];
  await world.run(5_000);
  expect(alice.heard.likeness(bob.melody, from[0])).toBeGreaterThan(0.9);
  expect(bob.heard.likeness(alice.melody, from[1])).toBeGreaterThan(0.9);
  expect(bob.heard.fullness(from[1])).toBe(1);
  alice.hangUp();
  await world.run(3_000);
  const record = world.record(alice.callId);
  const { media, talked, legs, recordings } = record;
  const packets = talked / 20;
  // Her clock is fast: 200 packets in a million are more than we count.
  expect(media).toMatchObject({
    codec: 'opus',
    packetsLost: 0,
    packetsLate: 0,
    packetsDiscarded: 0,
  });
  expect(Math.abs((media?.packetsReceived ?? 0) - packets * 1.0002)).toBeLessThan(10);
  // 60 ms wait at first; what her clock gains would come on top of that.
  expect(media?.maxDelay).toBeLessThan(100);
  expect(media?.framesConcealed).toBeLessThan(5);
  expect(legs[0]?.media).toMatchObject({ codec: 'PCMU', packetsLost: 0 });
  const { channels, sampleRate, duration } = soundInFile(
    world.files.file(String(recordings[0]?.['path'])),
  );
  expect(Math.abs(duration - talked)).toBeLessThan(1_000);
  const [left, right] = channels.map((channel) => (part: 'first' | 'last') => {
    const seconds = 4 * sampleRate;
    const at = part === 'first' ? sampleRate : channel.length - seconds - sampleRate / 2;
    return SoundDiary.of(channel.subarray(at, at + seconds), sampleRate);
  });
  for (const part of ['first', 'last'] as const) {
    expect(left?.(part).likeness(alice.melody)).toBeGreaterThan(0.9);
    expect(left?.(part).fullness()).toBeGreaterThan(0.98);
    expect(right?.(part).likeness(bob.melody)).toBeGreaterThan(0.8);
  }
}, 600_000);

/** With promises settled now and then only: nothing here waits for any. */
async function pass(world: World, duration: number): Promise<void> {
  for (let left = duration; left > 0; left -= 500) {
    world.clock.advance(480);
    await world.run(20);
  }
}
