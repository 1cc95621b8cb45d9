import { documentFlow } from 'callchart';
import { hangsUp, hears, presses, says, simulate, waits } from 'callchart/testing';
import type { WebQuestion, WebScene } from 'callchart/testing';
import { queueSid } from '../../runtime/twiml/sid';

const url = 'https://app.example/voice';

/** A web app by the paths of its pages. */
function app(pages: Readonly<Record<string, string>>, asked: WebQuestion[] = []) {
  return (question: WebQuestion): WebScene => {
    asked.push(question);
    const body = pages[new URL(question.url).pathname];
    return body === undefined ? { status: 404 } : { body };
  };
}

const form = ({ body }: WebQuestion): Readonly<Record<string, string>> =>
  Object.fromEntries(new URLSearchParams(body));

describe('a simulated call that a web app answers', () => {
  it('reads as a transcript, with what the app says and is asked', async () => {
    const call = await simulate(documentFlow, {
      input: { url },
      prompts: false,
      web: app({
        '/voice':
          '<Response><Gather numDigits="1" action="menu"><Say>Press one.</Say></Gather></Response>',
        '/menu': '<Response><Say>Thank you.</Say><Hangup/></Response>',
      }),
      caller: [
        hears({ say: 'Press one.' }),
        waits(500),
        presses('1'),
        hears({ say: 'Thank you.' }),
      ],
    });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      gather
        0.1  call      answered
        0.1  prompt    "Press one."
        0.6  caller    presses 1
        0.6  flow      fetching
        0.6  call      asks POST https://app.example/menu
        0.7  call      https://app.example/menu answers 200
        0.7  flow      play
        0.7  prompt    "Thank you."
        1.4  flow      hangup
        1.4  end       the flow hung up
        1.4  flow      over
        1.4  flow      final: over"
    `);
    expect(call.end).toMatchObject({ by: 'flow', cause: 'bye' });
  });

  it('tells what is wrong with a document, with its line, and goes on', async () => {
    const call = await simulate(documentFlow, {
      input: { url },
      prompts: false,
      web: app({ '/voice': '<Response>\n  <Sing>La</Sing>\n  <Say>Hello.</Say>\n</Response>' }),
    });
    expect(call.transcript).toContain('https://app.example/voice, line 2');
    expect(call.heard).toEqual(['Hello.']);
  });

  it('understands what is said', async () => {
    const asked: WebQuestion[] = [];
    await simulate(documentFlow, {
      input: { url },
      prompts: false,
      web: app(
        {
          '/voice':
            '<Response><Gather input="speech" action="/said"><Say>Who?</Say></Gather></Response>',
          '/said': '<Response/>',
        },
        asked,
      ),
      caller: [hears({ say: 'Who?' }), says('sales'), waits(10_000), hangsUp()],
    });
    expect(asked.map(form)).toMatchObject([{}, { SpeechResult: 'sales' }]);
  });

  it('lets the callee hear a document before both talk, which may decline', async () => {
    const asked: WebQuestion[] = [];
    const pages = {
      '/voice':
        '<Response><Dial action="/done"><Number url="/whisper">+15551234</Number></Dial></Response>',
      '/whisper':
        '<Response><Gather numDigits="1" action="/accept"><Say>Press 1.</Say></Gather><Hangup/></Response>',
      '/accept': '<Response/>',
      '/done': '<Response/>',
    };
    const call = await simulate(documentFlow, {
      input: { url },
      prompts: false,
      web: app(pages, asked),
      dial: [{ talks: 4_000, whisper: [hears(), presses('1')] }],
    });
    expect(asked.map((each) => new URL(each.url).pathname)).toEqual([
      ...['/voice', '/whisper', '/accept', '/done'],
    ]);
    expect(asked.map(form)).toMatchObject([
      { Direction: 'inbound' },
      { Direction: 'outbound-dial', ParentCallSid: expect.stringMatching(/^CA/) as unknown },
      { Digits: '1' },
      { DialCallStatus: 'completed', DialCallDuration: '4' },
    ]);
    expect(call.dialled).toEqual(['+15551234']);
    const declined = await simulate(documentFlow, {
      input: { url },
      prompts: false,
      web: app(pages, asked),
      dial: [{ whisper: [] }],
    });
    expect(form(asked.at(-1) as WebQuestion)).toMatchObject({
      ...{ DialCallStatus: 'completed', DialBridged: 'false' },
    });
    expect(declined.transcript).not.toContain('/accept');
  });

  it('lets a caller in a queue hear a document until somebody serves him', async () => {
    const asked: WebQuestion[] = [];
    await simulate(documentFlow, {
      input: { url },
      prompts: false,
      web: app(
        {
          '/voice':
            '<Response><Enqueue action="/left" waitUrl="/wait">support</Enqueue></Response>',
          '/wait': '<Response><Say>You are next.</Say><Pause length="5"/></Response>',
          '/left': '<Response><Say>Good bye.</Say></Response>',
        },
        asked,
      ),
      queue: [{ comes: 20_000, talks: 3_000 }],
    });
    const paths = asked.map((each) => new URL(each.url).pathname);
    expect(paths[0]).toBe('/voice');
    expect(paths.at(-1)).toBe('/left');
    expect(paths.filter((path) => path === '/wait').length).toBeGreaterThan(1);
    expect(form(asked[1] as WebQuestion)).toMatchObject({ QueuePosition: '1' });
    expect(form(asked.at(-1) as WebQuestion)).toMatchObject({
      QueueResult: 'bridged',
      QueueSid: queueSid('support'),
    });
  });
});
