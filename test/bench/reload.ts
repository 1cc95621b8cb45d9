/**
 * From a save to the next call: how long a server takes to serve a flow that was saved, as `callchart dev` does it, and
 * what it costs; how long loading holds up the signalling; and beside it the floor, a plain `require` of the file
 * through swc.
 * `node -r ts-node/register test/bench/reload.ts [--quick]`
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderWatch } from '../../runtime/cli/folder-watch';
import { RealClock } from '../../runtime/core/clock';
import { findFlows, loadFlows } from '../../runtime/flow/load';
import { startServer } from '../../runtime/main';
import { openCatalog } from '../../runtime/prompt/catalog';
import { Workshop } from '../../runtime/service/workshop';

const saves = process.argv.includes('--quick') ? 10 : 50;
const root = join(__dirname, '..', '..');
const clock = new RealClock();

function project(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bench-reload-'));
  for (const name of ['flows', 'prompts'])
    cpSync(join(root, name), join(directory, name), { recursive: true });
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(root, join(directory, 'node_modules', 'callchart'));
  symlinkSync(join(root, 'node_modules', 'xstate'), join(directory, 'node_modules', 'xstate'));
  return directory;
}

/** CPU of this process, in milliseconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)}  p99 ${at(0.99)}`;
}

function timed(work: () => void): { readonly wall: number; readonly cpu: number } {
  const [time, used] = [clock.now(), cpu()];
  work();
  return { wall: clock.now() - time, cpu: cpu() - used };
}

async function main(): Promise<void> {
  const directory = project();
  const file = join(directory, 'flows', 'reception.flow.ts');
  const source = readFileSync(file, 'utf8');
  const save = (n: number): void => writeFileSync(file, `${source}// ${n}\n`);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  try {
    const catalog = openCatalog({ directories: [join(directory, 'prompts')] });
    const files = findFlows(join(directory, 'flows'));
    const bare = { base: directory };
    const withPrompts = { ...bare, prompts: { check: () => [], catalog } };
    loadFlows(files, bare);
    const first = timed(() => loadFlows(files, withPrompts));
    const [floor, all, each]: [number[], number[], number[]] = [[], [], []];
    const floorCpu: number[] = [];
    for (let n = 0; n < saves; n += 1) {
      save(n);
      const requireFrom = createRequire(file);
      Reflect.deleteProperty(require.cache, requireFrom.resolve(file));
      const plain = timed(() => void requireFrom(file));
      floor.push(plain.wall);
      floorCpu.push(plain.cpu);
      all.push(timed(() => loadFlows(files, withPrompts)).wall);
      each.push(timed(() => loadFlows([file], withPrompts)).wall);
      await turn();
    }
    console.log(
      `the versions of ${files.length} flows with ${catalog.names.length} prompts, hashed for the first time: ${first.wall.toFixed(1)} ms with loading, all later ones ${spread(all)} ms`,
    );
    console.log(
      `loading the ${files.length} shipped flows anew, ms: ${spread(all)} (with a turn of the event loop after each flow)`,
    );
    console.log(`loading one of them anew, ms: ${spread(each)}`);
    console.log(`floor, require of one through swc, ms: ${spread(floor)}; CPU ${spread(floorCpu)}`);

    const server = await startServer(
      { sip: { listen: ['udp:127.0.0.1:0'] } },
      { directory, environment: {}, onRecord: () => undefined },
    );
    let served: () => void = () => undefined;
    const workshop = new Workshop({
      ...{ clock, server, say: () => undefined },
      complain: (lines) => {
        throw new Error(lines.join('\n'));
      },
      onTaken: () => served(),
    });
    const folders = new FolderWatch((path) => workshop.changed(path));
    await folders.files(files);
    const [times, costs]: [number[], number[]] = [[], []];
    for (let n = 0; n < saves; n += 1) {
      const taken = new Promise<void>((resolve) => {
        served = resolve;
      });
      const [time, used] = [clock.now(), cpu()];
      save(saves + n);
      await taken;
      times.push(clock.now() - time);
      costs.push(cpu() - used);
    }
    console.log(
      `from a save to served, ms: ${spread(times)}, of which 60 are waited for the editor; CPU ${spread(costs)}`,
    );
    workshop.close();
    await folders.close();
    await server.close();
    if (server.open.replacedFlows > 0) throw new Error('old generations are left');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
