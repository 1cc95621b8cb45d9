import { commandsOf } from '../../runtime/cli/server-commands';
import { InlineMediaEngine } from '../../runtime/media/engine';
import { MemoryFiles } from '../support/memory-files';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';

const open = oneWorld();

test('where keys are heard is what the configuration says', async () => {
  const created = jest.spyOn(InlineMediaEngine.prototype, 'createSession');
  const world = await open({ config: { media: { dtmf: { detect: 'always' } } } });
  const phone = await SimulatedPhone.open(world, { flow: 'voicemail' });
  phone.dial();
  await world.run(2_000);
  expect(created.mock.calls.map(([{ detectDigits }]) => detectDigits)).toContain('always');
  created.mockRestore();
  phone.hangUp();
  await world.until(phone.over());
});

test('a call in progress is shown with how it sounds, and recorded in the format of the configuration', async () => {
  const files = new MemoryFiles();
  const world = await open({
    parts: { recordingFiles: files },
    config: { recordings: { format: 'wav-mulaw' } },
  });
  const { calls } = commandsOf(world.server);
  expect(calls?.(null)).toEqual([]);
  const phone = await SimulatedPhone.open(world, { flow: 'voicemail' });
  phone.dial();
  await world.run(7_000);
  phone.speak(3_000);
  await world.run(3_000);
  expect(calls?.(null)).toMatchObject([
    {
      ...{ callId: phone.callId, direction: 'inbound', state: 'answered' },
      ...{ flow: 'voicemail', flowState: 'record' },
      legs: [{ of: 'call', state: 'answered', held: false, media: { codec: 'PCMU' } }],
    },
  ]);
  phone.hangUp();
  await world.until(phone.over());
  await world.run(1_000);
  expect(calls?.(null)).toEqual([]);
  const { recordings } = world.record(phone.callId);
  expect(recordings).toMatchObject([{ format: 'wav-mulaw' }]);
  const file = Buffer.from(files.file(String(recordings[0]?.['path'])));
  // The encoding stands behind the head of the first chunk: 7 is µ-law.
  expect(file.readUInt16LE(file.indexOf('fmt ') + 8)).toBe(7);
});
