import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { ClipMemory } from '../../runtime/prompt/clip-memory';
import { writeWav } from '../../runtime/prompt/wav';
import { WavFiles } from '../../runtime/prompt/wav-files';

let directory: string;
let file: string;
let clock: VirtualClock;
let files: WavFiles;

function write(samples: number): void {
  writeFileSync(file, writeWav({ sampleRate: 8_000, samples: new Int16Array(samples).fill(100) }));
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-trust-'));
  file = join(directory, 'a.wav');
  clock = new VirtualClock();
  files = new WavFiles({
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
