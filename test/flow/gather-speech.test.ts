import { setup } from 'xstate';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { callActors } from '../../runtime/flow/actors';
import { checkMachine } from '../../runtime/flow/check-machine';
import { Gather } from '../../runtime/flow/gather';
import { checkInput } from '../../runtime/flow/input-check';
import type { GatherInput } from '../../runtime/flow/outcomes';
import { FakeCall } from '../support/fake-call';
import { FakeRecognizer } from '../support/fake-recognizer';

/** What happens at a time, in milliseconds since the gather began. */
type Step = readonly [at: number, does: (scene: Scene) => void];

class Scene {
  readonly clock = new VirtualClock();
  readonly recognizer = new FakeRecognizer();
  readonly call: FakeCall;
  readonly outcomes: unknown[] = [];
  readonly events: unknown[] = [];
  readonly gather: Gather;

  constructor(input: GatherInput, options: { readonly deaf?: boolean } = {}) {
    const { clock, recognizer } = this;
    this.call = new FakeCall(clock, {
      lengths: { welcome: 3_000, invalid: 1_000, nothing: 1_500 },
      ...(options.deaf === true ? {} : { recognizer }),
    });
    this.call.onEvent((event) => {
      if (event.type === 'dtmf') return false;
      this.events.push(event);
      return true;
    });
    this.gather = new Gather(this.call, clock, input, {
      onOutcome: (outcome) => this.outcomes.push({ ...outcome, at: this.now }),
      onFailure: (error) => this.outcomes.push({ error, at: this.now }),
    });
  }

  get now(): number {
    return this.clock.now() - this.call.info.started;
  }

  async run(...steps: readonly Step[]): Promise<this> {
    this.gather.start();
    for (const [at, does] of steps) {
      await this.clock.run(at - this.now);
      does(this);
    }
    await this.clock.run(200_000);
    return this;
  }

  /** All is given back. */
  expectClean(): void {
    expect(this.clock.pending).toBe(0);
    expect(this.recognizer.recognitions).toBe(0);
    expect(this.call.speak).toBeUndefined();
    expect(this.call.playing).toBe(0);
  }
}

const begins = ({ call }: Scene): void => call.speak?.(true);
const ceases = ({ call }: Scene): void => call.speak?.(false);
const partial =
  (text: string) =>
  ({ recognizer }: Scene): void =>
    recognizer.last.partial(text);
const final =
  (text: string, confidence?: number) =>
  ({ recognizer }: Scene): void =>
    recognizer.last.final(text, confidence);
const ends =
  (error?: Error) =>
  ({ recognizer }: Scene): void =>
    recognizer.last.end(error);
const presses =
  (digits: string) =>
  ({ call }: Scene): void =>
    call.press(digits);

const both: GatherInput = {
  input: ['digits', 'speech'],
  prompt: 'welcome',
  interDigitTimeout: 1_000,
};
const speech: GatherInput = { input: ['speech'], prompt: 'welcome' };
const steady: GatherInput = { ...speech, speechTimeout: 1_000 };

interface Race {
  readonly name: string;
  readonly input: GatherInput;
  readonly steps: readonly Step[];
  readonly outcome: object;
  readonly log?: readonly string[];
  /** How often the recogniser was asked. */
  readonly listened?: number;
}

