import {
  assign,
  enqueueActions,
  fromPromise,
  sendTo,
  setup,
  spawnChild,
  type AnyActorRef,
  type EventObject,
} from 'xstate';
import { CallchartError, describeError } from '../core/errors';
import { callActors } from '../flow/actors';
import { callTypes } from '../flow/call-types';
import type { FlowInput } from '../flow/run-flow';
import { documentsOf, fetchDocument, type FetchOutcome } from './bind';
import {
  actionOf,
  firstContext,
  isVerb,
  keyOf,
  requestFor,
  subjectOf,
  verbOf,
  waitOf,
  type DocumentContext,
  type Outcome,
} from './context';
import type { DocumentReport } from './port';
import {
  besideId,
  conferenceInput,
  dialInput,
  dialQueueInput,
  enqueueInput,
  isBeside,
  streamInput,
  waitInput,
} from './verb-inputs';
import type { VerbName } from './verbs';

/** So many documents in a row without anything to hear or to wait for are a circle. */
const longestCircle = 20;
/** What is waited before a waiting caller's document that has nothing to hear is asked for again. */
const breath = 1_000;
/** More documents than any call needs, silent or not. */
const mostDocuments = 10_000;

const nowhere = { name: '', line: 0, column: 0 };

/** Verbs that are a state of their own. */
const waitingVerbs = [
  ...([
    'answer',
    'ring',
    'setLanguage',
    'play',
    'pause',
    'sendDigits',
    'gather',
    'record',
  ] as const),
  ...(['dial', 'conference', 'transfer', 'echo', 'redirect', 'reject', 'hangup'] as const),
  ...(['recordCall', 'stop', 'enqueue', 'dialQueue', 'stream'] as const),
];

/** Verbs that take no time and let nobody hear anything. */
const silentVerbs: readonly VerbName[] = [
  'answer',
  'ring',
  'setLanguage',
  'recordCall',
  'stop',
  'document',
];

/** Of an actor that is done: every call actor's outcome has a type. */
function outcomeOf(event: EventObject): Outcome | undefined {
  return 'output' in event ? (event.output as Outcome) : undefined;
}

function errorOf(event: EventObject): unknown {
  return 'error' in event ? event.error : undefined;
}

/** What a machine that was invoked for somebody who waits, or for a callee, gives in the end. */
export interface DocumentOutput {
  /** `leave`: the document said so; `failed`: there was none. */
  readonly type: 'done' | 'leave' | 'failed';
}

