'use strict';

/*
 * The programs that nobody here wrote and that test/peers runs: which test files need each, by the beginning of their
 * names, and the Debian package that brings it. Called by itself it prints the packages of those that are missing.
 */

const { spawnSync } = require('node:child_process');

const clients = [
  { command: 'sipp', files: /^sipp/, package: 'sip-tester' },
  { command: 'baresip', files: /^baresip/, package: 'baresip' },
  { command: 'kamailio', files: /^kamailio/, package: 'kamailio' },
  { command: 'sipsak', files: /^sipsak/, package: 'sipsak' },
  { command: 'openssl', files: /^openssl/, package: 'openssl' },
  { command: 'svmap', files: /^sipvicious/, package: 'sipvicious' },
  { command: 'ffmpeg', files: /^ffmpeg/, package: 'ffmpeg' },
  { command: 'sox', files: /^ffmpeg/, package: 'sox' },
  { command: 'opusenc', files: /^ffmpeg/, package: 'opus-tools' },
  // Its model comes with a package of its own, which this one only recommends.
  {
    command: 'pocketsphinx_continuous',
    files: /^pocketsphinx/,
    package: 'pocketsphinx pocketsphinx-en-us',
  },
  { command: 'dot', files: /^graphviz/, package: 'graphviz' },
];

function available(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Those that are not installed. */
function missingClients() {
  return clients.filter(({ command }) => !available(command));
}

module.exports = { missingClients };

if (require.main === module) {
  console.log([...new Set(missingClients().map((client) => client.package))].join(' '));
}
