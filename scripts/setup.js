'use strict';

/** Set-up shared by every command of a checkout: installs and builds when, and only when, needed. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const stamp = path.join(root, '.cache', 'built');

function modified(file) {
  try {
    return fs.statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** The newest modification below a folder. */
function newest(folder) {
  let latest = 0;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(full) : modified(full));
  }
  return latest;
}

function run(command, args, what, undo = () => undefined) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    undo();
    console.error(`callchart: ${what} failed (${command} ${args.join(' ')}); see above`);
    process.exit(1);
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`callchart: needs Node 20.19 or newer, this is ${process.versions.node}`);
  process.exit(1);
}

/** Installs the packages of the lock file unless the last install was of this very file. */
function install() {
  const lock = path.join(root, 'package-lock.json');
  const installed = path.join(root, 'node_modules', '.package-lock.json');
  if (modified(installed) >= modified(lock) && modified(installed) > 0) return;
  console.error('callchart: installing packages (once; takes some seconds) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'installing packages');
  const now = new Date();
  fs.utimesSync(installed, now, now);
}

/** Compiles `runtime/` to `dist/` unless nothing changed since the last time. */
function build() {
  const sources = Math.max(
    newest(path.join(root, 'runtime')),
    modified(path.join(root, 'tsconfig.json')),
    modified(path.join(root, 'tsconfig.build.json')),
  );
  if (modified(stamp) >= sources && fs.existsSync(path.join(root, 'dist', 'index.js'))) return;
  console.error('callchart: compiling …');
  // Two commands may compile at once: each does so apart, and the last one stays.
  const fresh = path.join(root, '.cache', `dist-${process.pid}`);
  const started = new Date();
  run(
    process.execPath,
    [
      path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
      ...['-p', path.join(root, 'tsconfig.build.json'), '--outDir', fresh],
    ],
    'compiling',
    () => fs.rmSync(fresh, { recursive: true, force: true }),
  );
  const dist = path.join(root, 'dist');
  const stale = `${fresh}-stale`;
  if (fs.existsSync(dist)) fs.renameSync(dist, stale);
  fs.renameSync(fresh, dist);
  fs.rmSync(stale, { recursive: true, force: true });
  fs.writeFileSync(stamp, '');
  fs.utimesSync(stamp, started, started);
}

/** All that a command of a checkout needs before it can run. */
function prepare() {
  checkNode();
  install();
  build();
}

module.exports = { root, checkNode, install, build, prepare };
