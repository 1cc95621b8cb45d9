'use strict';

/** `npm start`: sets up what is missing, then serves the flows in `flows/`. */

require('./setup').prepare();
process.argv.splice(2, 0, 'serve');
require('../dist/cli/main.js');
