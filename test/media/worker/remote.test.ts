import { settle, VirtualClock } from '../../../runtime/core/virtual-clock';
import type {
  MediaHandler,
  MediaParameters,
  MediaSession,
  MediaSessionOptions,
} from '../../../runtime/media/port';
import type { MediaDatagram } from '../../support/memory-media-network';
import { MemoryFiles } from '../../support/memory-files';
import { concat, indexOfSamples, noiseClip, parsed, throughCodec } from '../../support/media-pair';
import { inlineThreads, type InlineThreads } from './inline-threads';

let clock: VirtualClock;
let threads: InlineThreads;

beforeEach(() => {
  clock = new VirtualClock();
  threads = inlineThreads(clock);
});

afterEach(async () => {
  const closed = threads.engine.close();
  await clock.run(100);
  await closed;
  expect(threads.engine.openSessions).toBe(0);
  expect(threads.engine.openPorts).toBe(0);
  expect(threads.engine.openWorkers).toBe(0);
  expect(threads.network.open).toBe(0);
  expect(clock.pending).toBe(0);
});

interface Leg {
  readonly session: MediaSession;
  readonly told: string[];
}

async function leg(host: string, options: Partial<MediaSessionOptions> = {}): Promise<Leg> {
  const told: string[] = [];
  const handler: MediaHandler = {
    onDigit: (digit) => void told.push(digit),
    onTimeout: () => void told.push('timeout'),
    onFailed: (reason) => void told.push(reason),
  };
  const creating = threads.engine.createSession({ localHost: host, handler, ...options });
  await clock.run(20);
  const session = await creating;
  return { session, told };
}

function to(session: MediaSession, changes: Partial<MediaParameters> = {}): MediaParameters {
  return {
    remote: { rtp: session.local },
    codec: { name: 'PCMU', payloadType: 0, clockRate: 8_000 },
    telephoneEvent: { payloadType: 101, clockRate: 8_000 },
    direction: 'sendrecv',
    ptime: 20,
    ...changes,
  };
}

/** Two legs whose peers are each other. */
async function talking(): Promise<{ a: Leg; b: Leg }> {
  const a = await leg('10.0.0.1');
  const b = await leg('10.0.0.2');
  a.session.configure(to(b.session));
  b.session.configure(to(a.session));
  return { a, b };
}

function hear(session: MediaSession): Int16Array[] {
  const frames: Int16Array[] = [];
  session.listen((frame) => frames.push(frame.slice()));
  return frames;
}

function sentFrom(session: MediaSession): MediaDatagram[] {
  return threads.network.sent.filter(
    ({ kind, from }) => kind === 'rtp' && from.host === session.local.host,
  );
}

