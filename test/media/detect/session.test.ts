import type { DetectedTone, MediaSession } from '../../../runtime/media/port';
import { namedTone } from '../../../runtime/core/tones';
import { keySignal } from '../../support/dtmf-signals';
import {
  clipOf,
  mediaPair,
  noiseClip,
  parametersTo,
  type MediaPair,
} from '../../support/media-pair';

let pair: MediaPair;
let session: MediaSession;
let speech: boolean[];
let tones: DetectedTone[];

beforeEach(async () => {
  pair = await mediaPair();
  speech = [];
  tones = [];
  session = await pair.engine.createSession({
    localHost: '10.0.0.3',
    handler: {
      onDigit: () => undefined,
      onTimeout: () => undefined,
      onSpeech: (speaking) => speech.push(speaking),
      onTone: (tone) => tones.push(tone),
    },
  });
  const listener = { ...pair.b, session };
  session.configure(parametersTo(pair.a));
  pair.a.session.configure(parametersTo(listener));
});

afterEach(async () => {
  void session.close();
  await pair.close();
  expect(pair.network.open).toBe(0);
  expect(pair.clock.pending).toBe(0);
});

describe('what a session detects', () => {
  it('is speech, from when that is asked for until it is asked for no more', async () => {
    pair.a.session.play([{ type: 'clip', clip: noiseClip(1_000) }]);
    await pair.clock.run(2_500);
    expect(speech).toEqual([]);
    session.detect({ speech: {} });
    pair.a.session.play([{ type: 'clip', clip: noiseClip(1_000) }]);
    await pair.clock.run(2_500);
    expect(speech).toEqual([true, false]);
    session.detect(undefined);
    pair.a.session.play([{ type: 'clip', clip: noiseClip(1_000) }]);
    await pair.clock.run(2_500);
    expect(speech).toEqual([true, false]);
    expect(tones).toEqual([]);
  });

  it('is tones, when they are asked for', async () => {
    session.detect({ tones: true });
    pair.a.session.play([{ type: 'tone', tone: namedTone('busy', 5_000, 'de') }]);
    await pair.clock.run(6_000);
    expect(tones).toEqual(['busy']);
    expect(speech).toEqual([]);
  });

  it('is who has answered, once', async () => {
    const first = session.detectMachine();
    const second = session.detectMachine({ initialSilence: 1_000 });
    await expect(first.done).resolves.toMatchObject({ type: 'stopped' });
    pair.a.session.play([{ type: 'silence', duration: 3_000 }]);
    await pair.clock.run(1_500);
    await expect(second.done).resolves.toEqual({
      type: 'unknown',
      reason: 'initial-silence',
      decidedAt: 1_000,
    });
  });

  it('ends with the session', async () => {
    const detection = session.detectMachine();
    session.detect({ speech: {}, tones: true });
    void session.close();
    await expect(detection.done).resolves.toMatchObject({ type: 'stopped' });
    await expect(session.detectMachine().done).resolves.toMatchObject({ type: 'stopped' });
    session.detect({ speech: {} });
  });

  it('costs no tick while nothing is looked for', async () => {
    session.detect({ speech: {} });
    session.detect(undefined);
    session.detectMachine().stop();
    // Of the pacer of 20 ms nobody is left when all that is heard has been heard.
    pair.a.session.play([{ type: 'clip', clip: clipOf(keySignal({ digits: '1' })) }]);
    await pair.clock.run(1_000);
    expect(speech).toEqual([]);
  });

  it('leaves an exception of its handler behind', async () => {
    const failing = await pair.engine.createSession({
      localHost: '10.0.0.4',
      handler: {
        onDigit: () => undefined,
        onTimeout: () => undefined,
        onSpeech: () => {
          throw new Error('a broken handler');
        },
      },
    });
    failing.configure(parametersTo(pair.a));
    pair.a.session.configure(parametersTo({ ...pair.b, session: failing }));
    failing.detect({ speech: {} });
    pair.a.session.play([{ type: 'clip', clip: noiseClip(1_000) }]);
    await pair.clock.run(2_500);
    void failing.close();
  });
});
