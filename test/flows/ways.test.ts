// The calls that take every way through these flows, as `callchart check --paths` has found them.
// The file is yours: change it, and run it as any test. A path that has changed is a flow that has changed.
import { simulate, hangsUp, presses, reaches } from 'callchart/testing';
import echoFlow from '../../flows/echo.flow';
import receptionFlow from '../../flows/reception.flow';
import surveyFlow from '../../flows/survey.flow';
import voicemailFlow from '../../flows/voicemail.flow';

describe('echo', () => {
  it('takes welcome: done, echo: done, ended: done', async () => {
    const call = await simulate(echoFlow, {
      caller: [reaches('echo'), presses('#')],
    });
    expect(call.path).toEqual(['welcome', 'echo', 'ended', 'done']);
  });

  it('takes welcome: error, echo: error, ended: error', async () => {
    const call = await simulate(echoFlow, {
      outcomes: {
        welcome: [{ fails: 'as anything may' }],
        echo: [{ fails: 'as anything may' }],
        ended: [{ fails: 'as anything may' }],
      },
    });
    expect(call.path).toEqual(['welcome', 'echo', 'ended', 'done']);
  });
});

describe('reception', () => {
  it('takes welcome: done, menu: 0, operator: always [isOpen], announce: done and 1 more', async () => {
    const call = await simulate(receptionFlow, {
      transfer: [{ type: 'accepted', status: 200 }],
      caller: [reaches('menu'), presses('0')],
    });
    expect(call.path).toEqual(['welcome', 'menu', 'announce', 'transfer', 'done']);
  });

  it('takes menu: 1, hours: done, menu: 2, message: recorded and 2 more', async () => {
    const call = await simulate(receptionFlow, {
      outcomes: {
        message: [
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
        ],
      },
      caller: [reaches('menu'), presses('1'), reaches('menu'), presses('2')],
    });
    expect(call.path).toEqual([
      'welcome',
      'menu',
      'hours',
      'menu',
      'message',
      'thanks',
      'bye',
      'done',
    ]);
  });

  it('takes menu: noInput', async () => {
    const call = await simulate(receptionFlow);
    expect(call.path).toEqual(['welcome', 'menu', 'bye', 'done']);
  });

  it('takes menu: invalid', async () => {
    const call = await simulate(receptionFlow, {
      caller: [reaches('menu'), presses('#'), presses('#'), presses('#')],
    });
    expect(call.path).toEqual(['welcome', 'menu', 'bye', 'done']);
  });

  it('takes transfer: otherwise, unanswered: done', async () => {
    const call = await simulate(receptionFlow, {
      transfer: [{ type: 'failed', status: 486, reason: 'Busy Here' }],
      caller: [reaches('menu'), presses('0'), reaches('message'), hangsUp()],
    });
    expect(call.path).toEqual(['welcome', 'menu', 'announce', 'transfer', 'unanswered', 'message']);
  });

  it('takes operator: always, closed: done', async () => {
    const call = await simulate(receptionFlow, {
      at: '2026-01-14T18:00',
      caller: [reaches('menu'), presses('0'), reaches('message'), hangsUp()],
    });
    expect(call.path).toEqual(['welcome', 'menu', 'closed', 'message']);
  });

  it('takes welcome: error, menu: error, bye: error', async () => {
    const call = await simulate(receptionFlow, {
      outcomes: {
        welcome: [{ fails: 'as anything may' }],
        menu: [{ fails: 'as anything may' }],
        bye: [{ fails: 'as anything may' }],
      },
    });
    expect(call.path).toEqual(['welcome', 'menu', 'bye', 'done']);
  });

  it('takes announce: error, transfer: error, unanswered: error, message: otherwise', async () => {
    const call = await simulate(receptionFlow, {
      outcomes: {
        announce: [{ fails: 'as anything may' }],
        transfer: [{ fails: 'as anything may' }],
        unanswered: [{ fails: 'as anything may' }],
        message: [{ gives: { type: 'failed', reason: 'the disk is full' } }],
      },
      caller: [reaches('menu'), presses('0')],
    });
    expect(call.path).toEqual([
      'welcome',
      'menu',
      'announce',
      'transfer',
      'unanswered',
      'message',
      'bye',
      'done',
    ]);
  });

  it('takes hours: error, message: error', async () => {
    const call = await simulate(receptionFlow, {
      outcomes: { hours: [{ fails: 'as anything may' }], message: [{ fails: 'as anything may' }] },
      caller: [reaches('menu'), presses('1'), reaches('menu'), presses('2')],
    });
    expect(call.path).toEqual(['welcome', 'menu', 'hours', 'menu', 'message', 'bye', 'done']);
  });

  it('takes thanks: error', async () => {
    const call = await simulate(receptionFlow, {
      outcomes: {
        message: [
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
        ],
        thanks: [{ fails: 'as anything may' }],
      },
      caller: [reaches('menu'), presses('2')],
    });
    expect(call.path).toEqual(['welcome', 'menu', 'message', 'thanks', 'bye', 'done']);
  });

  it('takes closed: error', async () => {
    const call = await simulate(receptionFlow, {
      at: '2026-01-14T18:00',
      outcomes: {
        closed: [{ fails: 'as anything may' }],
        message: [{ gives: { type: 'failed', reason: 'the disk is full' } }],
      },
      caller: [reaches('menu'), presses('0')],
    });
    expect(call.path).toEqual(['welcome', 'menu', 'closed', 'message', 'bye', 'done']);
  });
});

