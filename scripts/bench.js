'use strict';

/** `npm run bench [-- name … --quick]`: runs the benchmarks in test/bench, one process each, with the options given. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const setup = require('./setup');

setup.prepare();

const folder = path.join(setup.root, 'test', 'bench');
const all = fs
  .readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.startsWith('_'))
  .map((file) => path.basename(file, '.ts'))
  .sort();
const words = process.argv.slice(2);
const wanted = words.filter((word) => !word.startsWith('-'));
const options = words.filter((word) => word.startsWith('-'));
for (const name of wanted) {
  if (all.includes(name)) continue;
  console.error(`callchart: no benchmark is called "${name}"; there are: ${all.join(', ')}`);
  process.exit(1);
}

let status = 0;
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n== ${name}`);
  const result = spawnSync(
    process.execPath,
    ['-r', 'ts-node/register', path.join(folder, `${name}.ts`), ...options],
    { cwd: setup.root, stdio: 'inherit' },
  );
  if (result.status !== 0) status = 1;
}
process.exitCode = status;
