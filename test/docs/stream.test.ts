import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Phone, type PhoneResult } from '../../runtime/cli/phone/phone';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { startServer, type Server } from '../../runtime';
import { createPromptLibrary } from '../../runtime/prompt/library';
import { createVoice } from '../../runtime/prompt/tts/create-voice';
import { compareAudio } from '../support/audio-compare';
import { music } from '../support/music';
import { blocksOf, root, writeExamples } from './support/pages';

jest.setTimeout(20_000);

const page = 'docs/stream.md';

let folder: string;
let server: Server;
let bot: ChildProcess | undefined;
/** What the phone has heard. */
let heard: Int16Array[];
let onFrame: () => void = ignored;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Until somebody listens there. */
async function listening(port: number): Promise<void> {
  for (;;) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });
    if (connected) return;
  }
}

/** The flow of the page with this id, whose bot is the first block that names that file. */
async function serve(flow: string, botFile: string): Promise<void> {
  const port = await freePort();
  const source = blocksOf(page).find(({ text }) => text.startsWith(`// ${botFile}`));
  if (source === undefined) throw new Error(`${page} has no ${botFile}`);
  // Where the package ws is found.
  const path = join(root, '.cache', 'docs', botFile);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, source.text);
  bot = spawn(process.execPath, [path], { env: { PORT: String(port) }, stdio: 'ignore' });
  await listening(port);
  const example = writeExamples(`stream-${flow}`).find(
    (one) => one.page === page && one.file.endsWith(`/${flow}.flow.ts`),
  );
  if (example === undefined) throw new Error(`${page} has no flow ${flow}`);
  writeFileSync(example.file, readFileSync(example.file, 'utf8').replaceAll('8090', String(port)));
  server = await startServer(
    {
      sip: { listen: ['udp:127.0.0.1:0'] },
      flows: { files: [example.file] },
      web: { allow: ['127.0.0.1'] },
    },
    { directory: folder, environment: {} },
  );
}

async function dial(flow: string): Promise<Phone> {
  heard = [];
  const [listener] = server.listeners;
  return new Promise((resolve, reject) => {
    const phone = Phone.dial({
      ...{
        to: `sip:${flow}@127.0.0.1:${listener?.port}`,
        from: 'sip:test@127.0.0.1',
        codecs: ['PCMU'],
      },
      ...{ ringTimeout: 10_000, version: 'test' },
      ...{ onRinging: ignored, onKey: ignored, onHold: ignored, onTransferAsked: ignored },
      onAnswered: () => {
        phone.then(resolve, reject);
      },
      onFrame: (frame) => {
        heard.push(frame.slice());
        onFrame();
      },
    });
    phone.catch(reject);
    void phone.then(({ done }) => done.then(({ end }) => reject(new Error(end.reason))));
  });
}

/** What the built-in voice makes of a text. */
async function openVoice(): Promise<{
  say(text: string): Promise<Int16Array>;
  close(): Promise<void>;
}> {
  const clock = new RealClock();
  const library = await createPromptLibrary({
    directories: [],
    voice: createVoice(undefined, { clock, logger: silentLogger }),
    clock,
  });
  return {
    say: async (text) => {
      const items = await library.resolve({ say: text });
      return Int16Array.from(
        items.flatMap((item) => (item.type === 'clip' ? [...item.clip.samples] : [])),
      );
    },
    close: () => library.close(),
  };
}

function ignored(): void {
  // Of no interest here.
}

/** What was sent is what was heard, but for two encodings, and for a packet that comes too late on a busy machine. */
function expectHeard(sent: Int16Array): void {
  const found = compareAudio(sent, Int16Array.from(heard.flatMap((frame) => [...frame])));
  expect(found.segmentalSnr).toBeGreaterThan(20);
  expect(found.overlap).toBe(sent.length);
  expect(found.silentFrames).toBeLessThanOrEqual(5);
}

/** Resolves when the phone has heard so many milliseconds more. */
function passes(duration: number): Promise<void> {
  const until = heard.length + duration / 20;
  return new Promise((resolve) => {
    onFrame = () => {
      if (heard.length >= until) resolve();
    };
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-stream-'));
});

afterEach(async () => {
  await server.close();
  expect(server.open).toMatchObject({ calls: 0, flows: 0, streams: 0, mediaSessions: 0 });
  bot?.kill();
  rmSync(folder, { recursive: true, force: true });
});

it('the echo bot of the page gives a caller his voice back, and ends at #', async () => {
  await serve('agent', 'echo-bot.mjs');
  const phone = await dial('agent');
  await passes(400);
  const said = music(2_000);
  phone.speak([{ type: 'clip', clip: { id: 'said', sampleRate: 8_000, samples: said } }]);
  await passes(3_000);
  expectHeard(said);
  // The call may be over before the key is let go.
  await phone.press('#').catch(ignored);
  const result: PhoneResult = await phone.done;
  await phone.close();
  expect(result.end).toMatchObject({ by: 'remote', cause: 'bye' });
});

it('the other bot of the page is heard by the built-in voice, with what it has heard', async () => {
  await serve('listening-agent', 'listening-bot.mjs');
  const voice = await openVoice();
  const phone = await dial('listening-agent');
  const please = await voice.say('Please speak.');
  await passes(2_500);
  expectHeard(please);
  heard.length = 0;
  phone.speak([{ type: 'clip', clip: { id: 'said', sampleRate: 8_000, samples: music(2_000) } }]);
  await passes(5_500);
  const seconds = await voice.say('You have spoken for 2 seconds.');
  expectHeard(seconds);
  phone.hangUp();
  await phone.done;
  await phone.close();
  await voice.close();
});
