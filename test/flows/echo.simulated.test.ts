import echo from '../../flows/echo.flow';
import { hangsUp, hears, presses, reaches, says } from '../../runtime/testing';
import { testScenarios } from '../support/simulated-scenarios';

describe('echo, simulated', () => {
  testScenarios(echo, {
    'ended by the hash key': { caller: [reaches('echo'), says('Hello?'), presses('#')] },
    'ended after five minutes': {},
    'a caller who hangs up': { caller: [hears('echo-welcome'), hangsUp()] },
    'no prompt to be had': {
      caller: [reaches('echo'), presses('#')],
      broken: ['echo-welcome', 'echo-ended'],
    },
    'no echo to be had': {
      actors: {
        echo: () => {
          throw new Error('no audio');
        },
      },
    },
  });
});
