import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hangsUp, hears, presses, says, waits, type SimulateOptions } from '../../runtime/testing';
import { voice } from '../support/voice';
import { echoAudio, echoStreamApp } from './echo-stream/app';
import { hoursApp } from './hours/app';
import { menuApp } from './menu/app';
import { ScriptedEngine } from './support/scripted-engine';
import { simulateApp } from './support/simulated';
import { tone } from './support/tones';
import { pathOf, Town } from './support/town';
import { voicemailApp } from './voicemail/app';

let town: Town;
let engine: ScriptedEngine;
const engineServer = createServer();

beforeAll(async () => {
  engine = new ScriptedEngine(engineServer, ['Support']);
  await new Promise<void>((resolve) => engineServer.listen(0, '127.0.0.1', resolve));
  const { port } = engineServer.address() as AddressInfo;
  town = await Town.open({
    apps: {
      menu: menuApp,
      voicemail: voicemailApp,
      hours: hoursApp,
      'echo-stream': echoStreamApp,
    },
    config: { recognizer: { type: 'websocket', url: `ws://127.0.0.1:${port}` } },
  });
});

afterAll(async () => {
  await town.close();
  engineServer.close();
});

describe('a menu in a menu', () => {
  const scene: SimulateOptions = {
    caller: [hears(), presses('1'), hears(), presses('*'), hears(), presses('2')],
  };

  it('leads where the caller wants, and says again what it offers, in the simulator', async () => {
    const { call } = await simulateApp(menuApp(), {
      caller: [hears(), presses('7'), hears(), hears(), presses('1'), hears(), hangsUp()],
    });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      gather
        0.1  call      answered
        0.1  prompt    "Harbour Bikes. To rent, press 1. For repairs, press 2."
        0.1  caller    presses 7
        0.1  flow      fetching
        0.1  call      asks POST https://app.example/menu
        0.2  call      https://app.example/menu answers 200
        0.2  flow      play
        0.2  prompt    "There is no such choice."
        1.8  flow      fetching
        1.8  call      asks POST https://app.example/voice
        1.9  call      https://app.example/voice answers 200
        1.9  flow      gather
        1.9  prompt    "Harbour Bikes. To rent, press 1. For repairs, press 2."
        1.9  caller    presses 1
        1.9  flow      fetching
        1.9  call      asks POST https://app.example/menu
        2.0  call      https://app.example/menu answers 200
        2.0  call      asks POST https://app.example/rentals
        2.1  call      https://app.example/rentals answers 200
        2.1  flow      gather
        2.1  prompt    "City bikes, 1. Cargo bikes, 2. Back, star."
        2.1  caller    hangs up
        2.1  end       the caller hung up
        2.1  flow      over
        2.1  flow      final: over"
    `);
  });

  it('asks its app for the same over the network', async () => {
    const caller = await town.call('menu');
    await caller.hears();
    await caller.press('1');
    await caller.hears();
    await caller.press('*');
    await caller.hears();
    await caller.press('2');
    const record = await town.recordOf(caller);
    const { call, asked } = await simulateApp(menuApp(), scene);
    expect(asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "POST /menu CallStatus=in-progress Direction=inbound Digits=1",
       "POST /rentals CallStatus=in-progress Direction=inbound",
       "POST /rentals/choice CallStatus=in-progress Direction=inbound Digits=*",
       "POST /voice CallStatus=in-progress Direction=inbound",
       "POST /menu CallStatus=in-progress Direction=inbound Digits=2",
     ]
    `);
    expect(town.app('menu').asked.lines).toEqual(asked.lines);
    expect(pathOf(record)).toEqual(call.path);
  });
});

describe('voicemail that wants its messages written', () => {
  it('takes them, and a warning says that nobody writes here, in the simulator', async () => {
    const { call } = await simulateApp(voicemailApp(), {
      caller: [hears(), hears({ tone: 'beep' }), says('please call back', 3_000), hangsUp()],
    });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  problem   document: https://app.example/voice, line 1, column 156: 'transcribe' of <Record> has no effect here: use <Gather> with speech.
        0.1  problem   document: https://app.example/voice, line 1, column 174: 'transcribeCallback' of <Record> has no effect here: use <Gather> with speech.
        0.1  flow      play
        0.1  call      answered
        0.1  prompt    "Nobody is in. Please speak, then press pound."
        3.0  flow      record
        3.0  call      records the caller: /simulated/1.wav
        3.0  prompt    beep
        3.0  caller    says "please call back"
        6.0  caller    hangs up
        6.0  end       the caller hung up
        6.0  flow      fetching
        6.0  call      asks POST https://app.example/message
        6.1  call      https://app.example/message answers 200
        6.1  flow      over
        6.1  flow      final: over"
    `);
  });

  it('takes them over the network', async () => {
    const { asked } = town.app('voicemail');
    const caller = await town.call('voicemail');
    await caller.until('a recording', () => town.isIn('record'));
    // The beep.
    await caller.waits(600);
    caller.speak(voice(8_000, 1_500));
    await caller.waits(2_000);
    await caller.press('#');
    const record = await town.recordOf(caller);
    const simulated = await simulateApp(voicemailApp(), {
      caller: [hears(), hears({ tone: 'beep' }), says('please call back', 2_000), presses('#')],
    });
    expect(simulated.asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "POST /message CallStatus=in-progress Direction=inbound Digits=# RecordingSid=RE…",
     ]
    `);
    const [start, ...rest] = simulated.asked.lines;
    // In a simulation nobody follows recordings.
    const recorded = expect.stringMatching(/^POST \/recording .*RecordingSid=RE/) as unknown;
    expect(asked.lines).toEqual([start, recorded, ...rest]);
    expect(pathOf(record)).toEqual(simulated.call.path);
    expect(record.recordings).toHaveLength(1);
    expect(town.warnings).toEqual([
      expect.stringMatching(/'transcribe' of <Record> has no effect here/),
      expect.stringMatching(/'transcribeCallback' of <Record> has no effect here/),
    ]);
  });
});

