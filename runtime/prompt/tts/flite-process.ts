import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { FliteRequest, SpeechResponse } from './speech-messages';

/** What is used of WebAssembly here: its types come with the DOM's, which this project leaves out. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<object>;
};

/*
 * The program of the process that speaks: `node flite-process.js <flite.wasm> <folder of its own>`.
 * It gets requests from its parent one at a time, and ends with it.
 *
 * A process, not a thread: what runs under `node:wasi` can bring V8 down, and a thread would take every
 * call with it. Node 20's WASI functions are called by V8's fast path, during which no garbage may be
 * collected; growing WebAssembly memory does collect, and the process ends by SIGTRAP or SIGSEGV (seen
 * with every utterance of more than 50 s). Without the fast path it does not.
 */
setFlagsFromString('--no-turbo-fast-api-calls');

const [wasmPath = '', folder = ''] = process.argv.slice(2);

// `node:wasi` says on loading that it is experimental. Any other warning is still shown.
const emitWarning = process.emitWarning.bind(process);
process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  if (String(warning).startsWith('WASI is an experimental feature')) return;
  Reflect.apply(emitWarning, process, [warning, ...rest]);
};

// A terminal's Ctrl-C goes to this process too, while its parent may still want to finish calls.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

let flite: Promise<object> | undefined;

process.on('message', (request: FliteRequest) => {
  void answer(request).then((response) => process.send?.(response));
});

async function answer({ id, voice, text }: FliteRequest): Promise<SpeechResponse> {
  try {
    return { id, wav: await speak(voice, text) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

async function speak(voice: string, text: string): Promise<Uint8Array> {
  const { WASI } = await import('node:wasi');
  flite ??= WebAssembly.compile(readFileSync(wasmPath));
  const output = join(folder, 'speech.wav');
  rmSync(output, { force: true });
  // From a file, so that no text can be taken for an option.
  writeFileSync(join(folder, 'text.txt'), `${text}\n`);
  const wasi = new WASI({
    version: 'preview1',
    args: ['flite', '-voice', voice, '-f', '/speech/text.txt', '-o', '/speech/speech.wav'],
    env: {},
    preopens: { '/speech': folder },
    returnOnExit: true,
  });
  const instance = await WebAssembly.instantiate(await flite, wasi.getImportObject());
  const status = wasi.start(instance);
  if (status !== 0) throw new Error(`flite ended with status ${status}`);
  return readFileSync(output);
}
