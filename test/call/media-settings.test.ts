import { readWav } from '../../runtime/prompt/wav';
import { keySignal } from '../support/dtmf-signals';
import { clipOf } from '../support/media-pair';
import { oneScene, type Scene, type SceneOptions } from './scene';
import { Ear } from './scene-sounds';

const open = oneScene();

const untilDone = { maxDuration: 60_000, endSilence: 0, finishOn: '', beep: false };

/** The format number, and how many channels, of a WAV file's head. */
function head(scene: Scene, path: string): { readonly format: number; readonly channels: number } {
  const file = Buffer.from(scene.files.file(path));
  const at = file.indexOf('fmt ') + 8;
  return { format: file.readUInt16LE(at), channels: file.readUInt16LE(at + 2) };
}

const pcm = 1;
const mulaw = 7;

describe('the format of recordings', () => {
  it.each([
    [undefined, undefined, pcm],
    ['wav-mulaw', undefined, mulaw],
    ['wav-mulaw', 'wav', pcm],
    [undefined, 'wav-mulaw', mulaw],
  ] as const)(
    'of a call, with %s configured and %s in the flow',
    async (configured, named, format) => {
      const scene = await open(
        configured === undefined ? {} : { more: { recordingFormat: configured } },
      );
      const { call } = await scene.calling(await scene.phone('caller'));
      const recording = await call.record({
        ...untilDone,
        ...(named === undefined ? {} : { format: named }),
      });
      await scene.run(1_000);
      recording.stop();
      await scene.run(500);
      const { path = '' } = await recording.done;
      expect(head(scene, path)).toEqual({ format, channels: 1 });
    },
  );

  it.each([
    [{}, { format: mulaw, channels: 2 }],
    [
      { channels: 'mixed', format: 'wav', name: 'deal' },
      { format: pcm, channels: 1 },
    ],
    [{ channels: 'stereo' }, { format: mulaw, channels: 2 }],
  ] as const)('of a conversation with %j', async (record, expected) => {
    const scene = await open({ more: { recordingFormat: 'wav-mulaw' } });
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.answer();
    const dial = scene.dial(call, { targets: [bob.uri], record });
    await scene.run(3_000);
    caller.hangUp();
    await scene.run(1_000);
    const path = dial.result?.type === 'answered' ? (dial.result.recording?.path ?? '') : '';
    expect(head(scene, path)).toEqual(expected);
    expect(path.includes('deal')).toBe('name' in record);
  });

  it('mixed has both who talk in its one channel', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.answer();
    const dial = scene.dial(call, { targets: [bob.uri], record: { channels: 'mixed' } });
    await scene.run(3_000);
    caller.hangUp();
    await scene.run(1_000);
    const path = dial.result?.type === 'answered' ? (dial.result.recording?.path ?? '') : '';
    const { samples } = readWav(scene.files.file(path));
    const ear = new Ear();
    for (let at = 8_000; at < 16_000; at += 160) ear.hear(samples.slice(at, at + 160));
    expect(ear.sounds).toEqual(['caller', 'callee']);
  });
});

describe('where keys are heard in the sound', () => {
  it.each([
    ['auto', ''],
    ['always', '5'],
    ['never', ''],
  ] as const)('is said by %s, with a phone that takes events', async (detectDigits, digit) => {
    expect(await heard({ more: { detectDigits } }, true)).toBe(digit);
  });

  it.each([
    ['auto', '5'],
    ['never', ''],
  ] as const)('is said by %s, with a phone that takes none', async (detectDigits, digit) => {
    expect(await heard({ more: { detectDigits } }, false)).toBe(digit);
  });

  /** The key that is known of when its sound alone came. */
  async function heard(options: SceneOptions, telephoneEvent: boolean): Promise<string> {
    const scene = await open(options);
    const phone = await scene.phone('caller', { telephoneEvent });
    const { call, caller } = await scene.calling(phone);
    await Promise.all([call.answer(), scene.run(500)]);
    caller.media.play([{ type: 'clip', clip: clipOf(keySignal({ digits: '5' })) }]);
    await scene.run(1_000);
    return scene.events.flatMap((event) => (event.type === 'dtmf' ? event.digit : [])).join('');
  }
});

describe('the audio of a leg', () => {
  it('is asked for beside that of the leg that it will be bridged with', async () => {
    const scene = await open();
    const near = jest.spyOn(scene.services.media, 'createSession');
    const { call } = await scene.calling(await scene.phone('caller'));
    await Promise.all([call.answer(), scene.run(500)]);
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.answer();
    scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(near.mock.calls.map(([{ near: beside }]) => beside)).toEqual([
      undefined,
      call.leg.sound,
    ]);
    expect(call.leg.sound).toBeDefined();
  });

  it('is asked for beside the callee’s when the caller’s is taken last', async () => {
    const scene = await open();
    const near = jest.spyOn(scene.services.media, 'createSession');
    const { call } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.answer();
    scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(near.mock.calls.map(([{ near: beside }]) => beside)).toEqual([
      undefined,
      call.bridged?.calleeLeg?.leg.sound,
    ]);
    expect(call.bridged?.calleeLeg?.leg.sound).toBeDefined();
  });
});
