import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { MediaParameters, MediaSession } from '../../../runtime/media/port';
import { concat, indexOfSamples, noiseClip, throughCodec } from '../../support/media-pair';
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
  expect(clock.pending).toBe(0);
});

async function session(localHost: string): Promise<MediaSession> {
  const handler = { onDigit: () => undefined, onTimeout: () => undefined };
  const creating = threads.engine.createSession({ localHost, handler });
  await clock.run(20);
  return creating;
}

function to(peer: MediaSession): MediaParameters {
  return {
    remote: { rtp: peer.local },
    codec: { name: 'PCMU', payloadType: 0, clockRate: 8_000 },
    direction: 'sendrecv',
    ptime: 20,
  };
}

async function pair(): Promise<{ a: MediaSession; heard: Int16Array[] }> {
  const a = await session('10.0.0.1');
  const b = await session('10.0.0.2');
  a.configure(to(b));
  b.configure(to(a));
  const heard: Int16Array[] = [];
  b.listen((frame) => heard.push(frame.slice()));
  return { a, heard };
}

const parts = [noiseClip(505, 1), noiseClip(400, 2)];

describe('an open playback in a media thread', () => {
  it('grows by what is appended, without a gap', async () => {
    const { a, heard } = await pair();
    const playback = a.playOpen([{ type: 'clip', clip: parts[0]! }]);
    await clock.run(300);
    playback.append([{ type: 'clip', clip: parts[1]! }], true);
    await clock.run(1_000);
    await expect(playback.done).resolves.toEqual({ type: 'completed', position: 905 });
    const whole = throughCodec(concat(parts.map(({ samples }) => samples)));
    expect(indexOfSamples(concat(heard), whole)).toBeGreaterThanOrEqual(0);
  });

  it('is stopped while it waits for more, and takes no more afterwards', async () => {
    const { a } = await pair();
    const playback = a.playOpen([{ type: 'clip', clip: parts[0]! }]);
    await clock.run(2_000);
    playback.stop();
    playback.append([{ type: 'clip', clip: parts[1]! }], true);
    await clock.run(40);
    await expect(playback.done).resolves.toMatchObject({ type: 'stopped' });
    const sent = threads.network.sent.filter(({ kind }) => kind === 'rtp').length;
    await clock.run(500);
    expect(threads.network.sent.filter(({ kind }) => kind === 'rtp')).toHaveLength(sent);
  });

  it('ends when its thread dies', async () => {
    const { a } = await pair();
    const playback = a.playOpen([{ type: 'clip', clip: parts[0]! }]);
    for (const thread of threads.threads) thread.die('for the test');
    await expect(playback.done).resolves.toMatchObject({ type: 'stopped' });
    playback.append([{ type: 'clip', clip: parts[1]! }], true);
  });
});
