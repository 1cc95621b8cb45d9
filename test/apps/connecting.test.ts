import { hangsUp, hears, presses, waits } from '../../runtime/testing';
import { conferenceApp } from './conference/app';
import { forwardApp } from './forward/app';
import { queueApp } from './queue/app';
import { screeningApp } from './screening/app';
import { callee } from './support/callees';
import { simulateApp } from './support/simulated';
import { tone, toneIn } from './support/tones';
import { pathOf, Town } from './support/town';

let town: Town;

beforeAll(async () => {
  town = await Town.open({
    apps: {
      ...{ screening: screeningApp, queue: queueApp },
      ...{ forward: forwardApp, conference: conferenceApp },
    },
    pages: { agent: ['queue', '/agent'] },
    callees: {
      '+4930100': callee((answer) => {
        answer.play({ digits: 'wwww1ww' });
        answer.echo();
      }),
      '+4930200': callee((answer) => answer.echo()),
      '+4930300': callee((answer) => answer.pause({ length: 20 })),
    },
  });
});

afterAll(() => town.close());

describe('a call that is screened', () => {
  const talk = [waits(8_000), hangsUp()];

  it('is taken with 1, and not with another key, in the simulator', async () => {
    const { call } = await simulateApp(screeningApp(), {
      dial: [{ rings: 500, talks: 3_000, whisper: [hears(), presses('1')] }],
    });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      dial
        0.1  call      dials +4930100
        0.1  call      answered
        0.1  call      +4930100 rings
        0.1  prompt    ringback tone
        0.6  call      +4930100 answers and hears a flow of its own
        0.6  call      asks POST https://app.example/screen
        0.7  call      https://app.example/screen answers 200
        0.7  call      +4930100 hears "To take the call, press 1."
        0.7  call      +4930100 presses 1
        0.7  call      asks POST https://app.example/choice
        0.8  call      https://app.example/choice answers 200
        0.8  call      +4930100 hears "Here you are."
        1.6  call      talks with +4930100
        4.6  call      the callee hangs up after 3 s
        4.6  flow      fetching
        4.6  call      asks POST https://app.example/after
        4.7  call      https://app.example/after answers 200
        4.7  flow      answer
        4.7  flow      hangup
        4.7  end       the flow hung up
        4.7  flow      over
        4.7  flow      final: over"
    `);
    const declined = await simulateApp(screeningApp(), {
      dial: [{ rings: 500, whisper: [hears(), presses('2')] }],
    });
    expect(declined.asked.lines.at(-1)).toMatchInlineSnapshot(
      `"POST /after CallStatus=in-progress Direction=inbound DialCallStatus=completed DialBridged=false"`,
    );
    expect(declined.call.heard).toEqual(['ringback tone', 'Nobody takes calls now.']);
  });

  it('is taken over the network, and both hear each other', async () => {
    const { asked } = town.app('screening');
    const caller = await town.call('screening');
    await asked.until('POST /choice');
    // The callee gives back what he hears.
    caller.speak(tone(1_130, 20_000));
    await caller.hearsTone(1_130);
    caller.hangUp();
    const record = await town.recordOf(caller);
    const simulated = await simulateApp(screeningApp(), {
      dial: [{ talks: Infinity, whisper: [hears(), presses('1')] }],
      caller: talk,
    });
    expect(simulated.asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "POST /screen CallStatus=in-progress Direction=outbound-dial ParentCallSid=CA…",
       "POST /choice CallStatus=in-progress Direction=outbound-dial Digits=1 ParentCallSid=CA…",
       "POST /after CallStatus=completed Direction=inbound DialCallStatus=completed DialBridged=true DialCallSid=CA…",
     ]
    `);
    expect(asked.lines).toEqual(simulated.asked.lines);
    expect(pathOf(record)).toEqual(simulated.call.path);
  });
});

