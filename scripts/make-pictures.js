'use strict';

/* Draws the flows that ship with Callchart into docs/pictures/: after a change of theirs, or of how flows are drawn. */
const { execFileSync } = require('node:child_process');
const { mkdirSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
// They would stand on the pictures.
const environment = { ...process.env };
delete environment.OPERATOR;
delete environment.TIME_ZONE;

mkdirSync(join(root, 'docs', 'pictures'), { recursive: true });
for (const name of ['echo', 'reception', 'survey', 'voicemail']) {
  execFileSync(
    process.execPath,
    ['bin/callchart.js', 'graph', `flows/${name}.flow.ts`, '-o', `docs/pictures/${name}.svg`],
    { cwd: root, env: environment, stdio: 'inherit' },
  );
}
