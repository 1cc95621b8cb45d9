import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { ClipMemory } from '../../runtime/prompt/clip-memory';
import { SoundDecoder } from '../../runtime/prompt/sound-decoder';
import { writeWav } from '../../runtime/prompt/wav';
import { AudioFiles } from '../../runtime/prompt/audio-files';

let directory: string;
let file: string;
let clock: VirtualClock;
let files: AudioFiles;

function write(samples: number): void {
  writeFileSync(file, writeWav({ sampleRate: 8_000, samples: new Int16Array(samples).fill(100) }));
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-trust-'));
  file = join(directory, 'a.wav');
  clock = new VirtualClock();
  files = new AudioFiles({
    decoder: new SoundDecoder({ clock }),
    clock,
    sampleRates: [8_000],
    memory: new ClipMemory(1_000_000),
    maxFileSize: 1_000_000,
  });
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('a prompt whose file changes', () => {
  it('is heard anew after a second, and not looked for on the disk until then', async () => {
    write(100);
    expect((await files.load(file)).samples).toHaveLength(100);
    write(200);
    clock.advance(999);
    expect((await files.load(file)).samples).toHaveLength(100);
    clock.advance(1);
    expect((await files.load(file)).samples).toHaveLength(200);
  });

  it('is heard anew at once when it is a file of the flow’s own', async () => {
    write(100);
    await files.load(file, true);
    write(200);
    expect((await files.load(file, true)).samples).toHaveLength(200);
  });
});

describe('a check of a small file', () => {
  it('makes it ready to play, so that the first call does not wait', async () => {
    write(100);
    utimesSync(file, 1000, 1000);
    files.check(file);
    await files.prepared;
    // The path, its size and its times are the same, so only what the check has kept can be played.
    writeFileSync(file, Buffer.alloc(44 + 200));
    utimesSync(file, 1000, 1000);
    expect((await files.load(file)).samples).toHaveLength(100);
  });
});
