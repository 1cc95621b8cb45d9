'use strict';

/** Peers and benches run apart: they need real clients, or a quiet machine. */
module.exports = {
  // A machine may be slow and shared: how long a test takes is not what it tests.
  testTimeout: 120_000,
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/bench/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleNameMapper: {
    '^callchart$': '<rootDir>/runtime/index.ts',
    '^callchart/client$': '<rootDir>/runtime/client/index.ts',
    '^callchart/testing$': '<rootDir>/runtime/testing.ts',
    '^callchart/testing/matchers$': '<rootDir>/runtime/simulate/extend-expect.ts',
  },
};
