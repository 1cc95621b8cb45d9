'use strict';

/**
 * `npm test`: sets up what is missing, then checks formatting, lint, types, and runs every test.
 *
 * Tests against real SIP clients (test/peers) need those clients. Without them they are left out, and
 * this says so; with CALLCHART_PEERS=required a missing client is a failure.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { missingClients } = require('./clients');
const setup = require('./setup');

setup.prepare();

const { root } = setup;
const modules = path.join(root, 'node_modules');
const required = process.env.CALLCHART_PEERS === 'required';
let passed = 0;
let failed = 0;

function step(name, script, args) {
  const started = process.hrtime.bigint();
  const result = spawnSync(process.execPath, [path.join(modules, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  const seconds = (Number(process.hrtime.bigint() - started) / 1e9).toFixed(1);
  const ok = result.status === 0;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  return ok;
}

function check(name, script, args) {
  if (step(name, script, args)) passed += 1;
  else failed += 1;
}

function jest(name, args) {
  const report = path.join(root, '.cache', `${name.replace(/\W+/g, '-')}.json`);
  fs.mkdirSync(path.dirname(report), { recursive: true });
  fs.rmSync(report, { force: true });
  const ok = step(name, 'jest/bin/jest.js', ['--json', `--outputFile=${report}`, ...args]);
  if (!fs.existsSync(report)) {
    failed += 1;
    return;
  }
  const result = JSON.parse(fs.readFileSync(report, 'utf8'));
  passed += result.numPassedTests;
  const broken = result.numFailedTests + result.numRuntimeErrorTestSuites;
  failed += !ok && broken === 0 ? 1 : broken;
}

function peers() {
  const folder = path.join(root, 'test', 'peers');
  const files = fs.readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
  const missing = missingClients();
  const leftOut = files.filter((file) => missing.some((client) => client.files.test(file)));
  for (const client of missing) {
    const names = files.filter((file) => client.files.test(file)).join(', ');
    console.log(`left out, because ${client.command} is not installed: ${names}`);
    console.log(`  to run them: apt-get install ${client.package}`);
    if (required) failed += 1;
  }
  const run = files.filter((file) => !leftOut.includes(file));
  if (run.length === 0) return;
  jest('real clients', ['--runInBand', ...run.map((file) => path.join('test', 'peers', file))]);
}

const only = process.argv.slice(2);
if (only.length > 0) {
  jest('selected tests', only);
} else {
  check('formatting', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']);
  check('types', 'typescript/bin/tsc', ['-p', 'tsconfig.json']);
  check('lint', 'eslint/bin/eslint.js', ['.', '--cache', '--cache-location', '.cache/eslint']);
  jest('unit and simulation', ['--testPathIgnorePatterns', '/node_modules/', '/test/peers/']);
  peers();
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
