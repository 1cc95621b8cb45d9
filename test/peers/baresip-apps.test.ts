import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presses, hears } from '../../runtime/testing';
import { menuApp } from '../apps/menu/app';
import { simulateApp } from '../apps/support/simulated';
import { pathOf, Town } from '../apps/support/town';
import { compareAudio } from '../support/audio-compare';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { createPromptLibrary } from '../../runtime/prompt/library';
import { createVoice } from '../../runtime/prompt/tts/create-voice';
import { Baresip } from './support/baresip';
import { heardBy } from './support/listening';
import { writeSpeech } from './support/speech';

jest.setTimeout(60_000);

let town: Town;
let phone: Baresip | undefined;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-apps-'));
  town = await Town.open({ apps: { menu: menuApp } });
});

afterAll(async () => {
  await phone?.stop();
  await town.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What the built-in voice makes of a text. */
async function spoken(text: string): Promise<Int16Array> {
  const clock = new RealClock();
  const voice = createVoice(undefined, { clock, logger: silentLogger });
  const library = await createPromptLibrary({ directories: [], voice, clock });
  const items = await library.resolve({ say: text });
  await library.close();
  return Int16Array.from(
    items.flatMap((item) => (item.type === 'clip' ? [...item.clip.samples] : [])),
  );
}

it('a baresip goes through the menus of an app, and hears what the app says', async () => {
  const { asked } = town.app('menu');
  const speaks = join(directory, 'speaks.wav');
  writeSpeech(speaks);
  phone = await Baresip.start({ user: 'caller', speaks });
  await phone.dial(`sip:menu@127.0.0.1:${town.server.listeners[0]?.port}`);
  await phone.waitFor('CALL_ESTABLISHED');
  for (const [key, page] of [
    ['1', '/rentals'],
    ['*', '/rentals/choice'],
    ['2', '/menu CallStatus=in-progress Direction=inbound Digits=2'],
  ] as const) {
    await phone.press(key);
    await asked.until(`POST ${page}`);
  }
  const heard = await heardBy(phone);
  const said = await spoken('The workshop is open from nine to five. Good bye.');
  expect(compareAudio(said, heard).segmentalSnr).toBeGreaterThan(20);
  const record = await town.record(({ dialled }) => dialled === 'menu');
  const { call, asked: simulated } = await simulateApp(menuApp(), {
    caller: [hears(), presses('1'), hears(), presses('*'), hears(), presses('2')],
  });
  expect(asked.lines).toEqual(simulated.lines);
  expect(pathOf(record)).toEqual(call.path);
});
