import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSecret } from '../../../runtime/sip/auth/digest';
import { Database } from '../../../runtime/store/database';
import { UserTable } from '../../../runtime/store/user-table';
import { freePort } from '../../peers/support/ports';
import { startUntil } from './process';

const root = join(__dirname, '..', '..', '..');
const realm = 'callchart';

export interface ElementOptions {
  readonly users: readonly string[];
  readonly password: string;
  readonly authentication: 'digest' | 'none';
  /** For node itself: `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
}

/** Callchart as registrar and proxy, with users; whoever calls one of them is let through. */
export async function startElement(options: ElementOptions): Promise<{
  readonly port: number;
  readonly directory: string;
  readonly process: Awaited<ReturnType<typeof startUntil>>;
}> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'callchart-element-'));
  const file = join(directory, 'callchart.config.js');
  const config = {
    sip: { listen: [`udp:127.0.0.1:${port}`], maxCalls: 100_000 },
    flows: { files: [join(root, 'test', 'bench', 'flows', 'wait.flow.ts')] },
    registrar: { authentication: options.authentication },
    routes: [
      { when: { method: 'REGISTER' }, register: true },
      { allow: 'anyone', proxy: true },
    ],
    security: { maxRequestsPerSecond: 0, maxFailures: 0 },
    log: { level: 'warn' },
  };
  writeFileSync(file, `module.exports = ${JSON.stringify(config)};\n`);
  addUsers(join(directory, 'data'), options);
  const child = await startUntil(
    process.execPath,
    [...(options.nodeArgs ?? []), join(root, 'bin', 'callchart.js'), 'serve', '--config', file],
    /to call/,
    { cwd: directory },
  );
  child.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return { port, directory, process: child };
}

/** Puts users of one password into the database of a data directory. */
export function addUsers(
  directory: string,
  { users, password }: Pick<ElementOptions, 'users' | 'password'>,
): void {
  const database = Database.open({ directory });
  try {
    const table = new UserTable(database);
    for (const username of users) {
      const secret = hashSecret(username, realm, password);
      table.add({ username, realm, secret, aliases: [], created: 0 });
    }
  } finally {
    database.close();
  }
}