const base = setup({
  types: {
    ...callTypes<DocumentContext>(),
    output: {} as DocumentOutput,
  },
  actors: {
    ...callActors,
    fetchDocument,
    /** The machine itself takes its place. */
    waitDocument: fromPromise<DocumentOutput, FlowInput>(() =>
      Promise.resolve({ type: 'failed' as const }),
    ),
  },
  guards: {
    isOver: ({ context }) => context.over,
    isDone: ({ context }) => context.index >= context.verbs.length,
    isFor: ({ context }, role: DocumentContext['role']) => context.role === role,
    isVerb: ({ context }, name: VerbName) => isVerb(context.verbs[context.index], name),
    goesOnBeside: ({ context }) => verbOf(context, 'stream').mode === 'start',
    hasWait: ({ context }) => waitOf(context) !== undefined,
    waits: ({ context, event }) =>
      event.type === 'conference.waiting' && event.waiting && waitOf(context) !== undefined,
    reports: ({ context }) => actionOf(context) !== undefined,
    isTooMany: ({ context }) => context.documents > mostDocuments,
    turnsInCircles: ({ context }) => context.silent > longestCircle,
    wasHeard: ({ context }) => context.silent === 0,
    isFailed: ({ context }) => context.problem !== '',
  },
  actions: {
    /** The next document is that of the verb's `action`. */
    askAction: assign(({ context }) => {
      const action = actionOf(context);
      const verb = context.verbs[context.index];
      if (action === undefined || verb === undefined) return {};
      const subject = subjectOf(verb);
      const report = { of: verb.verb, outcome: context.outcome, subject };
      return { request: requestFor(context, action, report) };
    }),
    askAgain: assign(({ context }) => ({
      request: requestFor(
        context,
        { ...context.current, url: '' },
        { of: 'wait', outcome: context.about },
      ),
    })),
    askNext: assign(({ context }) => {
      const { target } = verbOf(context, 'document');
      return { request: requestFor(context, target, { of: 'document' }) };
    }),
    takeDocument: assign(({ context }, output: FetchOutcome) =>
      output.type === 'document'
        ? {
            verbs: output.verbs,
            index: 0,
            outcome: undefined,
            current: { url: output.url, method: context.request.method },
            documents: context.documents + 1,
            partials: 0,
            silent: context.silent + 1,
          }
        : { problem: output.reason },
    ),
    takeOutcome: assign(({ context, event }) => {
      const name = context.verbs[context.index]?.verb;
      const heard = name !== undefined && !silentVerbs.includes(name);
      return { outcome: outcomeOf(event), silent: heard ? 0 : context.silent };
    }),
    takePosition: assign(({ event }) => ({ about: event })),
    tellPosition: ({ event, self }) => {
      const { wait } = self.getSnapshot().children as Readonly<
        Record<string, AnyActorRef | undefined>
      >;
      wait?.send(event);
    },
    next: assign(({ context }) => ({ index: context.index + 1, outcome: undefined, partials: 0 })),
    end: assign({ over: true }),
    takeProblem: assign(({ event }) => ({ problem: describeError(errorOf(event)) })),
    nameCircle: assign({
      problem: `${longestCircle} documents in a row had nothing to hear or to wait for: do they redirect in a circle?`,
    }),
    countPartial: assign({ partials: ({ context }) => context.partials + 1 }),
    /** What the caller seems to say, for whoever is interested. */
    tellPartial: ({ context, event, system }) => {
      const { partial } = verbOf(context, 'gather');
      const { current, format, parameters, partials } = context;
      if (partial === undefined) return;
      const outcome = { ...event, sequence: partials - 1 };
      const report: DocumentReport = { of: 'partial', outcome, parameters };
      documentsOf(system)?.notify({ callback: partial, base: current.url, format, report });
    },
    nameLimit: assign({ problem: `the call has had ${mostDocuments} documents` }),
    /** What was waited. */
    rest: assign({ silent: 0 }),
    /** Those whom the verb names are told what it does. */
    follow: ({ context, system }) => {
      const { verbs, index, current, format, parameters } = context;
      const verb = verbs[index];
      if (verb === undefined) return;
      const key = keyOf(context);
      documentsOf(system)?.follow({ verb, key, base: current.url, format, parameters });
    },
    warn: ({ context, event, system }) => {
      const { name, line, column } = context.verbs[context.index]?.place ?? nowhere;
      const problem = describeError(errorOf(event));
      documentsOf(system)?.warn(`${name} (line ${line}, column ${column}): ${problem}`);
    },
    fail: ({ context }) => {
      throw new CallchartError('CALLCHART_DOCUMENT_FAILED', context.problem);
    },
  },
});

const taken = { target: 'done', actions: 'takeOutcome' } as const;
/** Something is broken, a prompt or a trunk: as with Twilio the call goes on with the next verb. */
const broken = { target: 'next', actions: 'warn' } as const;
const settled = { onDone: taken, onError: broken };

/**
 * Carries out documents, one after the other, from the URL in its input on. It is a flow as any other: its verbs are
 * call actors, and it may be invoked by another flow, simulated, logged and replayed.
 */
