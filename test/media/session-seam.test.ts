import {
  concat,
  hear,
  heardBy,
  indexOfSamples,
  mediaPair,
  noiseClip,
  throughCodec,
  type MediaPair,
  type Party,
} from '../support/media-pair';
import type { FrameFeed } from '../../runtime/media/frame-feed';
import { RtpSession } from '../../runtime/media/session';

let pair: MediaPair;

beforeEach(async () => {
  pair = await mediaPair();
});

afterEach(async () => {
  await pair.close();
  expect(pair.network.open).toBe(0);
  expect(pair.clock.pending).toBe(0);
});

function inner(party: Party): RtpSession {
  if (!(party.session instanceof RtpSession)) throw new Error('not an inline session');
  return party.session;
}

/** Gives the samples of a clip, a frame in each tick, then nothing. */
function feedOf(samples: Int16Array): FrameFeed & { pulls: number } {
  let at = 0;
  return {
    sampleRate: 8_000,
    pulls: 0,
    pull(frame) {
      this.pulls += 1;
      if (at >= samples.length) return false;
      frame.set(samples.subarray(at, at + frame.length));
      at += frame.length;
      return true;
    },
  };
}

describe('hearing what is sent', () => {
  it('gives the very samples that the peer decodes, a frame in each tick', async () => {
    const own: Int16Array[] = [];
    const times: number[] = [];
    inner(pair.a).hearOwn(8_000, (frame, time) => {
      own.push(frame.slice());
      times.push(time);
    });
    const { clip } = { clip: noiseClip(400) };
    await pair.clock.run(100);
    pair.a.session.play([{ type: 'clip', clip }]);
    await pair.clock.run(1_000);
    const expected = throughCodec(clip.samples);
    const at = indexOfSamples(concat(own), expected);
    expect(at).toBeGreaterThan(0);
    // Where it is sent, it is heard.
    const first = pair.rtpOf(pair.a)[0]!;
    expect(Math.abs(times[0]! + at / 8 - first.time)).toBeLessThanOrEqual(20);
    for (let i = 1; i < times.length; i += 1) expect(times[i]! - times[i - 1]!).toBe(20);
  });

  it('ends with the last listener', async () => {
    const deafen = inner(pair.a).hearOwn(8_000, () => undefined);
    await pair.clock.run(100);
    deafen();
    await pair.clock.run(100);
    expect(pair.engine.openSessions).toBe(2);
  });
});

describe('feeding', () => {
  it('is heard by the peer sample for sample', async () => {
    hear(pair.b);
    const { samples } = noiseClip(400);
    inner(pair.a).feed(feedOf(samples));
    await pair.clock.run(1_000);
    expect(indexOfSamples(heardBy(pair.b), throughCodec(samples))).toBeGreaterThanOrEqual(0);
    inner(pair.a).feed(undefined);
  });

  it('is asked for nothing while a prompt plays, and heard again behind it', async () => {
    const feed = feedOf(noiseClip(2_000).samples);
    inner(pair.a).feed(feed);
    await pair.clock.run(200);
    const before = feed.pulls;
    pair.a.session.play([{ type: 'clip', clip: noiseClip(200, 9) }]);
    await pair.clock.run(190);
    expect(feed.pulls - before).toBeLessThanOrEqual(1);
    await pair.clock.run(200);
    expect(feed.pulls - before).toBeGreaterThan(8);
  });
});
