import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callActors } from 'callchart';
import { simulate } from 'callchart/testing';
import { setup } from 'xstate';
import { writeWav } from '../../runtime/prompt/wav';

const folder = mkdtempSync(join(tmpdir(), 'callchart-watched-'));
afterAll(() => rmSync(folder, { recursive: true }));

const playing = (prompt: string | { readonly url: string }) =>
  setup({ actors: callActors }).createMachine({
    initial: 'playing',
    states: {
      playing: { invoke: { src: 'play', input: { prompt }, onDone: 'done' } },
      done: { type: 'final' },
    },
  });

let time = 1_700_000_000;

/** As a save does: the file and its folder have another time of change than before. */
function save(name: string, content: string | Uint8Array): void {
  const path = join(folder, name);
  writeFileSync(path, content);
  time += 1;
  for (const each of [path, join(path, '..')]) utimesSync(each, time, time);
}

const wav = (duration: number): Uint8Array =>
  writeWav({ sampleRate: 8_000, samples: new Int16Array(duration * 8) });

describe('the prompts of a simulated call', () => {
  it('are what their folder holds now, also in a process that goes on', async () => {
    const call = () => simulate(playing('hello'), { prompts: folder, keepFailures: true });
    expect((await call()).result.type).toBe('failed');
    save('en.yaml', 'hello: Hello.\n');
    expect((await call()).transcript).toContain('"Hello."');
    save('en.yaml', 'hello: Good morning.\n');
    expect((await call()).transcript).toContain('"Good morning."');
    mkdirSync(join(folder, 'en'));
    save('en/hello.wav', wav(3_000));
    expect((await call()).duration).toBe(3_000);
    save('en/hello.wav', wav(1_000));
    expect((await call()).duration).toBe(1_000);
  });

  it('last as long as the test says where they are fetched, else two seconds', async () => {
    const flow = playing({ url: 'https://example.com/news.mp3' });
    expect((await simulate(flow)).duration).toBe(2_000);
    const urls = { 'https://EXAMPLE.com/news.mp3': 30_000, 'no url': 1 };
    expect((await simulate(flow, { urls })).duration).toBe(30_000);
  });
});
