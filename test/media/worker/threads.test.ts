import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../../runtime/core/clock';
import type { AudioClip } from '../../../runtime/core/audio';
import type { MediaHandler, MediaSession } from '../../../runtime/media/port';
import { WorkerMediaEngine } from '../../../runtime/media/worker/engine';
import {
  startThread,
  type StartThread,
  type ThreadPort,
} from '../../../runtime/media/worker/thread-port';

// Real threads and real sockets, on loopback: what runs in them is tested in `remote.test.ts`, on a virtual clock.

const HOST = '127.0.0.1';
const clock = new RealClock();
let engine: WorkerMediaEngine;
/** Those that were started, in order. */
let ports: ThreadPort[];
let folder: string;

const remembering: StartThread = (settings, handler) => {
  const port = startThread(settings, handler);
  ports.push(port);
  return port;
};

beforeEach(async () => {
  ports = [];
  folder = await mkdtemp(join(tmpdir(), 'callchart-worker-'));
});

afterEach(async () => {
  await engine.close();
  expect(engine.openWorkers).toBe(0);
  expect(engine.openSessions).toBe(0);
  expect(engine.openPorts).toBe(0);
  await rm(folder, { recursive: true });
  expect(process.getActiveResourcesInfo()).not.toContain('UDPWrap');
  expect(process.getActiveResourcesInfo()).not.toContain('Worker');
});

function start(workers: number, first = 38_000, last = 38_399): void {
  engine = new WorkerMediaEngine({
    clock,
    workers,
    portRange: { first, last },
    startThread: remembering,
  });
}

function silentHandler(changes: Partial<MediaHandler> = {}): MediaHandler {
  return { onDigit: () => undefined, onTimeout: () => undefined, ...changes };
}

function make(changes: Partial<MediaHandler> = {}, near?: MediaSession): Promise<MediaSession> {
  return engine.createSession({ localHost: HOST, handler: silentHandler(changes), near });
}

function connect(a: MediaSession, b: MediaSession): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.configure({
      remote: { rtp: to.local },
      codec: { name: 'PCMU', payloadType: 0, clockRate: 8_000 },
      telephoneEvent: { payloadType: 101, clockRate: 8_000 },
      direction: 'sendrecv',
      ptime: 20,
    });
  }
}

function tone(duration: number): AudioClip {
  const samples = new Int16Array(new SharedArrayBuffer(2 * 8 * duration));
  for (let i = 0; i < samples.length; i += 1) samples[i] = 8_000 * Math.sin((i * Math.PI) / 8);
  return { id: `tone-${duration}`, sampleRate: 8_000, samples };
}

/** Resolves when the session has heard sound. */
function soundAt(session: MediaSession): Promise<void> {
  return new Promise((resolve) => {
    const end = session.listen((frame) => {
      if (!frame.some((sample) => Math.abs(sample) > 4_000)) return;
      end();
      resolve();
    });
  });
}

it('plays, hears and passes keys on between real threads, over UDP', async () => {
  start(2);
  let press: (digit: string) => void = () => undefined;
  const pressed = new Promise<string>((resolve) => {
    press = resolve;
  });
  const a = await make();
  const b = await make({ onDigit: (digit) => press(digit) });
  expect([a.local.port % 2, b.local.port % 2]).toEqual([0, 0]);
  // Each thread looks for ports in its own half.
  expect([a, b].map(({ local }) => local.port < 38_200).sort()).toEqual([false, true]);
  connect(a, b);
  const heard = soundAt(b);
  const playback = a.play([{ type: 'clip', clip: tone(500) }]);
  await heard;
  await expect(playback.done).resolves.toEqual({ type: 'completed', position: 500 });
  await a.sendDigits('5', 80, 40);
  expect(await pressed).toBe('5');
  const statistics = await b.close();
  expect(statistics.packetsReceived).toBeGreaterThan(24);
  expect(statistics.digits).toBe(1);
});

it('lets sessions of two threads hear each other through shared memory', async () => {
  start(2);
  const first = await make();
  const second = await make();
  const left = await make();
  const right = await make();
  connect(first, left);
  connect(second, right);
  engine.bridge(first, second);
  const heard = [soundAt(right), soundAt(left)];
  left.play([{ type: 'clip', clip: tone(20_000) }]);
  right.play([{ type: 'clip', clip: tone(20_001) }]);
  await Promise.all(heard);
});

it('ends the calls of a thread that dies, keeps what they recorded, and starts another', async () => {
  start(1);
  let fail: (reason: string) => void = () => undefined;
  const failed = new Promise<string>((resolve) => {
    fail = resolve;
  });
  const a = await make();
  const b = await make({ onFailed: (reason) => fail(reason) });
  connect(a, b);
  const heard = soundAt(b);
  const path = join(folder, 'message.wav');
  const recording = b.record({
    ...{ path, maxDuration: 60_000, endSilence: 0, finishOn: '', beep: false },
  });
  const playback = a.play([{ type: 'clip', clip: tone(60_000) }]);
  await heard;
  // Until a second of it, and more, is in the file.
  await new Promise<void>((resolve) => {
    let frames = 0;
    b.listen(() => {
      frames += 1;
      if (frames === 150) resolve();
    });
  });
  await ports[0]?.terminate();
  expect(await failed).toMatch(/^media worker died: /);
  await expect(playback.done).resolves.toMatchObject({ type: 'stopped' });
  const result = await recording.done;
  expect(result).toMatchObject({ type: 'failed', path });
  expect(result.duration).toBeGreaterThanOrEqual(1_000);
  const file = await readFile(path);
  expect(file.toString('latin1', 0, 4)).toBe('RIFF');
  expect(file.readUInt32LE(4)).toBe(file.length - 8);
  expect(engine.deaths).toBe(1);
  // The ports are free again, for the successor.
  const again = await retry(() => make());
  expect(again.local.port).toBeGreaterThanOrEqual(38_000);
  expect(ports).toHaveLength(2);
  expect(engine.openSessions).toBe(1);
});

it('takes ports of another thread’s share when its own are used up, and then refuses with 503', async () => {
  // Four pairs, two for each.
  start(2, 38_400, 38_407);
  const first = await make();
  const beside = [];
  for (let count = 0; count < 3; count += 1) beside.push(await make({}, first));
  const taken = [first, ...beside].map(({ local }) => local.port).sort();
  expect(taken).toEqual([38_400, 38_402, 38_404, 38_406]);
  await expect(make()).rejects.toMatchObject({
    code: 'CALLCHART_MEDIA_PORTS_EXHAUSTED',
    status: 503,
  });
  expect(engine.openSessions).toBe(4);
});

it('gives the ports back to the system when it is closed', async () => {
  start(1, 38_410, 38_411);
  const session = await make();
  await engine.close();
  await expect(make()).rejects.toMatchObject({ code: 'CALLCHART_MEDIA_CLOSED' });
  const socket = await bind(session.local.port);
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
});

function bind(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, HOST, () => resolve(socket));
  });
}

/** While the successor of a thread waits for its start, nobody can make a session. */
async function retry<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      if ((thrown as { readonly code?: string }).code !== 'CALLCHART_MEDIA_WORKER_DIED')
        throw thrown;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
