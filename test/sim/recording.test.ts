import { MemoryFiles, samplesOfWav } from '../support/memory-files';
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