describe('a session in a media thread', () => {
  it('plays, is heard sample by sample, and tells when it is done', async () => {
    const { a, b } = await talking();
    const frames = hear(b.session);
    await clock.run(100);
    const clip = noiseClip(1_000);
    const playback = a.session.play([{ type: 'clip', clip }]);
    await clock.run(1_500);
    await expect(playback.done).resolves.toEqual({ type: 'completed', position: 1_000 });
    expect(indexOfSamples(concat(frames), throughCodec(clip.samples))).toBeGreaterThanOrEqual(0);
  });

  it('is told of playback in commands, and nobody of packets', async () => {
    const { a, b } = await talking();
    hear(b.session);
    const playback = a.session.play([{ type: 'clip', clip: noiseClip(4_000) }]);
    await clock.run(1_000);
    const before = threads.threads.map(({ commands, reports }) => commands.length + reports.length);
    await clock.run(2_000);
    expect(sentFrom(a.session).length).toBeGreaterThan(140);
    const after = threads.threads.map(({ commands, reports }) => commands.length + reports.length);
    // A report a second of each thread, and one of each of its sessions.
    for (const [index, count] of after.entries()) {
      expect(count - (before[index] as number)).toBeLessThanOrEqual(6);
    }
    playback.pause();
    await clock.run(40);
    const sent = sentFrom(a.session).length;
    await clock.run(200);
    expect(sentFrom(a.session).length).toBe(sent);
    playback.resume();
    playback.stop();
    playback.stop();
    await clock.run(40);
    await expect(playback.done).resolves.toMatchObject({ type: 'stopped' });
  });

  it('hears keys once, sends them, and refuses those that its peer does not take', async () => {
    const { a, b } = await talking();
    const sent = a.session.sendDigits('12#', 100, 50);
    await clock.run(1_000);
    await expect(sent).resolves.toBeUndefined();
    b.session.reportDigit('#', 100);
    await clock.run(20);
    expect(b.told).toEqual(['1', '2', '#']);
    const { remote, codec, direction, ptime } = to(a.session);
    b.session.configure({ remote, codec, direction, ptime });
    const refused = b.session.sendDigits('1', 100, 50, 'event');
    const reason = refused.catch((error: unknown) => error);
    await clock.run(100);
    expect(await reason).toMatchObject({ code: expect.stringContaining('CALLCHART_') as unknown });
  });

  it('sends back what it hears while an echo is asked for', async () => {
    const { a, b } = await talking();
    const frames = hear(a.session);
    const end = b.session.echo();
    const clip = noiseClip(500);
    a.session.play([{ type: 'clip', clip }]);
    await clock.run(1_000);
    end();
    expect(indexOfSamples(concat(frames), throughCodec(clip.samples))).toBeGreaterThanOrEqual(0);
    await clock.run(100);
    const sent = sentFrom(b.session).length;
    await clock.run(500);
    expect(sentFrom(b.session).length).toBe(sent);
  });

  it('mutes its peer, and plays in place of all else, in its thread', async () => {
    const { a, b } = await talking();
    const heardByB = hear(b.session);
    const heardByA = hear(a.session);
    b.session.setMuted(true);
    a.session.play([{ type: 'clip', clip: noiseClip(300) }]);
    const below = b.session.play([{ type: 'clip', clip: noiseClip(400) }]);
    const over = noiseClip(200);
    const { done } = b.session.playOver([{ type: 'clip', clip: over }]);
    await clock.run(1_000);
    expect(concat(heardByB).every((sample) => sample === 0)).toBe(true);
    expect(indexOfSamples(concat(heardByA), throughCodec(over.samples))).toBeGreaterThanOrEqual(0);
    await expect(done).resolves.toMatchObject({ type: 'completed' });
    await expect(below.done).resolves.toMatchObject({ type: 'completed' });
  });

  it('tells its statistics each second, and the last ones when it is closed', async () => {
    const { a, b } = await talking();
    a.session.play([{ type: 'clip', clip: noiseClip(3_000) }]);
    await clock.run(2_500);
    const { packetsReceived } = b.session.statistics();
    expect(packetsReceived).toBeGreaterThan(50);
    expect(packetsReceived).toBeLessThan(130);
    await clock.run(1_500);
    const closed = b.session.close();
    await clock.run(20);
    expect(await closed).toMatchObject({ codec: 'PCMU', packetsReceived: 150, digits: 0 });
    expect(await b.session.close()).toBe(await closed);
    expect(b.session.statistics()).toBe(await closed);
  });

  it('reports that nothing comes', async () => {
    const { b } = await talking();
    await clock.run(13_000);
    expect(b.told).toEqual(['timeout']);
  });

  it('makes every method a harmless one once it is closed', async () => {
    const { a, b } = await talking();
    const closed = a.session.close();
    await clock.run(20);
    await closed;
    a.session.configure(to(b.session));
    await expect(a.session.play([]).done).resolves.toMatchObject({ type: 'stopped' });
    await expect(a.session.record(recording('x.wav')).done).resolves.toMatchObject({
      type: 'stopped',
    });
    await expect(a.session.detectMachine().done).resolves.toMatchObject({ type: 'stopped' });
    await expect(a.session.sendDigits('1', 100, 50)).rejects.toThrow();
    a.session.echo()();
    a.session.detect({ tones: true });
    a.session.reportDigit('1', 100);
    a.session.listen(() => undefined)();
    expect(a.session.tap({ sampleRate: 8_000, hear: 'peer' }).closed).toBe(true);
    const bridge = threads.engine.bridge(a.session, b.session);
    bridge.close();
    await clock.run(100);
    expect(a.told).toEqual([]);
  });
});

function recording(path: string) {
  return {
    ...{ path, maxDuration: 60_000, endSilence: 0, finishOn: '', beep: false },
  };
}

