import { assign, setup } from 'xstate';
import { callActors } from '../../runtime/flow/actors';
import { callTypes } from '../../runtime/flow/call-types';
import { checkInput } from '../../runtime/flow/input-check';
import { choices } from '../../runtime/flow/choices';
import type { StreamInput } from '../../runtime/flow/outcomes';
import { simulate } from '../../runtime/simulate/simulate';
import { hangsUp, hears, presses, reaches, waits } from '../../runtime/simulate/steps';

interface Context {
  readonly told: readonly string[];
}

const url = 'wss://bot.example/call';

/** A bot talks; the caller gets out of it with a key, the bot by a message. */
const flow = setup({ types: callTypes<Context>(), actors: callActors }).createMachine({
  id: 'bot',
  context: { told: [] },
  initial: 'talking',
  on: {
    'stream.started': { actions: assign({ told: ({ context }) => [...context.told, 'started'] }) },
  },
  states: {
    talking: {
      invoke: {
        id: 'bot',
        src: 'stream',
        input: { url, name: 'bot' },
        onDone: choices({ ended: 'bye', failed: 'sorry' }),
      },
      on: {
        dtmf: { guard: ({ event }) => event.digit === '0', target: 'agent' },
        'stream.message': {
          actions: assign({
            told: ({ context, event }) => [...context.told, JSON.stringify(event.message)],
          }),
          target: 'agent',
        },
      },
    },
    agent: {
      invoke: {
        src: 'gather',
        input: { prompt: 'agent', maxDigits: 1 },
        onDone: choices({ digits: 'bye', noInput: 'bye', invalid: 'bye' }),
      },
    },
    sorry: { invoke: { src: 'play', input: { prompt: 'sorry' }, onDone: 'bye' } },
    bye: { type: 'final' },
  },
});

describe('the actor stream, simulated', () => {
  it('lets the caller hear the app, and tells the machine that it is there', async () => {
    const call = await simulate(flow, {
      prompts: false,
      stream: [{ says: [{ at: 500, text: 'How can I help?' }], ends: 5_000 }],
      caller: [hears({ say: 'How can I help?' }), waits(1_000)],
    });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls bot
        0.0  flow      talking
        0.0  call      streams to and from wss://bot.example/call
        0.1  call      answered
        0.1  call      the app of 'bot' is there
        0.6  prompt    "How can I help?"
        5.1  call      the stream ends, by the app
        5.1  flow      bye
        5.1  end       the flow hung up (final: bye)"
    `);
    expect(call.context).toEqual({ told: ['started'] });
  });

  it('gives the machine the messages of the app', async () => {
    const call = await simulate(flow, {
      prompts: false,
      stream: [{ sends: [{ at: 700, message: { transfer: 'sales' } }] }],
      caller: [hears('agent'), hangsUp()],
    });
    expect(call.path).toEqual(['talking', 'agent', 'bye'].slice(0, 2));
    expect(call.context).toEqual({ told: ['started', '{"transfer":"sales"}'] });
  });

  it('gives keys to the machine and to no gather that comes later', async () => {
    const call = await simulate(flow, {
      prompts: false,
      caller: [waits(500), presses('1230'), reaches('agent'), waits(1_000), presses('4')],
    });
    expect(call.path).toEqual(['talking', 'agent', 'bye']);
    expect(call.log).toBeDefined();
    expect(call.transcript).toContain('presses 4');
  });

  it('fails as the test says, without an answer to the call', async () => {
    const refused = await simulate(flow, { prompts: false, stream: [{ fails: 'refused' }] });
    expect(refused.path).toEqual(['talking', 'sorry', 'bye']);
    const late = await simulate(flow, { prompts: false, stream: [{ after: 60_000 }] });
    expect(late.transcript).toContain('the stream fails: timeout');
    const broken = await simulate(flow, { prompts: false, stream: [{ breaks: 2_000 }] });
    expect(broken.transcript).toContain('the stream fails: closed');
  });

  it('ends with the call', async () => {
    const call = await simulate(flow, { prompts: false, caller: [waits(3_000), hangsUp()] });
    expect(call.path).toEqual(['talking']);
    expect(call.result).toMatchObject({ type: 'left', settled: true });
  });

  it('runs beside others, is sent messages and silenced, and is stopped', async () => {
    const beside = setup({ types: callTypes(), actors: callActors }).createMachine({
      id: 'beside',
      invoke: {
        id: 'ears',
        src: 'stream',
        input: { url, name: 'ears' },
        onDone: { actions: ({ event }) => outcomes.push(event.output) },
      },
      initial: 'first',
      states: {
        first: { after: { 1_000: 'second' } },
        second: {
          entry: ({ self }) => {
            const { ears } = self.getSnapshot().children;
            ears?.send({ type: 'send', message: { page: 2 } });
            ears?.send({ type: 'clear' });
          },
          after: { 500: 'third' },
        },
        third: {
          entry: ({ self }) => self.getSnapshot().children['ears']?.send({ type: 'stop' }),
          after: { 100: 'end' },
        },
        end: { type: 'final' },
      },
    });
    const outcomes: unknown[] = [];
    const call = await simulate(beside, {
      prompts: false,
      stream: [{ says: [{ at: 200, text: 'a very long story' }] }],
    });
    expect(outcomes).toEqual([{ type: 'ended', endedBy: 'flow', duration: 1_400 }]);
    expect(call.transcript).toContain('tells the app {"page":2}');
  });
});

describe('the input of stream', () => {
  it.each([
    [{ url: '' }, undefined],
    [{ url, encoding: 'l16', sampleRate: 24_000, track: 'both', mode: 'listen' }, undefined],
    [{}, "the input needs 'url'"],
    [undefined, "the input needs 'url'"],
    [{ url, sampleRate: 16_000 }, /sampleRate is 16000 and must be 8000 with mulaw/],
    [{ url, encoding: 'l16', sampleRate: 48_000 }, /sampleRate is 48000/],
    [{ url, encoding: 'opus' }, /encoding is "opus" and must be one of mulaw, l16/],
    [{ url, mode: 'both' }, /mode is "both"/],
    [{ url, track: 'left' }, /track is "left"/],
    [{ url, parameters: { count: 7 } }, "the parameter 'count' must be a text"],
    [{ url, timeout: -1 }, /timeout is -1/],
  ])('%j', (input, problem) => {
    // What a flow computes may be anything.
    const found = checkInput('stream', input as StreamInput);
    if (problem instanceof RegExp) expect(found).toMatch(problem);
    else expect(found).toBe(problem);
  });
});
