/**
 * What the tests of a user's own flows import: `import { simulate, hears, presses } from 'callchart/testing'`.
 */
export type * from './simulate/port';