describe('a queue with agents', () => {
  it('tells who waits where he stands, lets him leave, and serves him, in the simulator', async () => {
    const served = await simulateApp(queueApp(), {
      queue: [{ ahead: 1, moves: [3_000], comes: 8_000, talks: 2_000 }],
      caller: [hears(), presses('5')],
    });
    expect(served.asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "POST /wait CallStatus=in-progress Direction=inbound QueuePosition=2 CurrentQueueSize=2 QueueSid=QU…",
       "POST /key CallStatus=in-progress Direction=inbound Digits=5 QueuePosition=2 CurrentQueueSize=2 QueueSid=QU…",
       "POST /wait CallStatus=in-progress Direction=inbound QueuePosition=2 CurrentQueueSize=2 QueueSid=QU…",
       "POST /wait CallStatus=in-progress Direction=inbound QueuePosition=1 CurrentQueueSize=1 QueueSid=QU…",
       "POST /after CallStatus=in-progress Direction=inbound QueueResult=bridged QueueSid=QU…",
     ]
    `);
    expect(served.call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      enqueue.(place.waiting | hearing.nothing)
        0.1  call      answered
        0.1  call      waits in the queue bikes: position 2
        0.1  flow      enqueue.(place.waiting | hearing.document)
        0.1  call      asks POST https://app.example/wait
        0.2  call      https://app.example/wait answers 200
        0.2  prompt    "Number 2. Press 9 to leave."
        0.2  caller    presses 5
        0.2  call      asks POST https://app.example/key
        0.3  call      https://app.example/key answers 200
        0.3  call      asks POST https://app.example/wait
        0.4  call      https://app.example/wait answers 200
        0.4  prompt    "Number 2. Press 9 to leave."
        3.1  call      position 1 in the queue
        7.2  call      asks POST https://app.example/wait
        7.3  call      https://app.example/wait answers 200
        7.3  prompt    "Number 1. Press 9 to leave."
        8.1  flow      enqueue.(place.waiting | hearing.nothing)
        8.1  call      talks with an agent
       10.1  call      the talk is over after 2 s: agent
       10.1  flow      fetching
       10.1  call      asks POST https://app.example/after
       10.2  call      https://app.example/after answers 200
       10.2  flow      answer
       10.2  flow      hangup
       10.2  end       the flow hung up
       10.2  flow      over
       10.2  flow      final: over"
    `);
  });

  it('does so over the network, and caller and agent hear each other, and not themselves', async () => {
    const { asked } = town.app('queue');
    const first = await town.call('queue', 'first');
    await first.hears();
    const second = await town.call('queue', 'second');
    await second.hears();
    await second.press('9');
    const left = await town.recordOf(second);
    const leaves = await simulateApp(queueApp(), {
      queue: [{ ahead: 1, comes: Infinity }],
      caller: [hears(), presses('9')],
    });
    expect(asked.lines.slice(2)).toEqual(leaves.asked.lines);
    expect(pathOf(left)).toEqual(leaves.call.path);
    const before = asked.lines.length;
    const agent = await town.call('agent', 'agent');
    await asked.until('POST /announce');
    first.speak(tone(440, 20_000));
    agent.speak(tone(710, 20_000));
    await Promise.all([agent.hearsTone(440), first.hearsTone(710)]);
    expect(toneIn(agent.last(400), 710)).toBeLessThan(-40);
    expect(toneIn(first.last(400), 440)).toBeLessThan(-40);
    agent.hangUp();
    expect(pathOf(await town.recordOf(agent))).toEqual([
      'fetching',
      'dialQueue',
      'fetching',
      'over',
    ]);
    await town.recordOf(first);
    // Each of both is told in his own time.
    expect(asked.lines.slice(before).sort()).toMatchInlineSnapshot(`
     [
       "POST /after CallStatus=in-progress Direction=inbound QueueResult=bridged QueueSid=QU…",
       "POST /agent CallStatus=ringing Direction=inbound",
       "POST /announce CallStatus=in-progress Direction=inbound",
       "POST /served CallStatus=completed Direction=inbound DialCallStatus=completed DialBridged=true DequeueResult=bridged QueueSid=QU… DialCallSid=CA…",
     ]
    `);
  });
});

