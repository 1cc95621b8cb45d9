/**
 * What the tests of a user's own flows import: `import { simulate, hears, presses } from 'callchart/testing'`.
 */
export { callMatchers } from './simulate/matchers';
export type { CallMatchers } from './simulate/matchers';
export { simulate } from './simulate/simulate';
export { SimulationError } from './simulate/simulation-error';
export { hangsUp, hears, holds, presses, reaches, resumes, says, waits } from './simulate/steps';
export type * from './simulate/port';