describe('a recording in a media thread', () => {
  it('is made there, and its result told', async () => {
    const files = new MemoryFiles();
    const closed = threads.engine.close();
    await clock.run(100);
    await closed;
    threads = inlineThreads(clock, { files });
    const { a, b } = await talking();
    a.session.play([{ type: 'clip', clip: noiseClip(2_000) }]);
    const taken = b.session.record({ ...recording('/r/a.wav'), maxDuration: 1_000 });
    await clock.run(3_000);
    expect(await taken.done).toMatchObject({
      type: 'maxDuration',
      path: '/r/a.wav',
      duration: 1_000,
    });
    expect([...files.files.keys()]).toEqual(['/r/a.wav']);
  });
});

describe('where a session is placed', () => {
  it('is where the fewest are, or beside whom it will be bridged with', async () => {
    const first = await leg('10.0.0.1');
    const second = await leg('10.0.0.2');
    const third = await leg('10.0.0.3', { near: first.session });
    const created = threads.threads.map(
      ({ commands }) => commands.filter(({ type }) => type === 'create').length,
    );
    expect(created).toEqual([2, 1]);
    const fourth = await leg('10.0.0.4');
    expect(threads.threads[1]?.commands.filter(({ type }) => type === 'create')).toHaveLength(2);
    for (const { session } of [first, second, third, fourth]) void session.close();
  });
});

describe.each(['in one thread', 'in two threads'])('a bridge of sessions %s', (where) => {
  async function bridged(options: Parameters<typeof threads.engine.bridge>[2] = {}) {
    // Peers are sessions too, in whatever thread.
    const first = await leg('10.0.1.1');
    const near = where === 'in one thread' ? { near: first.session } : {};
    const second = await leg('10.0.1.2', near);
    const left = await leg('10.0.2.1');
    const right = await leg('10.0.2.2');
    for (const [x, y] of [
      [first, left],
      [second, right],
    ] as const) {
      x.session.configure(to(y.session));
      y.session.configure(to(x.session));
    }
    const bridge = threads.engine.bridge(first.session, second.session, options);
    await clock.run(100);
    return { first, second, left, right, bridge };
  }

  it('lets both peers hear each other', async () => {
    const { left, right } = await bridged();
    const atRight = hear(right.session);
    const atLeft = hear(left.session);
    const there = noiseClip(1_000, 1);
    const back = noiseClip(1_000, 2);
    left.session.play([{ type: 'clip', clip: there }]);
    right.session.play([{ type: 'clip', clip: back }]);
    await clock.run(2_000);
    expect(indexOfSamples(concat(atRight), throughCodec(there.samples))).toBeGreaterThan(0);
    expect(indexOfSamples(concat(atLeft), throughCodec(back.samples))).toBeGreaterThan(0);
  });

  it('sends keys on, in both directions, and tells of each once', async () => {
    const { first, second, left, right } = await bridged();
    const sent = left.session.sendDigits('12', 100, 60);
    await clock.run(1_500);
    await sent;
    expect(first.told).toEqual(['1', '2']);
    expect(right.told).toEqual(['1', '2']);
    void right.session.sendDigits('3', 100, 60);
    await clock.run(1_500);
    expect(second.told).toEqual(['3']);
    expect(left.told).toEqual(['3']);
  });

  it('says which keys could not be sent on', async () => {
    const unsent: unknown[] = [];
    const { second, left, right } = await bridged({
      onUnsentDigit: (session, digit) => unsent.push([session, digit]),
    });
    const { remote, codec, direction, ptime } = to(right.session);
    second.session.configure({ remote, codec, direction, ptime });
    void left.session.sendDigits('7', 100, 60);
    await clock.run(1_000);
    expect(unsent).toEqual([[second.session, '7']]);
  });

  it('ends when it is closed, or when either session is', async () => {
    const { first, second, left, right, bridge } = await bridged();
    expect(() => threads.engine.bridge(first.session, second.session)).toThrow('bridged already');
    bridge.close();
    bridge.close();
    const atRight = hear(right.session);
    left.session.play([{ type: 'clip', clip: noiseClip(400) }]);
    await clock.run(800);
    expect(concat(atRight).every((sample) => sample === 0)).toBe(true);
    const again = threads.engine.bridge(second.session, first.session);
    await clock.run(40);
    void first.session.close();
    await clock.run(40);
    const last = threads.engine.bridge(second.session, left.session);
    last.close();
    again.close();
    // Whatever was a guest somewhere is one no more.
    await clock.run(40);
    for (const { session } of [second, left, right]) void session.close();
    await clock.run(40);
    expect(threads.network.open).toBe(0);
  });
});