describe('survey', () => {
  // What the flow does beside the call is not done here.
  const actors = { save: () => undefined };

  it('takes asking.welcome: done, asking.satisfied: digits, asking.recommend: 1, asking.calls: digits and 3 more', async () => {
    const call = await simulate(surveyFlow, {
      outcomes: { saving: [{ gives: undefined }] },
      actors,
      caller: [
        reaches('asking.satisfied'),
        presses('1'),
        reaches('asking.recommend'),
        presses('1'),
        reaches('asking.calls'),
        presses('1'),
      ],
    });
    expect(call.path).toEqual([
      'asking.welcome',
      'asking.satisfied',
      'asking.recommend',
      'asking.calls',
      'saving',
      'thanks',
      'done',
    ]);
  });

  it('takes asking: call.ended', async () => {
    const call = await simulate(surveyFlow, {
      outcomes: { saving: [{ gives: undefined }] },
      actors,
      caller: [reaches('asking.welcome'), hangsUp()],
    });
    expect(call.path).toEqual(['asking.welcome', 'saving', 'thanks']);
  });

  it('takes asking.satisfied: otherwise, asking.recommend: 2, asking.calls: otherwise', async () => {
    const call = await simulate(surveyFlow, {
      outcomes: { saving: [{ gives: undefined }] },
      actors,
      caller: [reaches('asking.recommend'), presses('2')],
    });
    expect(call.path).toEqual([
      'asking.welcome',
      'asking.satisfied',
      'asking.recommend',
      'asking.calls',
      'saving',
      'thanks',
      'done',
    ]);
  });

  it('takes asking.recommend: otherwise', async () => {
    const call = await simulate(surveyFlow, {
      outcomes: { saving: [{ gives: undefined }] },
      actors,
      caller: [reaches('asking.satisfied'), presses('1'), reaches('asking.calls'), hangsUp()],
    });
    expect(call.path).toEqual([
      'asking.welcome',
      'asking.satisfied',
      'asking.recommend',
      'asking.calls',
      'saving',
      'thanks',
    ]);
  });

  it('takes asking.welcome: error, asking.satisfied: error, asking.recommend: error, asking.calls: error and 2 more', async () => {
    const call = await simulate(surveyFlow, {
      outcomes: {
        'asking.welcome': [{ fails: 'as anything may' }],
        'asking.satisfied': [{ fails: 'as anything may' }],
        'asking.recommend': [{ fails: 'as anything may' }],
        'asking.calls': [{ fails: 'as anything may' }],
        saving: [{ fails: 'as anything may' }],
        thanks: [{ fails: 'as anything may' }],
      },
      actors,
    });
    expect(call.path).toEqual([
      'asking.welcome',
      'asking.satisfied',
      'asking.recommend',
      'asking.calls',
      'saving',
      'thanks',
      'done',
    ]);
  });
});