describe('a menu that listens', () => {
  it('understands words and keys, in the simulator', async () => {
    const { call, asked } = await simulateApp(hoursApp(), {
      caller: [hears(), says('fish'), hears(), presses('1')],
    });
    expect(asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "POST /choice CallStatus=in-progress Direction=inbound SpeechResult=fish",
       "POST /voice CallStatus=in-progress Direction=inbound",
       "POST /choice CallStatus=in-progress Direction=inbound Digits=1",
     ]
    `);
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      gather
        0.1  call      answered
        0.1  prompt    "Say opening hours, or support."
        0.1  caller    says "fish"
        2.6  flow      fetching
        2.6  call      asks POST https://app.example/choice
        2.7  call      https://app.example/choice answers 200
        2.7  call      asks POST https://app.example/voice
        2.8  call      https://app.example/voice answers 200
        2.8  flow      gather
        2.8  prompt    "Say opening hours, or support."
        2.8  caller    presses 1
        2.8  flow      fetching
        2.8  call      asks POST https://app.example/choice
        2.9  call      https://app.example/choice answers 200
        2.9  flow      play
        2.9  prompt    "From nine to five."
        4.1  flow      over
        4.1  end       the flow hung up (final: over)"
    `);
  });

  it('understands the caller over the network, with the hints of the app', async () => {
    const caller = await town.call('hours');
    await caller.hears();
    caller.speak(voice(8_000, 1_500));
    const record = await town.recordOf(caller);
    const { call, asked } = await simulateApp(hoursApp(), { caller: [hears(), says('Support')] });
    expect(town.app('hours').asked.lines).toEqual(asked.lines);
    expect(pathOf(record)).toEqual(call.path);
    expect(engine.starts).toMatchObject([
      { hints: ['opening hours', 'support'], singleUtterance: true },
    ]);
  });
});

describe('a stream to the app itself', () => {
  it('ends where the app ends it, in the simulator', async () => {
    const { call, asked } = await simulateApp(echoStreamApp(), {
      stream: [{ says: [{ at: 500, text: 'what was said' }], ends: 2_000 }],
      caller: [hears(), waits(1_000)],
    });
    expect(asked.lines).toMatchInlineSnapshot(`
     [
       "POST /voice CallStatus=ringing Direction=inbound",
       "POST /after CallStatus=in-progress Direction=inbound",
     ]
    `);
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls document
        0.0  flow      fetching
        0.0  call      asks POST https://app.example/voice
        0.1  call      https://app.example/voice answers 200
        0.1  flow      play
        0.1  call      answered
        0.1  prompt    "Please speak after this."
        1.7  flow      stream.connected
        1.7  call      streams to and from ws://app.example/audio
        1.8  call      the app of 'stream 1.1' is there
        2.3  prompt    "what was said"
        3.8  call      the stream ends, by the app
        3.8  flow      fetching
        3.8  call      asks POST https://app.example/after
        3.9  call      https://app.example/after answers 200
        3.9  flow      play
        3.9  prompt    "Good bye."
        4.4  flow      hangup
        4.4  end       the flow hung up
        4.4  flow      over
        4.4  flow      final: over"
    `);
  });

  it('gives the caller his voice back over the network, and ends at #', async () => {
    const { asked, server } = town.app('echo-stream');
    const seen = echoAudio(server);
    const caller = await town.call('echo-stream');
    await caller.hears();
    await caller.hearsNothing();

    caller.speak(tone(1_130, 20_000));
    await caller.hearsTone(1_130);
    await caller.press('#');
    const record = await town.recordOf(caller);
    const simulated = await simulateApp(echoStreamApp(), { stream: [{ ends: 2_000 }] });
    expect(asked.lines).toEqual(simulated.asked.lines);
    expect(pathOf(record)).toEqual(simulated.call.path);
    expect(seen.slice(0, 4)).toEqual(['connected', 'start', 'media', 'dtmf']);
  });
});