describe('a call that is forwarded', () => {
  const late = { from: { uri: 'sip:late@example.com', user: 'late', displayName: '' } };

  it('goes to a machine when nobody takes it, in the simulator', async () => {
    const { call } = await simulateApp(forwardApp(), {
      call: late,
      caller: [hears({ say: 'Please leave a message.' }), hears({ tone: 'beep' }), hangsUp()],
    });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      dial
        0.1  call      dials +4930300
        0.1  call      answered
        0.1  call      +4930300 rings
        0.1  prompt    ringback tone
        3.1  call      +4930300: no answer
        3.1  flow      fetching
        3.1  call      asks GET https://app.example/after?…
        3.2  call      https://app.example/after?… answers 200
        3.2  flow      play
        3.2  prompt    "Please leave a message."
        4.7  flow      record
        4.7  call      records the caller: /simulated/1.wav
        4.7  prompt    beep
        4.7  caller    hangs up
        4.7  end       the caller hung up
        4.7  flow      over
        4.7  flow      final: over"
    `);
  });

  it('is announced and connected over the network', async () => {
    const { asked } = town.app('forward');
    const caller = await town.call('forward');
    await asked.until('GET /whisper');
    caller.speak(tone(1_130, 20_000));
    await caller.hearsTone(1_130);
    caller.hangUp();
    const record = await town.recordOf(caller);
    const simulated = await simulateApp(forwardApp(), {
      dial: [{ talks: Infinity }],
      caller: [waits(8_000), hangsUp()],
    });
    expect(simulated.asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "GET /whisper CallStatus=in-progress Direction=outbound-dial ParentCallSid=CA…",
       "GET /after CallStatus=completed Direction=inbound DialCallStatus=completed DialBridged=true DialCallSid=CA…",
     ]
    `);
    expect(asked.lines).toEqual(simulated.asked.lines);
    expect(pathOf(record)).toEqual(simulated.call.path);
  });

  it('leaves a message over the network', async () => {
    const { asked } = town.app('forward');
    const before = asked.lines.length;
    const caller = await town.call('forward', 'late');
    await asked.until('GET /after CallStatus=in-progress');
    await caller.until('a recording', () => town.isIn('record'));
    // The beep.
    await caller.waits(600);
    caller.speak(tone(440, 1_500));
    await caller.waits(1_200);
    caller.hangUp();
    const record = await town.recordOf(caller);
    const simulated = await simulateApp(forwardApp(), {
      call: late,
      caller: [hears({ tone: 'beep' }), { type: 'says', text: 'la' }, hangsUp()],
    });
    expect(simulated.asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "GET /after CallStatus=in-progress Direction=inbound DialCallStatus=no-answer DialBridged=false",
       "POST /message CallStatus=completed Direction=inbound Digits=hangup RecordingSid=RE…",
     ]
    `);
    expect(asked.lines.slice(before)).toEqual(simulated.asked.lines);
    expect(pathOf(record)).toEqual(simulated.call.path);
    expect(town.warnings).toEqual([]);
  });
});

describe('a conference with a moderator', () => {
  it('plays what the app says until he comes, in the simulator', async () => {
    const { call, asked } = await simulateApp(conferenceApp(), {
      conference: [{ others: 0, joins: [3_000], ends: 6_000 }],
    });
    expect(asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "GET /wait CallStatus=in-progress Direction=inbound",
       "POST /after CallStatus=in-progress Direction=inbound DialCallStatus=answered ConferenceSid=CF…",
     ]
    `);
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      conference.(party | hearing.others)
        0.1  call      answered
        0.1  call      enters the conference planning: 1 there
        0.1  flow      conference.(party | hearing.document)
        0.1  call      asks GET https://app.example/wait?…
        0.2  call      https://app.example/wait?… answers 200
        0.2  prompt    "Please wait for the moderator."
        2.1  prompt    https://app.example/music.wav
        3.1  call      somebody comes: 2 there
        3.1  flow      conference.(party | hearing.others)
        6.1  call      leaves the conference: ended
        6.1  flow      fetching
        6.1  call      asks POST https://app.example/after
        6.2  call      https://app.example/after answers 200
        6.2  flow      play
        6.2  prompt    "The meeting is over."
        7.5  flow      over
        7.5  end       the flow hung up (final: over)"
    `);
  });

  it('does so over the network, and tells the app who comes and goes', async () => {
    const { asked } = town.app('conference');
    const guest = await town.call('conference', 'guest');
    // The sentence, and then the music of the app.
    await guest.hears();
    await guest.hearsTone(440);
    const moderator = await town.call('conference', 'moderator');
    await moderator.waits(100);
    moderator.speak(tone(710, 20_000));
    await guest.hearsTone(710);
    expect(toneIn(guest.last(300), 440)).toBeLessThan(-40);
    moderator.hangUp();
    await town.recordOf(moderator);
    await town.recordOf(guest);
    await asked.until('POST /status StatusCallbackEvent=conference-end');
    // Each of both is told in his own time.
    expect(asked.lines.sort()).toMatchInlineSnapshot(`
     [
       "GET /music.wav",
       "GET /wait CallStatus=in-progress Direction=inbound",
       "POST /after CallStatus=completed Direction=inbound DialCallStatus=answered ConferenceSid=CF…",
       "POST /after CallStatus=in-progress Direction=inbound DialCallStatus=answered ConferenceSid=CF…",
       "POST /status StatusCallbackEvent=conference-end FriendlyName=planning ConferenceSid=CF…",
       "POST /status StatusCallbackEvent=conference-start FriendlyName=planning ConferenceSid=CF…",
       "POST /status StatusCallbackEvent=participant-join FriendlyName=planning ConferenceSid=CF…",
       "POST /status StatusCallbackEvent=participant-join FriendlyName=planning ConferenceSid=CF…",
       "POST /status StatusCallbackEvent=participant-leave FriendlyName=planning ReasonParticipantLeft=moderator_ended_conference ConferenceSid=CF…",
       "POST /status StatusCallbackEvent=participant-leave FriendlyName=planning ReasonParticipantLeft=participant_hung_up ConferenceSid=CF…",
       "POST /voice CallStatus=ringing Direction=inbound",
       "POST /voice CallStatus=ringing Direction=inbound",
     ]
    `);
  });
});
