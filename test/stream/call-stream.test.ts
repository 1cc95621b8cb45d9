import { decodeG711, encodeG711 } from '../../runtime/media/codec/g711';
import {
  concat,
  hear,
  heardBy,
  indexOfSamples,
  noiseClip,
  throughCodec,
} from '../support/media-pair';
import { FakeApp, type AppText } from './support/fake-app';
import { streamedCall, type StreamedCall, type Streaming } from './support/streamed-call';
import { streamLimits, type StreamRequest } from '../../runtime/stream/port';

let app: FakeApp;
let world: StreamedCall;

beforeEach(async () => {
  app = new FakeApp();
  world = await streamedCall({ openSocket: app.open });
});

afterEach(async () => {
  world.call.hangUp();
  await world.close();
});

/** A stream whose app has taken it. */
async function open(request: Partial<StreamRequest> = {}): Promise<Streaming> {
  const streaming = world.stream(request);
  await world.pair.clock.run(0);
  app.accept();
  await world.pair.clock.run(0);
  return streaming;
}

async function stopped(streaming: Streaming): Promise<Streaming['end']> {
  streaming.stream.stop();
  await world.pair.clock.run(0);
  return streaming.end;
}

function mulaw(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  encodeG711('PCMU', samples, 0, samples.length, bytes, 0);
  return bytes;
}

function linear(samples: Int16Array): Uint8Array {
  const bytes = Buffer.alloc(2 * samples.length);
  samples.forEach((sample, i) => bytes.writeInt16LE(sample, 2 * i));
  return bytes;
}

interface MediaText {
  readonly track: string;
  readonly chunk: string;
  readonly timestamp: string;
  readonly payload: string;
}

function mediaOf(messages: readonly AppText[], track = 'inbound'): MediaText[] {
  return messages
    .filter(({ event }) => event === 'media')
    .map(({ media }) => media as MediaText)
    .filter((media) => media.track === track);
}

function mulawSound(messages: readonly AppText[], track?: string): Int16Array {
  const bytes = Buffer.concat(
    mediaOf(messages, track).map(({ payload }) => Buffer.from(payload, 'base64')),
  );
  const samples = new Int16Array(bytes.length);
  decodeG711('PCMU', bytes, 0, bytes.length, samples, 0);
  return samples;
}