describe('a conference', () => {
  it('takes in those of another thread, and each hears all but itself', async () => {
    const conference = threads.engine.conference();
    const members: { leg: Leg; peer: Leg; heard: Int16Array[] }[] = [];
    for (let index = 0; index < 3; index += 1) {
      const member = await leg(`10.0.1.${index}`);
      const peer = await leg(`10.0.2.${index}`);
      member.session.configure(to(peer.session));
      peer.session.configure(to(member.session));
      members.push({ leg: member, peer, heard: hear(peer.session) });
      conference.join(member.session);
    }
    await clock.run(200);
    expect(conference.parties).toBe(3);
    expect(() => conference.join(members[0]!.leg.session)).toThrow('already');
    const clip = noiseClip(1_000, 3);
    members[0]!.peer.session.play([{ type: 'clip', clip }]);
    await clock.run(2_000);
    const loud = members.map(({ heard }) => concat(heard).some((sample) => Math.abs(sample) > 500));
    expect(loud).toEqual([false, true, true]);
    void members[1]!.leg.session.close();
    await clock.run(100);
    expect(conference.parties).toBe(2);
    conference.close();
    expect(conference.parties).toBe(0);
    await clock.run(40);
  });
});

describe('a clip', () => {
  it.each([
    ['PCMU', 0, 8_000],
    ['G722', 9, 8_000],
  ] as const)('is encoded in %s by one thread for all', async (name, payloadType, clockRate) => {
    const { a, b } = await talking();
    const codec = { name, payloadType, clockRate };
    a.session.configure(to(b.session, { codec }));
    b.session.configure(to(a.session, { codec }));
    const clip = noiseClip(400, 6);
    const made = (): number[] =>
      threads.threads.map(
        ({ reports }) => reports.filter(({ type }) => type === 'encoding').length,
      );
    a.session.play([{ type: 'clip', clip }]);
    await clock.run(600);
    expect(made()).toEqual([1, 0]);
    const frames = hear(a.session);
    await clock.run(100);
    b.session.play([{ type: 'clip', clip }]);
    await clock.run(800);
    // It has found what the other has made, and it is the same.
    expect(made()).toEqual([1, 0]);
    expect(concat(frames).some((sample) => Math.abs(sample) > 2_000)).toBe(true);
    const [first, second] = [a, b].map(({ session }) =>
      sentFrom(session).map((sent) => parsed(sent).payload.toString('hex')),
    );
    expect(second).toEqual(first);
    // A successor is told of all that there is.
    threads.threads[1]!.die('a defect');
    await clock.run(200);
    expect(threads.threads[2]!.commands.map(({ type }) => type)).toEqual(['encoding']);
  });
});

describe('a tap', () => {
  it('gives a call’s sound and takes some, without a message for a frame', async () => {
    const { a, b } = await talking();
    const tap = b.session.tap({ sampleRate: 8_000, hear: 'peer' });
    const atA = hear(a.session);
    const clip = noiseClip(1_000, 4);
    const answer = noiseClip(1_000, 5);
    const frames: Int16Array[] = [];
    const frame = new Int16Array(tap.frameSize);
    tap.onReadable = () => {
      while (tap.read(frame)) frames.push(frame.slice());
    };
    await clock.run(100);
    a.session.play([{ type: 'clip', clip }]);
    const told = (): number[] =>
      threads.threads.map(
        ({ commands }) => commands.filter(({ type }) => type !== 'encoding').length,
      );
    const messages = told();
    expect(tap.write(answer.samples)).toBe(4_000);
    expect(tap.waiting).toBe(500);
    await clock.run(300);
    expect(tap.write(answer.samples.subarray(4_000, 4_160))).toBe(160);
    await clock.run(1_500);
    expect(told()).toEqual(messages);
    expect(tap.played).toBe(520);
    expect(tap.waiting).toBe(0);
    expect(tap.lost).toBe(0);
    expect(indexOfSamples(concat(frames), throughCodec(clip.samples))).toBeGreaterThanOrEqual(0);
    const said = throughCodec(answer.samples.subarray(0, 4_160));
    expect(indexOfSamples(concat(atA), said)).toBeGreaterThanOrEqual(0);
    tap.write(answer.samples);
    tap.clear();
    expect(tap.waiting).toBe(0);
    void b.session.close();
    await clock.run(40);
    expect(tap.closed).toBe(true);
    expect(tap.write(answer.samples)).toBe(0);
    tap.close();
  });
});

