import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../runtime';
import type { CallRecord } from '../../runtime/call/call-record';
import { Phone } from '../../runtime/cli/phone/phone';
import type { PlayItem } from '../../runtime/core/audio';
import { resample } from '../../runtime/prompt/resample';
import { blocksOf, root } from '../docs/support/pages';
import { until } from './support/command';
import { speak } from './support/wide-speech';

jest.setTimeout(60_000);

const said = ['opening hours', 'support'];
let directory: string;
let engine: ChildProcess | undefined;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-pocketsphinx-'));
});

afterAll(() => {
  engine?.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** The engine of docs/speech.md, as it stands there; gives its URL. */
async function startEngine(): Promise<string> {
  const block = blocksOf('docs/speech.md').find(({ text }) => text.startsWith('// recognizer.js'));
  const file = join(directory, 'recognizer.js');
  writeFileSync(file, block?.text ?? '');
  const environment = { ...process.env, PORT: '0', NODE_PATH: join(root, 'node_modules') };
  engine = spawn(process.execPath, [file], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    engine?.stdout?.once('data', (url: Buffer) => resolve(url.toString().trim()));
    engine?.once('exit', () => reject(new Error('the engine has ended')));
  });
}

/** The words with pauses between them in which they are understood. */
async function speech(): Promise<PlayItem[]> {
  const items: PlayItem[] = [{ type: 'silence', duration: 500 }];
  for (const words of said) {
    const samples = resample(await speak(words, 'rms'), 16_000, 8_000);
    const clip = { id: words, sampleRate: 8_000 as const, samples };
    items.push({ type: 'clip', clip }, { type: 'silence', duration: 2_000 });
  }
  return items;
}

test('PocketSphinx understands the words of a caller, over the protocol of docs/speech.md', async () => {
  const [url, items] = await Promise.all([startEngine(), speech()]);
  const records: CallRecord[] = [];
  const server = await startServer(
    {
      sip: { listen: ['udp:127.0.0.1:0'] },
      flows: { files: [join(__dirname, 'speech-flows', 'listens.flow.ts')] },
      recognizer: { type: 'websocket', url },
    },
    { directory, environment: {}, onRecord: (record) => records.push(record) },
  );
  const { port } = server.listeners[0]!;
  const phone: Phone = await Phone.dial({
    to: `sip:listens@127.0.0.1:${port}`,
    from: 'sip:caller@127.0.0.1',
    codecs: ['PCMU'],
    ringTimeout: 5_000,
    version: 'test',
    onRinging: () => undefined,
    onAnswered: () => phone.speak(items),
    onKey: () => undefined,
    onHold: () => undefined,
    onTransferAsked: () => undefined,
    onFrame: () => undefined,
  });
  const { end } = await phone.done;
  await phone.close();
  await until('the record', () => records.length === 1);
  await server.close();
  expect(records[0]?.digits.map(({ speech: text }) => text)).toEqual(said);
  expect(records[0]?.path.map(({ state }) => state)).toEqual(['first', 'second', 'done']);
  expect(end.by).toBe('remote');
  expect(server.open.recognitions).toBe(0);
});