describe('what the app is told', () => {
  it('begins with connected and start, which say what the stream is', async () => {
    const streaming = await open({ parameters: { language: 'de' }, track: 'both' });
    const [connected, start] = app.got;
    const [streamSid] = world.started;
    expect(streamSid).toMatch(/^MZ[0-9a-f]{32}$/);
    expect(connected).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(start).toEqual({
      event: 'start',
      sequenceNumber: '1',
      start: {
        streamSid,
        accountSid: 'AC1',
        callSid: 'CA-call-1',
        tracks: ['inbound', 'outbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 },
        customParameters: { language: 'de' },
      },
      streamSid,
    });
    expect(world.call.log).toEqual(['answer']);
    expect(await stopped(streaming)).toMatchObject({ type: 'ended', endedBy: 'flow' });
    const last = app.got.at(-1);
    expect(last).toMatchObject({
      event: 'stop',
      streamSid,
      stop: { accountSid: 'AC1', callSid: 'CA-call-1' },
    });
    const numbers = app.got.slice(1).map(({ sequenceNumber }) => Number(sequenceNumber));
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(app.closedWith).toBe(1000);
  });

  it('has what the caller says, 20 ms a message, numbered and timed', async () => {
    const { a, clock } = world.pair;
    await open();
    const said = noiseClip(400, 1);
    a.session.play([{ type: 'clip', clip: said }]);
    await clock.run(1_000);
    const media = mediaOf(app.got);
    expect(media.length).toBeGreaterThanOrEqual(48);
    media.forEach(({ chunk, timestamp, payload }, i) => {
      expect([chunk, timestamp]).toEqual([String(i + 1), String(20 * i)]);
      expect(Buffer.from(payload, 'base64')).toHaveLength(160);
    });
    expect(
      indexOfSamples(mulawSound(app.got), throughCodec(throughCodec(said.samples))),
    ).toBeGreaterThanOrEqual(0);
  });

  it('has either side, or both as tracks of their own', async () => {
    const { a, b, clock } = world.pair;
    const streaming = await open({ track: 'both', mode: 'listen' });
    const said = noiseClip(300, 1);
    const sent = noiseClip(300, 2);
    a.session.play([{ type: 'clip', clip: said }]);
    b.session.play([{ type: 'clip', clip: sent }]);
    await clock.run(800);
    expect(indexOfSamples(mulawSound(app.got), throughCodec(said.samples))).toBeGreaterThanOrEqual(
      0,
    );
    expect(
      indexOfSamples(mulawSound(app.got, 'outbound'), throughCodec(sent.samples)),
    ).toBeGreaterThanOrEqual(0);
    await stopped(streaming);
    app.got.length = 0;
    await open({ track: 'outbound' });
    await clock.run(100);
    expect(mediaOf(app.got)).toEqual([]);
    expect(mediaOf(app.got, 'outbound').length).toBeGreaterThan(2);
  });

  it.each([
    ['mulaw', 8_000, 160],
    ['l16', 8_000, 320],
    ['l16', 16_000, 640],
    ['l16', 24_000, 960],
  ] as const)('comes in %s at %d Hz', async (encoding, sampleRate, bytes) => {
    const { clock } = world.pair;
    await open({ encoding, sampleRate });
    await clock.run(100);
    const { start } = app.got[1] as unknown as { start: { mediaFormat: object } };
    expect(start.mediaFormat).toEqual({ encoding: `audio/x-${encoding}`, sampleRate, channels: 1 });
    const media = mediaOf(app.got);
    expect(media.length).toBeGreaterThan(2);
    for (const { payload } of media) expect(Buffer.from(payload, 'base64')).toHaveLength(bytes);
  });

  it('is told of keys, and of what the flow sends', async () => {
    const { stream } = await open();
    stream.digit('5');
    stream.send({ hello: ['world'] });
    expect(app.get('dtmf')).toMatchObject([{ dtmf: { track: 'inbound_track', digit: '5' } }]);
    expect(app.get('message')).toMatchObject([{ message: { hello: ['world'] } }]);
  });

  it('loses the oldest sound while it does not read, which its times show', async () => {
    const { clock } = world.pair;
    await open();
    await clock.run(200);
    app.unsent = 100_000;
    const before = mediaOf(app.got).length;
    await clock.run(2_000);
    expect(mediaOf(app.got)).toHaveLength(before);
    app.unsent = 0;
    await clock.run(40);
    const after = mediaOf(app.got).slice(before);
    // The newest half second, and what has come since.
    expect(after.length).toBeGreaterThanOrEqual(25);
    expect(after.length).toBeLessThanOrEqual(28);
    const [first] = after;
    expect(first?.chunk).toBe(String(before + 1));
    expect(Number(first?.timestamp)).toBeGreaterThan(20 * before + 1_400);
  });

  it('is left when it has not read for ten seconds', async () => {
    const streaming = await open();
    app.unsent = 100_000;
    await world.pair.clock.run(9_900);
    expect(streaming.end).toBeUndefined();
    await world.pair.clock.run(200);
    expect(streaming.end).toMatchObject({ type: 'failed', reason: 'stalled' });
    expect(app.closedWith).toBe(1008);
  });
});

describe('what the app says', () => {
  it('is heard by the caller, at once however fast it comes, and in chunks of any size', async () => {
    const { a, clock } = world.pair;
    hear(a);
    await open();
    const said = noiseClip(3_000, 5);
    const bytes = mulaw(said.samples);
    for (let at = 0; at < bytes.length; at += 1_111) app.plays(bytes.subarray(at, at + 1_111));
    await clock.run(3_500);
    expect(
      indexOfSamples(heardBy(a), throughCodec(throughCodec(said.samples))),
    ).toBeGreaterThanOrEqual(0);
  });

  it('is heard without a gap when chunks of 30 ms come every 30 ms, after the first', async () => {
    const { a, clock } = world.pair;
    hear(a);
    await open();
    const said = noiseClip(1_200, 5);
    const bytes = mulaw(said.samples);
    for (let at = 0; at < bytes.length; at += 240) {
      app.plays(bytes.subarray(at, at + 240));
      await clock.run(30);
    }
    await clock.run(200);
    const later = said.samples.subarray(8 * 120);
    expect(indexOfSamples(heardBy(a), throughCodec(throughCodec(later)))).toBeGreaterThanOrEqual(0);
  });

  it('is heard in time again after it was held up, once there is silence, if it is sent in real time', async () => {
    const { a, clock } = world.pair;
    hear(a);
    await open();
    const frame = mulaw(new Int16Array(160));
    const late = async (): Promise<number> => {
      const loud = mulaw(noiseClip(20, 4).samples);
      const sent = clock.now();
      app.plays(loud);
      for (let waited = 0; waited < 30; waited += 1) {
        a.heard.length = 0;
        await clock.run(20);
        if (heardBy(a).some((sample) => Math.abs(sample) > 1_000)) return clock.now() - sent;
        app.plays(frame);
      }
      return Infinity;
    };
    const usual = await late();
    // A quarter of a second at once.
    for (let i = 0; i < 12; i += 1) app.plays(frame);
    expect(await late()).toBeGreaterThanOrEqual(usual + 200);
    for (let i = 0; i < 300; i += 1) {
      app.plays(frame);
      await clock.run(20);
    }
    expect(await late()).toBeLessThanOrEqual(usual + 40);
  });

  it('keeps its lead where it is sent ahead', async () => {
    const { a, clock } = world.pair;
    hear(a);
    await open();
    app.plays(mulaw(new Int16Array(8 * 5_000)));
    app.plays(mulaw(noiseClip(100, 4).samples));
    await clock.run(4_900);
    expect(heardBy(a).every((sample) => Math.abs(sample) < 1_000)).toBe(true);
    await clock.run(400);
    expect(heardBy(a).some((sample) => Math.abs(sample) > 1_000)).toBe(true);
  });

  it.each([8_000, 16_000, 24_000] as const)('may be linear at %d Hz', async (sampleRate) => {
    const { a, clock } = world.pair;
    hear(a);
    await open({ encoding: 'l16', sampleRate });
    // A tone of 500 Hz, for a second.
    const tone = Int16Array.from({ length: sampleRate }, (_, i) =>
      Math.round(8_000 * Math.sin((2 * Math.PI * 500 * i) / sampleRate)),
    );
    app.plays(linear(tone));
    await clock.run(1_500);
    const heard = heardBy(a);
    const loud = heard.filter((sample) => Math.abs(sample) > 2_000).length;
    // A sine is louder than a quarter of its peak for 84 % of the time; the receiver fades out for 60 ms more.
    expect(loud / 8_000).toBeGreaterThan(0.82);
    expect(loud / 8_000).toBeLessThan(0.93);
  });

  it('is silent within 40 ms of clear, and its marks come back', async () => {
    const { a, clock } = world.pair;
    hear(a);
    await open();
    app.plays(mulaw(noiseClip(5_000, 1).samples));
    app.marks('first');
    app.plays(mulaw(noiseClip(60_000, 2).samples));
    app.marks('second');
    await clock.run(1_000);
    expect(app.markNames).toEqual([]);
    app.says({ event: 'clear' });
    expect(app.markNames).toEqual(['first', 'second']);
    // What is on the wire is heard: the caller's own buffer is none of ours.
    const sent = world.pair.rtpOf(world.pair.b).length;
    await clock.run(40);
    const packets = world.pair.rtpOf(world.pair.b).slice(sent);
    await clock.run(500);
    const after = world.pair.rtpOf(world.pair.b).slice(sent + packets.length);
    const loud = after.filter(({ payload }) => new Set(payload).size > 2);
    expect(loud).toEqual([]);
    // And it may go on.
    a.heard.length = 0;
    const again = noiseClip(300, 9);
    app.plays(mulaw(again.samples));
    app.marks('third');
    await clock.run(700);
    expect(indexOfSamples(heardBy(a), throughCodec(again.samples))).toBeGreaterThanOrEqual(0);
    expect(app.markNames).toEqual(['first', 'second', 'third']);
  });

  it('is marked when it has been heard, in order', async () => {
    const { clock } = world.pair;
    await open();
    const times: [string, number][] = [];
    const begun = clock.now();
    app.onMessage = ({ event, mark }) => {
      if (event !== 'mark') return;
      times.push([(mark as { readonly name: string }).name, clock.now() - begun]);
    };
    app.marks('at once');
    app.plays(mulaw(noiseClip(300, 1).samples));
    app.marks('short');
    app.plays(mulaw(noiseClip(1_995, 2).samples));
    app.marks('long');
    await clock.run(4_000);
    expect(times.map(([name]) => name)).toEqual(['at once', 'short', 'long']);
    const [[, first], [, second], [, third]] = times as [
      [string, number],
      [string, number],
      [string, number],
    ];
    expect(first).toBe(0);
    expect(second).toBeGreaterThanOrEqual(280);
    expect(second).toBeLessThanOrEqual(360);
    expect(third).toBeGreaterThanOrEqual(2_275);
    expect(third).toBeLessThanOrEqual(2_380);
  });

  it('waits behind a prompt, and its marks with it', async () => {
    const { b, clock } = world.pair;
    await open();
    b.session.play([{ type: 'clip', clip: noiseClip(1_000, 1) }]);
    app.plays(mulaw(noiseClip(200, 2).samples));
    app.marks('said');
    await clock.run(900);
    expect(app.markNames).toEqual([]);
    await clock.run(500);
    expect(app.markNames).toEqual(['said']);
  });

  it('is kept for as long as may be, and no more: what comes beyond is lost, and too much of it ends all', async () => {
    const second = new Uint8Array(8_000).fill(0x55);
    const small = await streamedCall({
      openSocket: app.open,
      limits: { maxWaiting: 3_000, maxWaitingBytes: 100_000 },
    });
    const streaming = small.stream();
    await small.pair.clock.run(0);
    app.accept();
    await small.pair.clock.run(0);
    for (let i = 0; i < 6; i += 1) app.plays(second);
    app.marks('end');
    // Half a second is with the tap, three wait.
    await small.pair.clock.run(2_900);
    expect(app.markNames).toEqual([]);
    await small.pair.clock.run(700);
    expect(app.markNames).toEqual(['end']);
    for (let i = 0; i < 14; i += 1) app.plays(second);
    await small.pair.clock.run(0);
    expect(streaming.end).toMatchObject({ type: 'failed', reason: 'flood' });
    await small.close();
  });

  it('may be ten minutes ahead, which is five megabytes of µ-law', () => {
    expect(streamLimits).toMatchObject({ maxWaiting: 600_000, maxWaitingBytes: 10_485_760 });
  });

  it('is not heard from one that only listens', async () => {
    const { a, clock } = world.pair;
    hear(a);
    await open({ mode: 'listen' });
    app.plays(mulaw(noiseClip(200, 2).samples));
    app.says({ event: 'clear' });
    app.marks('said');
    await clock.run(500);
    expect(concat(a.heard).every((sample) => Math.abs(sample) < 10)).toBe(true);
    expect(app.markNames).toEqual([]);
  });

  it('may be a message of its own', async () => {
    await open();
    app.says({ event: 'message', message: { transfer: 'sales' } });
    expect(world.messages).toEqual([{ transfer: 'sales' }]);
  });

  it('may be garbage, but not for ever', async () => {
    const streaming = await open();
    const garbage = [
      ...['', 'null', '[]', '"media"', '{', '{"event":"media"}', '{"event":"media","media":{}}'],
      ...['{"event":"media","media":{"payload":7}}', '{"event":"media","media":{"payload":""}}'],
      ...['{"event":"mark","mark":{}}', '{"event":"nothing"}', '{}', '\u0000'],
      JSON.stringify({ event: 'mark', mark: { name: 'n'.repeat(1_001) } }),
      JSON.stringify({ event: 'clear', streamSid: 'MZ-of-another' }),
    ];
    for (let i = 0; i < 99; i += 1) app.says(garbage[i % garbage.length] as string);
    await world.pair.clock.run(0);
    expect(streaming.end).toBeUndefined();
    app.says('garbage');
    await world.pair.clock.run(0);
    expect(streaming.end).toMatchObject({ type: 'failed', reason: 'garbage' });
  });
});

describe('the end', () => {
  it.each([1000, 1001, 1005])('is the app’s own with the code %d', async (code) => {
    const streaming = await open();
    await world.pair.clock.run(500);
    app.ends({ type: 'closed', code, reason: '' });
    await world.pair.clock.run(0);
    expect(streaming.end).toEqual({ type: 'ended', endedBy: 'app', duration: 500 });
  });

  it('is a failure when the app closes with an error, or breaks', async () => {
    const one = await open();
    app.ends({ type: 'closed', code: 1011, reason: 'out of memory' });
    await world.pair.clock.run(0);
    expect(one.end).toMatchObject({
      type: 'failed',
      reason: 'closed',
      message: 'the app closed the connection with code 1011: out of memory',
    });
    const two = await open();
    app.ends({ type: 'failed', reason: 'closed', message: 'the connection broke' });
    await world.pair.clock.run(0);
    expect(two.end).toMatchObject({ type: 'failed', reason: 'closed' });
    // Nobody connects again: that is for the flow.
    await world.pair.clock.run(60_000);
    expect(app.opened).toBe(2);
  });

  it('comes when the app does not take the connection in time, without an answer to the call', async () => {
    const streaming = world.stream();
    await world.pair.clock.run(4_990);
    expect(streaming.end).toBeUndefined();
    await world.pair.clock.run(20);
    expect(streaming.end).toMatchObject({ type: 'failed', reason: 'timeout', duration: 0 });
    expect(app.terminated).toBe(true);
    expect(world.call.log).toEqual([]);
  });

  it('cuts an app off that does not close within two seconds', async () => {
    app.polite = false;
    const streaming = await open();
    await stopped(streaming);
    expect(world.streams.count).toBe(1);
    await world.pair.clock.run(2_000);
    expect(app.terminated).toBe(true);
    expect(world.streams.count).toBe(0);
  });

  it('may be while it still connects', async () => {
    const streaming = world.stream();
    streaming.stream.stop();
    await world.pair.clock.run(0);
    expect(streaming.end).toMatchObject({ type: 'ended', endedBy: 'flow', duration: 0 });
    expect(app.opened).toBe(0);
    const other = world.stream();
    await world.pair.clock.run(0);
    other.stream.stop();
    await world.pair.clock.run(0);
    expect(app.terminated).toBe(true);
  });

  it('is the call’s, where the call is over before the app is there', async () => {
    const streaming = world.stream();
    await world.pair.clock.run(0);
    world.call.hangUp();
    app.accept();
    await world.pair.clock.run(0);
    expect(streaming.error).toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
    expect(app.closedWith).toBe(1000);
  });

  it('leaves what the app still had to say unsaid', async () => {
    const { clock } = world.pair;
    const streaming = await open();
    app.plays(mulaw(noiseClip(5_000, 1).samples));
    await clock.run(200);
    await stopped(streaming);
    const sent = world.pair.rtpOf(world.pair.b).length;
    await clock.run(500);
    const after = world.pair.rtpOf(world.pair.b).slice(sent + 2);
    expect(after.filter(({ payload }) => new Set(payload).size > 2)).toEqual([]);
  });
});

describe('an address', () => {
  it('that the guard refuses is not connected to', async () => {
    const guarded = await streamedCall({
      openSocket: app.open,
      refusal: () => Promise.resolve('10.0.0.1 is a private address'),
    });
    const streaming = guarded.stream();
    await guarded.pair.clock.run(0);
    expect(streaming.end).toMatchObject({
      type: 'failed',
      reason: 'forbiddenAddress',
      message: '10.0.0.1 is a private address',
    });
    expect(app.opened).toBe(0);
    await guarded.close();
  });

  it('has to be one of a WebSocket', async () => {
    const streaming = world.stream({ url: 'https://bot.example' });
    await world.pair.clock.run(0);
    expect(streaming.end).toMatchObject({ type: 'failed', reason: 'badUrl' });
    expect(app.opened).toBe(0);
  });
});
