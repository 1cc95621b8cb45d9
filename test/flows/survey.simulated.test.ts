import survey from '../../flows/survey.flow';
import { hangsUp, hears, presses } from '../../runtime/testing';
import { testScenarios } from '../support/simulated-scenarios';

const save = { save: () => undefined };

describe('survey, simulated', () => {
  testScenarios(survey, {
    'all questions answered': {
      actors: save,
      caller: [
        hears('survey-satisfied'),
        presses('4'),
        hears('survey-recommend'),
        presses('1'),
        hears('survey-calls'),
        presses('12#'),
        hears('survey-thanks'),
      ],
    },
    'typed ahead in the welcome': {
      actors: save,
      caller: [hears('survey-welcome'), presses('5'), presses('2'), presses('7#')],
    },
    'no question answered': { actors: save },
    'a caller who hangs up half-way': {
      actors: save,
      caller: [hears('survey-satisfied'), presses('2'), hears('survey-recommend'), hangsUp()],
    },
    'answers that cannot be saved': {
      actors: {
        save: () => {
          throw new Error('the disk is full');
        },
      },
    },
    'no prompt at all': {
      actors: save,
      broken: [
        'survey-welcome',
        'survey-satisfied',
        'survey-recommend',
        'survey-calls',
        'survey-thanks',
      ],
    },
  });
});