describe('voicemail', () => {
  // What the flow does beside the call is not done here.
  const actors = { remove: () => undefined };

  it('takes greeting: done, record: recorded, review: 1, listen: done and 3 more', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        record: [
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
        ],
      },
      actors,
      caller: [reaches('review'), presses('1'), reaches('review'), presses('2')],
    });
    expect(call.path).toEqual([
      'greeting',
      'record',
      'review',
      'listen',
      'review',
      'kept',
      'bye',
      'done',
    ]);
  });

  it('takes record: tooShort, tooShort: done [mayTryAgain], review: 3, again: done and 3 more', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        record: [
          { gives: { type: 'tooShort', duration: 0 } },
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
        ],
        again: [{ gives: undefined }],
        discard: [{ gives: undefined }],
      },
      actors,
      caller: [reaches('review'), presses('3'), reaches('review'), presses('4')],
    });
    expect(call.path).toEqual([
      'greeting',
      'record',
      'tooShort',
      'record',
      'review',
      'again',
      'record',
      'review',
      'discard',
      'discarded',
      'bye',
      'done',
    ]);
  });

  it('takes tooShort: done', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        record: [
          { gives: { type: 'tooShort', duration: 0 } },
          { gives: { type: 'tooShort', duration: 0 } },
          { gives: { type: 'tooShort', duration: 0 } },
        ],
      },
      actors,
    });
    expect(call.path).toEqual([
      'greeting',
      'record',
      'tooShort',
      'record',
      'tooShort',
      'record',
      'tooShort',
      'bye',
      'done',
    ]);
  });

  it('takes greeting: error, record: failed, failed: done, bye: error', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        greeting: [{ fails: 'as anything may' }],
        record: [{ gives: { type: 'failed', reason: 'the disk is full' } }],
        bye: [{ fails: 'as anything may' }],
      },
      actors,
    });
    expect(call.path).toEqual(['greeting', 'record', 'failed', 'bye', 'done']);
  });

  it('takes record: error, failed: error', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: { record: [{ fails: 'as anything may' }], failed: [{ fails: 'as anything may' }] },
      actors,
    });
    expect(call.path).toEqual(['greeting', 'record', 'failed', 'bye', 'done']);
  });

  it('takes review: error, kept: error', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        record: [
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
        ],
        review: [{ fails: 'as anything may' }],
        kept: [{ fails: 'as anything may' }],
      },
      actors,
    });
    expect(call.path).toEqual(['greeting', 'record', 'review', 'kept', 'bye', 'done']);
  });

  it('takes tooShort: error', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        record: [{ gives: { type: 'tooShort', duration: 0 } }],
        tooShort: [{ fails: 'as anything may' }],
      },
      actors,
    });
    expect(call.path).toEqual(['greeting', 'record', 'tooShort', 'bye', 'done']);
  });

  it('takes listen: error, again: error', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        record: [
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
        ],
        listen: [{ fails: 'as anything may' }],
        again: [{ fails: 'as anything may' }],
      },
      actors,
      caller: [reaches('review'), presses('1'), reaches('review'), presses('3')],
    });
    expect(call.path).toEqual([
      'greeting',
      'record',
      'review',
      'listen',
      'review',
      'again',
      'failed',
      'bye',
      'done',
    ]);
  });

  it('takes discard: error', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        record: [
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
        ],
        discard: [{ fails: 'as anything may' }],
      },
      actors,
      caller: [reaches('review'), presses('4')],
    });
    expect(call.path).toEqual(['greeting', 'record', 'review', 'discard', 'failed', 'bye', 'done']);
  });

  it('takes discarded: error', async () => {
    const call = await simulate(voicemailFlow, {
      outcomes: {
        record: [
          {
            gives: {
              type: 'recorded',
              recording: { path: 'recordings/sample.wav', duration: 5000 },
              endedBy: 'finishOn',
              digit: '#',
            },
          },
        ],
        discard: [{ gives: undefined }],
        discarded: [{ fails: 'as anything may' }],
      },
      actors,
      caller: [reaches('review'), presses('4')],
    });
    expect(call.path).toEqual([
      'greeting',
      'record',
      'review',
      'discard',
      'discarded',
      'bye',
      'done',
    ]);
  });
});