/** The prompt lasts from 0 to 3 000. */
const races: readonly Race[] = [
  {
    name: 'a final result is the outcome at once, with its confidence',
    input: speech,
    steps: [
      [4_000, begins],
      [4_900, final('sales', 0.9)],
    ],
    outcome: { type: 'speech', text: 'sales', confidence: 0.9, at: 4_900 },
    log: ['play welcome'],
  },
  {
    name: 'a recogniser that knows no confidence gives none',
    input: speech,
    steps: [[4_900, final(' sales ')]],
    outcome: { type: 'speech', text: 'sales', at: 4_900 },
  },
  {
    name: 'the first words stop the prompt',
    input: both,
    steps: [
      [1_000, begins],
      [1_400, partial('sa')],
      [1_900, final('sales', 0.8)],
    ],
    outcome: { type: 'speech', text: 'sales', confidence: 0.8, at: 1_900 },
    log: ['play welcome', 'stop welcome'],
  },
  {
    name: 'a final result without a partial one stops the prompt as well',
    input: both,
    steps: [[1_900, final('sales', 0.8)]],
    outcome: { type: 'speech', text: 'sales', confidence: 0.8, at: 1_900 },
    log: ['play welcome', 'stop welcome'],
  },
  {
    name: 'a noise in the prompt, which is no word, does not stop it and is no answer',
    input: both,
    steps: [
      [1_000, begins],
      [1_500, ceases],
      [1_600, partial(' … ')],
    ],
    outcome: { type: 'noInput', at: 8_000 },
    log: ['play welcome'],
    listened: 1,
  },
  {
    name: 'with bargeIn false nothing is listened to before the end of the prompt',
    input: { ...both, bargeIn: false },
    steps: [
      [1_000, ({ recognizer }) => expect(recognizer.opened).toEqual([])],
      [3_500, final('sales')],
    ],
    outcome: { type: 'speech', text: 'sales', at: 3_500 },
    log: ['play welcome'],
  },
  {
    name: 'a key ends the listening, and the digits win over what is said after it',
    input: both,
    steps: [
      [1_000, presses('1')],
      [1_100, final('sales')],
    ],
    outcome: { type: 'digits', digits: '1', at: 2_000 },
    log: ['play welcome', 'stop welcome'],
  },
  {
    name: 'a key wins over words that are not final yet',
    input: both,
    steps: [
      [1_000, begins],
      [1_300, partial('sa')],
      [1_600, presses('1')],
      [1_700, final('sales')],
    ],
    outcome: { type: 'digits', digits: '1', at: 2_600 },
  },
  {
    name: 'a final result wins over keys that come after it, which wait for the next gather',
    input: both,
    steps: [
      [4_000, final('sales')],
      [4_001, presses('1')],
      [4_002, ({ call }) => expect(call.digits.peek()).toBe('1')],
    ],
    outcome: { type: 'speech', text: 'sales', at: 4_000 },
  },
  {
    name: 'without digits in the input keys wait for the next gather',
    input: speech,
    steps: [
      [1_000, presses('1')],
      [4_000, final('sales')],
      [4_001, ({ call }) => expect(call.digits.take()).toBe('1')],
    ],
    outcome: { type: 'speech', text: 'sales', at: 4_000 },
    log: ['play welcome'],
  },
  {
    name: 'firstDigitTimeout counts for the beginning of speech',
    input: both,
    steps: [],
    outcome: { type: 'noInput', at: 8_000 },
    listened: 1,
  },
  {
    name: 'who speaks when it ends is heard out',
    input: both,
    steps: [
      [7_500, begins],
      [10_000, ceases],
      [10_200, final('sales')],
    ],
    outcome: { type: 'speech', text: 'sales', at: 10_200 },
  },
  {
    name: 'words that came before it keep it from ending',
    input: both,
    steps: [
      [7_900, partial('sa')],
      [9_000, final('sales')],
    ],
    outcome: { type: 'speech', text: 'sales', at: 9_000 },
  },
  {
    name: 'a voice that was not understood is invalid, without digits',
    input: both,
    steps: [
      [7_500, begins],
      [9_000, ceases],
      // 1.5 s more of silence, and the recogniser is asked for what it has.
      [10_500, ends()],
    ],
    outcome: { type: 'invalid', digits: '', at: 10_500 },
  },
  {
    name: 'after a cough it listens on until firstDigitTimeout',
    input: both,
    steps: [
      [3_200, begins],
      [3_800, ceases],
      [5_300, ({ recognizer }) => expect(recognizer.last.state).toBe('finishing')],
      [5_400, ends()],
      [6_000, final('sales')],
    ],
    outcome: { type: 'speech', text: 'sales', at: 6_000 },
    listened: 2,
  },
  {
    name: 'a cough alone is invalid in the end',
    input: both,
    steps: [
      [3_200, begins],
      [3_800, ceases],
      [5_400, ends()],
    ],
    outcome: { type: 'invalid', digits: '', at: 8_000 },
  },
  {
    name: 'auto: a recogniser that finds no end is asked for it after two seconds of silence',
    input: speech,
    steps: [
      [4_000, begins],
      [4_500, partial('sales')],
      // The ear has waited half a second already.
      [6_000, ceases],
      [7_499, ({ recognizer }) => expect(recognizer.last.state).toBe('open')],
      [7_500, ({ recognizer }) => expect(recognizer.last.state).toBe('finishing')],
      [7_600, final('sales please', 0.7)],
    ],
    outcome: { type: 'speech', text: 'sales please', confidence: 0.7, at: 7_600 },
  },
  {
    name: 'words that only the recogniser hears end after as long a silence',
    input: speech,
    steps: [
      [4_000, partial('sales')],
      [4_300, partial('sales please')],
      [6_300, ({ recognizer }) => expect(recognizer.last.state).toBe('finishing')],
      [6_400, final('sales please')],
    ],
    outcome: { type: 'speech', text: 'sales please', at: 6_400 },
  },
  {
    name: 'a recogniser that owes its last result is waited for five seconds',
    input: speech,
    steps: [
      [4_000, partial('sales')],
      [6_000, ({ recognizer }) => expect(recognizer.last.state).toBe('finishing')],
    ],
    outcome: { type: 'invalid', digits: '', at: 11_000 },
  },
  {
    name: 'speechTimeout joins what is said until so much silence, with the lowest confidence',
    input: steady,
    steps: [
      [4_000, begins],
      [5_000, final('one two', 0.9)],
      [5_300, ceases],
      [5_600, begins],
      [6_400, final('three four', 0.6)],
      [7_000, ceases],
      [7_500, ({ recognizer }) => expect(recognizer.last.state).toBe('finishing')],
      [7_700, ends()],
    ],
    outcome: { type: 'speech', text: 'one two three four', confidence: 0.6, at: 7_700 },
    listened: 1,
  },
  {
    name: 'speech is listened to for a minute at most',
    input: speech,
    steps: [
      [4_000, begins],
      [64_000, ({ recognizer }) => expect(recognizer.last.state).toBe('finishing')],
      [64_500, final('and so on')],
    ],
    outcome: { type: 'speech', text: 'and so on', at: 64_500 },
  },
  {
    name: 'a recogniser that fails leaves the keys',
    input: both,
    steps: [
      [4_000, ends(new Error('gone'))],
      [5_000, presses('2')],
    ],
    outcome: { type: 'digits', digits: '2', at: 6_000 },
  },
  {
    name: 'one that fails while words are on their way is invalid where keys would do',
    input: both,
    steps: [
      [4_000, partial('sa')],
      [4_500, ends(new Error('gone'))],
    ],
    outcome: { type: 'invalid', digits: '', at: 4_500 },
  },
  {
    name: 'one that fails where only words would do fails the gather',
    input: speech,
    steps: [[4_000, ends(new Error('gone'))]],
    outcome: { error: new Error('gone'), at: 4_000 },
  },
  {
    name: 'one that has understood something before it fails has done its work',
    input: steady,
    steps: [
      [4_000, final('sales')],
      [4_300, ends(new Error('gone'))],
    ],
    outcome: { type: 'speech', text: 'sales', at: 4_300 },
  },
  {
    name: 'attempts ask again, with the prompt for what went wrong',
    input: { ...both, attempts: 2, invalidPrompt: 'invalid', noInputPrompt: 'nothing' },
    steps: [
      [9_000, begins],
      [9_100, final('sales')],
    ],
    outcome: { type: 'speech', text: 'sales', at: 9_100 },
    log: ['play welcome', 'play nothing', 'stop nothing'],
    listened: 2,
  },
  {
    name: 'a voice that was not understood gets the prompt for invalid entries',
    input: { ...both, attempts: 2, invalidPrompt: 'invalid', noInputPrompt: 'nothing' },
    steps: [
      [3_200, begins],
      [3_800, ceases],
      [5_400, ends()],
      [9_500, final('sales')],
    ],
    outcome: { type: 'speech', text: 'sales', at: 9_500 },
    log: ['play welcome', 'play invalid'],
  },
];