describe('a media thread that dies', () => {
  it('ends its own calls with that reason, is replaced, and leaves the others alone', async () => {
    const a = await leg('10.0.0.1');
    const b = await leg('10.0.0.2');
    const peer = await leg('10.0.0.3', { near: b.session });
    b.session.configure(to(peer.session));
    peer.session.configure(to(b.session));
    const lost = a.session.play([{ type: 'clip', clip: noiseClip(5_000) }]);
    const sending = a.session.sendDigits('123', 100, 50).catch((error: unknown) => error);
    const detection = a.session.detectMachine();
    const tap = a.session.tap({ sampleRate: 16_000, hear: 'both' });
    const kept = b.session.play([{ type: 'clip', clip: noiseClip(300) }]);
    await clock.run(40);
    threads.threads[0]!.die('out of memory');
    expect(a.told).toEqual(['media worker died: out of memory']);
    expect(tap.closed).toBe(true);
    await expect(lost.done).resolves.toMatchObject({ type: 'stopped' });
    await expect(detection.done).resolves.toMatchObject({ type: 'stopped' });
    expect(await sending).toMatchObject({ code: 'CALLCHART_MEDIA_WORKER_DIED' });
    expect(await a.session.close()).toMatchObject({ packetsSent: 0 });
    lost.stop();
    expect(threads.engine.deaths).toBe(1);
    expect(threads.engine.openSessions).toBe(2);
    await clock.run(1_000);
    await expect(kept.done).resolves.toMatchObject({ type: 'completed' });
    expect(b.told).toEqual([]);
    expect(threads.threads).toHaveLength(3);
    const c = await leg('10.0.0.4');
    expect(threads.threads[2]!.commands.some(({ type }) => type === 'create')).toBe(true);
    void c.session.close();
  });

  it('ends what it shared with another thread, whose sessions go on', async () => {
    const a = await leg('10.0.0.1');
    const b = await leg('10.0.0.2');
    const peer = await leg('10.0.0.3', { near: b.session });
    b.session.configure(to(peer.session));
    peer.session.configure(to(b.session));
    a.session.configure(to(peer.session));
    threads.engine.bridge(a.session, b.session);
    await clock.run(100);
    threads.threads[0]!.die('a defect');
    expect(b.told).toEqual([]);
    const again = threads.engine.bridge(peer.session, b.session);
    again.close();
    const frames = hear(peer.session);
    b.session.play([{ type: 'clip', clip: noiseClip(200) }]);
    await clock.run(600);
    expect(concat(frames).some((sample) => sample !== 0)).toBe(true);
  });

  it('at once is waited for a little longer each time', async () => {
    const started: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      threads.threads.at(-1)!.die('it cannot run');
      const known = threads.threads.length;
      const from = clock.now();
      await clock.runUntil(() => threads.threads.length > known);
      started.push(clock.now() - from);
    }
    expect(started).toEqual([100, 200, 400, 800]);
    await clock.run(11_000);
    threads.threads.at(-1)!.die('after a good while');
    const known = threads.threads.length;
    await clock.run(1);
    expect(threads.threads.length).toBe(known + 1);
  });

  it('while a session is made there lets it be made elsewhere', async () => {
    const { engine } = threads;
    const handler = { onDigit: () => undefined, onTimeout: () => undefined };
    const creating = engine.createSession({ localHost: '10.0.0.1', handler });
    threads.threads[0]!.die('early');
    await clock.run(20);
    const session = await creating;
    expect(engine.openSessions).toBe(1);
    void session.close();
    await settle();
  });
});
