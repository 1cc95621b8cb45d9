import reception from '../../flows/reception.flow';
import { hangsUp, hears, presses, says } from '../../runtime/testing';
import { testScenarios } from '../support/simulated-scenarios';

const sunday = { at: 'Sunday 03:00', zone: 'Europe/London' };
const wednesday = { at: 'Wednesday 10:00', zone: 'Europe/London' };

describe('reception, simulated', () => {
  testScenarios(reception, {
    'a caller who never presses a key is asked three times': {},
    'a key in the welcome counts for the menu': {
      caller: [hears('welcome'), presses('1'), hears('opening-hours'), hears('menu'), hangsUp()],
    },
    'keys that are not in the menu': {
      caller: [
        hears('menu'),
        presses('7'),
        hears('not-understood'),
        presses('8'),
        hears('not-understood'),
        presses('9'),
        hears('goodbye'),
      ],
    },
    'a message, ended by the hash key': {
      caller: [
        hears('menu'),
        presses('2'),
        hears({ tone: 'beep' }),
        says('Please call me back.', 4_000),
        presses('#'),
        hears('message-kept'),
      ],
    },
    'the operator, on a Wednesday': {
      ...wednesday,
      caller: [hears('menu'), presses('0'), hears('transferring')],
    },
    'an operator who does not answer': {
      ...wednesday,
      caller: [hears('menu'), presses('0'), hears('no-answer'), hears('leave-message'), hangsUp()],
      transfer: [{ type: 'failed', status: 486, reason: 'Busy Here' }],
    },
    'the operator, on a Sunday': {
      ...sunday,
      caller: [hears('menu'), presses('0'), hears('closed'), hears('leave-message'), hangsUp()],
    },
    'a recording that fails': {
      caller: [hears('menu'), presses('2'), hears('goodbye')],
      recordingFails: 'the disk is full',
    },
    'no prompt of the menu': { broken: ['welcome', 'menu', 'goodbye'] },
    'no opening hours to be heard': {
      caller: [hears('menu'), presses('1'), hears('menu'), hangsUp()],
      broken: ['opening-hours'],
    },
    'no prompt on the way to a message': {
      ...sunday,
      caller: [hears('menu'), presses('0'), hears('goodbye')],
      broken: ['closed', 'leave-message'],
    },
    'no prompt on the way to the operator, who is gone': {
      ...wednesday,
      caller: [
        hears('menu'),
        presses('0'),
        hears({ tone: 'beep' }),
        says('Hello?'),
        presses('#'),
        hears('goodbye'),
      ],
      transfer: [{ type: 'refused', status: 603, reason: 'Decline' }],
      broken: ['transferring', 'no-answer', 'message-kept'],
    },
    'a transfer that cannot be asked for': {
      ...wednesday,
      caller: [hears('menu'), presses('0'), hears('no-answer'), hangsUp()],
      actors: {
        transfer: () => {
          throw new Error('no route to the operator');
        },
      },
    },
  });
});