describe('speech and keys', () => {
  it.each(races)('$name', async ({ input, steps, outcome, log, listened }) => {
    const scene = await new Scene(input).run(...steps);
    expect(scene.outcomes).toEqual([outcome]);
    if (log !== undefined) {
      const heard = scene.call.log.filter((line) => /^(?:play|stop)/.test(line));
      expect(heard).toEqual(log);
    }
    if (listened !== undefined) expect(scene.recognizer.opened).toHaveLength(listened);
    scene.expectClean();
  });

  it('keys pressed before spare the recogniser', async () => {
    const scene = new Scene(both);
    scene.call.press('7');
    await scene.run();
    expect(scene.outcomes).toEqual([{ type: 'digits', digits: '7', at: 1_000 }]);
    expect(scene.recognizer.opened).toEqual([]);
    scene.expectClean();
  });

  it('stopped, it is silent and closes the recogniser', async () => {
    const scene = await new Scene(both).run(
      [1_000, begins],
      [1_100, partial('sa')],
      [1_200, ({ gather }) => gather.stop()],
    );
    expect(scene.outcomes).toEqual([]);
    scene.expectClean();
  });

  it('a recogniser that ends at once each time is not asked for ever', async () => {
    const scene = new Scene(speech);
    const steps = Array.from({ length: 20 }, (_, index): Step => [10 + index, ends()]);
    await scene.run(...steps);
    expect(scene.outcomes).toEqual([
      {
        error: expect.objectContaining({ code: 'CALLCHART_RECOGNIZER_FAILED' }) as unknown,
        at: 29,
      },
    ]);
    scene.expectClean();
  });

  it('without a recogniser it fails, and says what to do', async () => {
    const scene = await new Scene(both, { deaf: true }).run();
    expect(scene.outcomes).toEqual([
      { error: expect.objectContaining({ code: 'CALLCHART_NO_RECOGNIZER' }) as unknown, at: 0 },
    ]);
    expect(String(scene.outcomes.map((each) => (each as { error: Error }).error.message))).toMatch(
      /Set `recognizer` in callchart\.config\.ts/,
    );
    scene.expectClean();
  });
});

