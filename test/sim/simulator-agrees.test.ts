import { agreement } from './support/agreement';
import { randomFlow } from './support/random-flow';
import { randomFlowWithOthers } from './support/random-flow-with-others';

/** Fixed, so that everybody sees the same run; another is asked for by the environment. */
const seed = Number(process.env['CALLCHART_SIM_SEED'] ?? 20_261_122);
const flows = Number(process.env['CALLCHART_SIM_FLOWS'] ?? 500);

/** Of what the machines were given, some of each actor. */
const kinds = [
  ...['dial answered callee', 'dial answered timeLimit', 'dial busy', 'dial noAnswer'],
  ...['dial rejected', 'dial unreachable', 'dial declinedByScreening', 'transfer transferred'],
  ...['transfer busy', 'transfer noAnswer', 'transfer rejected', 'conference left timeLimit'],
  ...['conference left leaveKey', 'detectSpeech speech', 'speech.ended', 'call.held'],
  ...['record recorded silence', 'record tooShort', 'record noSpeech', 'looksUp', 'asks', 'tells'],
];

describe('what the simulator says and what a call over the network does', () => {
  it(`are the same for ${flows} random flows with their callers, and so is a replay`, async () => {
    const { different } = await agreement(seed, flows, randomFlow);
    expect(told(different)).toBe('');
  }, 600_000);

  it(`are the same for ${flows} random flows in which others have a part`, async () => {
    const { different, given } = await agreement(seed, flows, randomFlowWithOthers);
    expect(told(different)).toBe('');
    // What others do came by.
    expect([...given.keys()]).toEqual(expect.arrayContaining(kinds));
  }, 600_000);
});

function told(different: readonly string[]): string {
  if (different.length === 0) return '';
  return `${different.length}: ${different.slice(0, 3).join('\n\n')}`;
}
