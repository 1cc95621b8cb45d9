'use strict';

const setup = require('./setup');

setup.checkNode();
setup.install();
setup.build();