describe('what the recogniser is asked for', () => {
  it('is what the input says', async () => {
    const scene = await new Scene({
      ...speech,
      hints: ['sales', 'support'],
      language: 'de',
      speechModel: 'phone_call',
      profanityFilter: true,
      speechTimeout: 800,
      partial: true,
    }).run();
    expect(scene.recognizer.last.options).toEqual({
      hints: ['sales', 'support'],
      language: 'de',
      model: 'phone_call',
      profanityFilter: true,
      partial: true,
      singleUtterance: false,
      sampleRate: 8_000,
    });
  });

  it('is partial results for barge-in alone, where the flow does not ask for them', async () => {
    const asked = async (input: GatherInput): Promise<boolean> =>
      (await new Scene(input).run()).recognizer.last.options.partial;
    expect(await asked(speech)).toBe(true);
    expect(await asked({ ...speech, bargeIn: false })).toBe(false);
  });
});

describe('what is told of it', () => {
  it('partial results come as events where they are asked for', async () => {
    const steps: Step[] = [
      [4_000, partial('sa')],
      [4_100, final('sales')],
    ];
    const told = await new Scene({ ...speech, partial: true }).run(...steps);
    expect(told.events).toEqual([{ type: 'speech.partial', text: 'sa' }]);
    const untold = await new Scene(speech).run(...steps);
    expect(untold.events).toEqual([]);
  });

  it('the record has what was said, and *** for it where it is sensitive', async () => {
    const notes = async (input: GatherInput): Promise<unknown> =>
      (await new Scene(input).run([4_000, final('four two', 0.5)])).call.notes;
    const note = { type: 'digits', digits: '', confidence: 0.5, valid: true };
    expect(await notes(speech)).toEqual([{ ...note, speech: 'four two' }]);
    expect(await notes({ ...speech, sensitive: true })).toEqual([{ ...note, speech: '***' }]);
  });

  it('the record has why the recogniser failed where keys would do', async () => {
    const scene = await new Scene(both).run([4_000, ends(new Error('gone'))]);
    expect(scene.call.notes).toEqual([{ type: 'error', message: 'gone' }]);
  });
});

describe('what can be known before a call', () => {
  const machine = setup({ actors: callActors }).createMachine({
    initial: 'ask',
    states: { ask: { invoke: { src: 'gather', input: { input: ['speech'] } } } },
  });

  test('a flow that listens to words without a recogniser is refused', () => {
    expect(checkMachine(machine, { speech: false })).toEqual([
      expect.objectContaining({
        state: 'ask',
        message: expect.stringMatching(/no recogniser is configured/) as unknown,
      }),
    ]);
    expect(checkMachine(machine, { speech: true })).toEqual([]);
    expect(checkMachine(machine, {})).toEqual([]);
  });

  test.each([
    [{ input: [] }, /input must be/],
    [{ input: ['words'] }, /input must be/],
    [{ hints: 'sales' }, /hints must be a list/],
    [{ language: 'english please' }, /language must be a tag/],
    [{ speechTimeout: -1 }, /speechTimeout is -1 and must be milliseconds/],
    [{ speechTimeout: 'soon' }, /speechTimeout is "soon"/],
    [{ partial: true, sensitive: true }, /partial tells what sensitive hides/],
  ])('is an input that cannot be: %j', (input, problem) => {
    expect(checkInput('gather', input as unknown as GatherInput)).toMatch(problem);
  });
});