const machine = base.createMachine({
  id: 'document',
  context: ({ input }) => firstContext(input),
  initial: 'fetching',
  on: {
    'call.ended': { actions: 'end' },
    // Of one who waits: for the next request.
    'queue.position': { actions: 'takePosition' },
    // What goes on beside a document costs it nothing when it breaks.
    'xstate.error.actor.*': { actions: 'warn' },
  },
  states: {
    fetching: {
      invoke: {
        src: 'fetchDocument',
        input: ({ context }) => context.request,
        onDone: {
          target: 'fetched',
          actions: { type: 'takeDocument', params: ({ event }) => event.output },
        },
        onError: { target: 'failed', actions: 'takeProblem' },
      },
    },
    fetched: {
      always: [
        // Whoever answered after the end was told of it, and has nothing more to say.
        { guard: 'isOver', target: 'over' },
        { guard: 'isFailed', target: 'failed' },
        { guard: 'turnsInCircles', target: 'failed', actions: 'nameCircle' },
        { guard: 'isTooMany', target: 'failed', actions: 'nameLimit' },
        { target: 'stepping' },
      ],
    },
    stepping: {
      always: [
        { guard: 'isOver', target: 'over' },
        { guard: 'isDone', target: 'finished' },
        { guard: { type: 'isVerb', params: 'document' }, target: 'fetching', actions: 'askNext' },
        { guard: { type: 'isVerb', params: 'leave' }, target: 'left' },
        ...waitingVerbs.map((name) => ({
          guard: { type: 'isVerb' as const, params: name },
          target: name,
        })),
      ],
    },
    next: { entry: 'next', always: 'stepping' },
    done: {
      always: [{ guard: 'reports', target: 'fetching', actions: 'askAction' }, { target: 'next' }],
    },

    answer: {
      invoke: {
        src: 'answer',
        input: ({ context }) => verbOf(context, 'answer').input,
        ...settled,
      },
    },
    ring: {
      invoke: { src: 'ring', input: ({ context }) => verbOf(context, 'ring').input, ...settled },
    },
    setLanguage: {
      invoke: {
        src: 'setLanguage',
        input: ({ context }) => verbOf(context, 'setLanguage').input,
        ...settled,
      },
    },
    play: {
      invoke: { src: 'play', input: ({ context }) => verbOf(context, 'play').input, ...settled },
    },
    pause: {
      invoke: { src: 'pause', input: ({ context }) => verbOf(context, 'pause').input, ...settled },
    },
    sendDigits: {
      invoke: {
        src: 'sendDigits',
        input: ({ context }) => verbOf(context, 'sendDigits').input,
        ...settled,
      },
    },
    gather: {
      on: { 'speech.partial': { actions: ['countPartial', 'tellPartial'] } },
      invoke: {
        src: 'gather',
        input: ({ context }) => verbOf(context, 'gather').input,
        ...settled,
      },
    },
    record: {
      entry: 'follow',
      invoke: {
        src: 'record',
        input: ({ context }) => verbOf(context, 'record').input,
        ...settled,
      },
    },
    dial: {
      entry: 'follow',
      invoke: {
        src: 'dial',
        input: ({ context }) => dialInput(verbOf(context, 'dial'), context),
        ...settled,
      },
    },
    /** A party hears a document of its own until the conference begins, and while it is alone. */
    conference: {
      entry: 'follow',
      type: 'parallel',
      states: {
        party: {
          invoke: {
            src: 'conference',
            input: ({ context }) => conferenceInput(verbOf(context, 'conference')),
            onDone: { target: '#document.done', actions: 'takeOutcome' },
            onError: { target: '#document.next', actions: 'warn' },
          },
        },
        hearing: {
          initial: 'others',
          on: {
            'conference.waiting': [{ guard: 'waits', target: '.document' }, { target: '.others' }],
          },
          states: {
            others: {},
            document: {
              invoke: {
                src: 'waitDocument',
                input: ({ context }) => waitInput(context, waitOf(context)),
                onDone: 'others',
                onError: { target: 'others', actions: 'warn' },
              },
            },
          },
        },
      },
    },
    transfer: {
      invoke: {
        src: 'transfer',
        input: ({ context }) => verbOf(context, 'transfer').input,
        ...settled,
      },
    },
    echo: {
      invoke: { src: 'echo', input: ({ context }) => verbOf(context, 'echo').input, ...settled },
    },
    redirect: {
      invoke: {
        src: 'redirect',
        input: ({ context }) => verbOf(context, 'redirect').input,
        ...settled,
      },
    },
    reject: {
      invoke: {
        src: 'reject',
        input: ({ context }) => verbOf(context, 'reject').input,
        ...settled,
      },
    },
    hangup: {
      invoke: {
        src: 'hangup',
        input: ({ context }) => verbOf(context, 'hangup').input,
        ...settled,
      },
    },

    /** The caller hears a document of his own while he waits. */
    enqueue: {
      type: 'parallel',
      onDone: 'done',
      states: {
        place: {
          initial: 'waiting',
          states: {
            waiting: {
              invoke: {
                id: 'place',
                src: 'enqueue',
                input: ({ context }) => enqueueInput(verbOf(context, 'enqueue')),
                onDone: { target: '#document.done', actions: 'takeOutcome' },
                onError: { target: '#document.next', actions: 'warn' },
              },
            },
          },
        },
        hearing: {
          initial: 'nothing',
          on: {
            'queue.taken': '.nothing',
            'queue.position': { actions: ['takePosition', 'tellPosition'] },
          },
          states: {
            nothing: {
              on: {
                'queue.position': {
                  guard: 'hasWait',
                  target: 'document',
                  actions: 'takePosition',
                },
                'queue.returned': { guard: 'hasWait', target: 'document' },
              },
            },
            document: {
              invoke: {
                id: 'wait',
                src: 'waitDocument',
                input: ({ context }) => waitInput(context, waitOf(context)),
                onDone: {
                  target: 'silence',
                  actions: sendTo('place', ({ event }) => ({
                    type: event.output.type === 'leave' ? 'leave' : 'none',
                  })),
                },
                onError: { target: 'silence', actions: 'warn' },
              },
            },
            silence: {},
          },
        },
      },
    },
    dialQueue: {
      entry: 'follow',
      invoke: {
        src: 'dialQueue',
        input: ({ context }) => dialQueueInput(verbOf(context, 'dialQueue'), context),
        ...settled,
      },
    },
    stream: {
      entry: 'follow',
      initial: 'choosing',
      states: {
        choosing: {
          always: [{ guard: 'goesOnBeside', target: 'beside' }, { target: 'connected' }],
        },
        connected: {
          invoke: {
            src: 'stream',
            input: ({ context }) => streamInput(verbOf(context, 'stream'), context),
            onDone: { target: '#document.done', actions: 'takeOutcome' },
            onError: { target: '#document.next', actions: 'warn' },
          },
        },
        beside: {
          entry: spawnChild('stream', {
            id: ({ context }) => besideId('stream', verbOf(context, 'stream').name, keyOf(context)),
            input: ({ context }) => streamInput(verbOf(context, 'stream'), context),
          }),
          always: '#document.next',
        },
      },
    },
    /** Goes on beside what follows. */
    recordCall: {
      entry: [
        'follow',
        spawnChild('recordCall', {
          id: ({ context }) =>
            besideId('recordCall', verbOf(context, 'recordCall').name, keyOf(context)),
          input: ({ context }) => verbOf(context, 'recordCall').input,
        }),
      ],
      always: 'next',
    },
    stop: {
      entry: enqueueActions(({ context, enqueue, self }) => {
        const { what, name } = verbOf(context, 'stop');
        for (const id of Object.keys(self.getSnapshot().children)) {
          if (isBeside(id, what, name)) enqueue.stopChild(id);
        }
      }),
      always: 'next',
    },

    finished: {
      always: [
        // Somebody who waits hears the document again; one that he could not hear is not asked for without a pause.
        { guard: { type: 'isFor', params: 'wait' }, target: 'breathing' },
        { target: 'over' },
      ],
    },
    breathing: {
      always: { guard: 'wasHeard', target: 'fetching', actions: 'askAgain' },
      after: { [breath]: { target: 'fetching', actions: ['askAgain', 'rest'] } },
    },
    failed: {
      // Of a call it is the flow's failure: the caller hears the apology.
      always: [
        { guard: 'isOver', target: 'over' },
        { guard: { type: 'isFor', params: 'call' }, actions: 'fail', target: 'over' },
        { target: 'gaveUp' },
      ],
    },
    over: { type: 'final', output: { type: 'done' } as const },
    left: { type: 'final', output: { type: 'leave' } as const },
    gaveUp: { type: 'final', output: { type: 'failed' } as const },
  },
  output: ({ event }) => event.output as DocumentOutput,
});

/** Somebody who waits hears documents of the same kind, in which nobody waits again. */
export const documentFlow = machine.provide({
  actors: { waitDocument: machine as never },
});
