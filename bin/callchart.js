#!/usr/bin/env node
'use strict';

const fs = require('node:fs');
const path = require('node:path');

// A checkout has the sources beside it and sets itself up; the published package is compiled.
if (fs.existsSync(path.join(__dirname, '..', 'scripts', 'setup.js'))) {
  require('../scripts/setup').prepare();
}
require('../dist/cli/main.js');
