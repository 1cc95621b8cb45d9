import { hears, presses, waits } from '../../runtime/testing';
import { announcementApp } from './announcement/app';
import { clickToCallApp } from './click-to-call/app';
import { callee } from './support/callees';
import { simulateApp } from './support/simulated';
import { pathOf, Town } from './support/town';

let town: Town;

beforeAll(async () => {
  town = await Town.open({
    apps: { announcement: announcementApp, 'click-to-call': clickToCallApp },
    callees: {
      '+4930400': callee((answer) => {
        answer.say('Hello.');
        answer.play({ digits: 'wwwwwwwwww1' });
        answer.pause({ length: 5 });
      }),
      '+4930500': callee((answer) => {
        answer.say(
          'You have reached the answering machine of the harbour, please leave a message.',
        );
        answer.record({ maxLength: 10, playBeep: true });
      }),
      '+4930600': callee((answer) => {
        answer.play({ digits: 'ww5' });
        answer.pause({ length: 8 });
      }),
    },
  });
});

afterAll(() => town.close());

/** The server calls somebody for an app. */
async function place(
  app: string,
  to: string,
  options: { readonly query?: string; readonly machine?: boolean } = {},
): Promise<string> {
  const { query = '', machine = false } = options;
  const placed = town.server.place({
    ...{ to, trunk: 'carrier' },
    target: { document: { url: `${town.app(app).url}/voice${query}` } },
    ...(machine ? { machineDetection: {} } : {}),
  });
  if ('refused' in placed) throw new Error(placed.refused.reason);
  return placed.id;
}

describe('an announcement', () => {
  const call = { direction: 'outbound', dialled: '+4930400' } as const;

  it('asks people, and tells machines, in the simulator', async () => {
    const human = await simulateApp(announcementApp(), {
      call,
      answeredBy: { type: 'human', reason: 'shortGreeting', decidedAt: 1_500 },
      caller: [hears(), presses('1')],
    });
    expect(human.asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=outbound-api AnsweredBy=human",
       "POST /confirmed CallStatus=in-progress Direction=outbound-api Digits=1",
     ]
    `);
    expect(human.call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls +4930400
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      gather
        0.1  call      answered
        0.1  prompt    "Your bike is ready. Press 1."
        0.1  caller    presses 1
        0.1  flow      fetching
        0.1  call      asks POST https://app.example/confirmed
        0.2  call      https://app.example/confirmed answers 200
        0.2  flow      play
        0.2  prompt    "Thank you."
        0.8  flow      over
        0.8  end       the flow hung up (final: over)"
    `);
    const machine = await simulateApp(announcementApp(), {
      call,
      answeredBy: { type: 'machine', reason: 'longGreeting', decidedAt: 4_000, beepAt: 6_000 },
    });
    expect(machine.asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=outbound-api AnsweredBy=machine_end_beep",
     ]
    `);
    expect(machine.call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls +4930400
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      play
        0.1  call      answered
        0.1  prompt    "Your bike is ready at the harbour."
        2.3  flow      hangup
        2.3  end       the flow hung up
        2.3  flow      over
        2.3  flow      final: over"
    `);
  });

  it('asks a person over the network', async () => {
    const { asked } = town.app('announcement');
    const id = await place('announcement', '+4930400', { machine: true });
    const record = await town.record((each) => each.id === id);
    expect(asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=in-progress Direction=outbound-api AnsweredBy=human",
       "POST /confirmed CallStatus=in-progress Direction=outbound-api Digits=1",
     ]
    `);
    expect(pathOf(record)).toMatchInlineSnapshot(`
     [
       "fetching",
       "gather",
       "fetching",
       "play",
       "over",
     ]
    `);
  });

  it('tells a machine over the network', async () => {
    const { asked } = town.app('announcement');
    const before = asked.lines.length;
    const id = await place('announcement', '+4930500', { machine: true });
    const record = await town.record((each) => each.id === id);
    expect(asked.lines.slice(before)).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=in-progress Direction=outbound-api AnsweredBy=machine_start",
     ]
    `);
    expect(pathOf(record)).toMatchInlineSnapshot(`
     [
       "fetching",
       "play",
       "hangup",
       "over",
     ]
    `);
  });
});

describe('a click that calls', () => {
  it('calls the shop, and then the customer, in the simulator', async () => {
    const { call, asked } = await simulateApp(clickToCallApp(), {
      call: { direction: 'outbound', dialled: '+4930600' },
      input: { url: 'https://app.example/voice?customer=%2B4930400' },
      dial: [{ rings: 500, talks: 2_000 }],
      caller: [waits(1_000)],
    });
    expect(asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice?customer=%2B4930400 CallStatus=ringing Direction=outbound-api",
       "POST /after CallStatus=in-progress Direction=outbound-api DialCallStatus=completed DialBridged=true DialCallSid=CA…",
     ]
    `);
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls +4930600
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice?…
        0.1  call      https://app.example/voice?… answers 200
        0.1  flow      play
        0.1  call      answered
        0.1  prompt    "A customer."
        0.8  flow      dial
        0.8  call      dials +4930400
        0.8  call      +4930400 rings
        0.8  prompt    ringback tone
        1.3  call      talks with +4930400
        3.3  call      the callee hangs up after 2 s
        3.3  flow      fetching
        3.3  call      asks POST https://app.example/after
        3.4  call      https://app.example/after answers 200
        3.4  flow      answer
        3.4  flow      hangup
        3.4  end       the flow hung up
        3.4  flow      over
        3.4  flow      final: over"
    `);
  });

  it('calls both over the network; the call is sent to another page from outside meanwhile', async () => {
    const { asked, url } = town.app('click-to-call');
    const id = await place('click-to-call', '+4930600', { query: '?customer=%2B4930400' });
    await asked.until('POST /voice');
    await new Promise<void>((resolve) => {
      const end = town.server.onHappening((happening) => {
        if (happening.type !== 'leg.answered') return;
        end();
        resolve();
      });
    });
    const handle = town.server.call(id);
    await handle?.redirect({ document: { url: `${url}/moved` } });
    const record = await town.record((each) => each.id === id);
    expect(asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice?customer=%2B4930400 CallStatus=in-progress Direction=outbound-api",
       "POST /moved CallStatus=in-progress Direction=outbound-api",
     ]
    `);
    expect(pathOf(record)).toMatchInlineSnapshot(`
     [
       "fetching",
       "play",
       "dial",
       "fetching",
       "play",
       "hangup",
       "over",
     ]
    `);
    expect(record.legs).toMatchObject([{ target: '+4930400', answered: true }]);
  });
});
