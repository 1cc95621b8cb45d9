import { ScenePhone } from '../call/scene-phone';
import { MemoryFiles, samplesOfWav } from '../support/memory-files';
import { soundInFile } from '../support/sound-files';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import type { World } from './support/world';

const open = oneWorld();

/** Calls the mailbox and speaks: the greeting and the prompt last seven seconds, then comes the beep. */
async function speak(world: World, duration: number): Promise<SimulatedPhone> {
  const phone = await SimulatedPhone.open(world, { flow: 'voicemail' });
  phone.dial();
  await world.run(7_000);
  phone.speak(duration);
  await world.run(duration);
  return phone;
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

test('a disk that fills up in a message: the flow hears of it, and what was said until then is kept', async () => {
  const files = new MemoryFiles();
  // Three seconds of 16 bits at 8 kHz, and a bit.
  files.capacity = 50_000;
  const world = await open({ parts: { recordingFiles: files } });
  const phone = await speak(world, 8_000);
  await world.until(phone.over());
  const record = world.record(phone.callId);
  expect(record.path.map(({ state }) => state)).toEqual([
    ...['greeting', 'record', 'failed', 'bye', 'done'],
  ]);
  expect(record.end).toMatchObject({ by: 'flow', cause: 'bye' });
  expect(record.recordings).toMatchObject([{ endedBy: 'failed' }]);
  expect(record.errors[0]?.['message']).toContain('ENOSPC');
  const path = String(record.recordings[0]?.['path']);
  expect([...files.files.keys()]).toEqual([path]);
  const samples = samplesOfWav(files.file(path));
  expect(samples.length / 8_000).toBeGreaterThan(2);
  expect(rms(samples.subarray(8_000))).toBeGreaterThan(1_000);
});

test('a disk that takes nothing at all: the flow hears of it, and no file is left', async () => {
  const files = new MemoryFiles();
  files.refuseCreate = true;
  const world = await open({ parts: { recordingFiles: files } });
  const phone = await speak(world, 3_000);
  await world.until(phone.over());
  const record = world.record(phone.callId);
  expect(record.path.map(({ state }) => state)).toContain('failed');
  expect(record.errors[0]?.['message']).toContain('EACCES');
  expect(files.files.size).toBe(0);
});

test('a caller who hangs up in a message leaves the whole of it', async () => {
  const world = await open();
  const phone = await speak(world, 4_000);
  phone.hangUp();
  await world.run(100);
  const record = world.record(phone.callId);
  expect(record.end).toMatchObject({ by: 'caller', cause: 'bye' });
  const path = String(record.recordings[0]?.['path']);
  expect([...world.files.files.keys()]).toEqual([path]);
  const seconds = samplesOfWav(world.files.file(path)).length / 8_000;
  // Four seconds of voice, and the silence between the beep and the first word.
  expect(seconds).toBeGreaterThan(4.2);
  expect(seconds).toBeLessThan(4.6);
});

test('a whole call is recorded with both sides, beside a message and a conversation, and without its pause', async () => {
  const world = await open({
    config: {
      flows: { files: ['test/sim/flows/recorded.flow.ts'] },
      outbound: { hosts: ['10.1.9.9'] },
    },
  });
  const { clock, network, phoneMedia: engine } = world;
  const bob = await ScenePhone.open({ clock, network, engine, host: '10.1.9.9', voice: 'callee' });
  world.onClose(() => bob.close());
  const alice = await SimulatedPhone.open(world, { flow: 'recorded' });
  alice.dial();
  await world.run(200);
  alice.speak(5_000);
  await world.run(2_300);
  bob.call.answer();
  await world.run(4_000);
  bob.call.hangUp();
  await world.until(alice.over());
  await world.run(200);
  const record = world.record(alice.callId);
  const found = (name: string): Readonly<Record<string, unknown>> =>
    record.recordings.find(({ path }) => String(path).includes(name)) ?? {};
  const whole = found('-whole');
  expect(whole).toMatchObject({ channels: 'stereo', format: 'wav', endedBy: 'stopped' });
  const [pause] = whole['pauses'] as readonly { readonly at: number; readonly duration: number }[];
  expect(pause?.duration).toBe(1_000);
  expect(found('-message')).toMatchObject({ channels: 'peer', duration: 1_000 });
  const { channels, duration } = soundInFile(world.files.file(String(whole['path'])));
  const [left, right] = channels;
  expect(duration).toBeGreaterThan(5_300);
  expect(duration).toBeLessThan(6_000);
  const at = pause?.at ?? 0;
  // Alice spoke through the pause and was heard for two seconds and a half after it.
  expect(rms(left!.subarray(8 * (at - 500), 8 * at))).toBeGreaterThan(500);
  expect(rms(left!.subarray(8 * (at + 500), 8 * (at + 2_000)))).toBeGreaterThan(500);
  expect(rms(left!.subarray(-8 * 500))).toBeLessThan(20);
  // Until the pause there was nothing for her to hear; then a prompt, and bob for as long as he was there.
  expect(rms(right!.subarray(0, 8 * at))).toBe(0);
  expect(rms(right!.subarray(8 * (at + 1_000), 8 * (at + 3_500)))).toBeGreaterThan(500);
});
