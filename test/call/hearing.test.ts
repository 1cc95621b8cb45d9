import type { HearingEvent } from '../../runtime/call/hearing';
import { Hearing } from '../../runtime/call/hearing';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { namedTone } from '../../runtime/core/tones';
import type { DetectOptions } from '../../runtime/media/port';
import { noiseClip } from '../support/media-pair';
import { oneScene, type Scene } from './scene';

function bench() {
  const clock = new VirtualClock();
  const looked: (DetectOptions | undefined)[] = [];
  const events: HearingEvent[] = [];
  const hearing = new Hearing(clock, {
    detect: (options) => looked.push(options),
    emit: (event) => events.push(event),
  });
  return { clock, hearing, looked, events };
}

describe('listening to a caller', () => {
  it('has the audio look for what serves all who listen, and for nothing when nobody does', () => {
    const { hearing, looked } = bench();
    const stops = [
      hearing.listen({ tones: true }),
      hearing.onSpeech({}, () => undefined),
      hearing.onSpeech({ onset: 300, hangover: 200 }, () => undefined),
      hearing.listen({ speech: { onset: 40 }, tones: true }),
    ];
    for (const stop of stops) stop();
    for (const stop of stops) stop();
    expect(looked).toEqual([
      { tones: true },
      { speech: { onset: 100, hangover: 500 }, tones: true },
      { speech: { onset: 100, hangover: 200 }, tones: true },
      { speech: { onset: 40, hangover: 200 }, tones: true },
      { speech: { onset: 40, hangover: 500 }, tones: true },
      undefined,
    ]);
  });

  it('tells each by its own onset and hangover', async () => {
    const { clock, hearing } = bench();
    const told: string[] = [];
    const listen = (name: string, onset: number, hangover: number): (() => void) =>
      hearing.onSpeech({ onset, hangover }, (speaking) =>
        told.push(`${clock.now()} ${name} ${speaking ? 'began' : 'ceased'}`),
      );
    const start = clock.now();
    const stops = [listen('quick', 100, 200), listen('slow', 300, 1_000)];
    const at = (time: number, ...words: string[]): string[] =>
      words.map((word) => `${start + time} ${word}`);
    hearing.hearSpeech(true);
    await clock.run(100);
    // A short word is none to the slow one.
    hearing.hearSpeech(false);
    await clock.run(900);
    expect(told).toEqual([...at(0, 'quick began'), ...at(100, 'quick ceased')]);
    hearing.hearSpeech(true);
    await clock.run(1_000);
    hearing.hearSpeech(false);
    // A pause that is none to the slow one, either.
    await clock.run(700);
    hearing.hearSpeech(true);
    await clock.run(300);
    hearing.hearSpeech(false);
    await clock.run(1_000);
    expect(told.slice(2)).toEqual([
      ...at(1_000, 'quick began'),
      ...at(1_200, 'slow began'),
      ...at(2_000, 'quick ceased'),
      ...at(2_700, 'quick began'),
      ...at(3_000, 'quick ceased'),
      ...at(3_800, 'slow ceased'),
    ]);
    for (const stop of stops) stop();
    expect(clock.pending).toBe(0);
  });

  it('tells a flow once, however many of its actors listen, and one who comes later at once', async () => {
    const { clock, hearing, events } = bench();
    const first = hearing.listen({ speech: {} });
    hearing.hearSpeech(true);
    const second = hearing.listen({ speech: {}, tones: true });
    const third = hearing.listen({ tones: true });
    const late: boolean[] = [];
    const stop = hearing.onSpeech({}, (speaking) => late.push(speaking));
    expect(late).toEqual([true]);
    await clock.run(1_500);
    hearing.hearTone('busy');
    hearing.hearSpeech(false);
    expect(events).toEqual([
      { type: 'speech.started' },
      { type: 'tone.detected', tone: 'busy' },
      { type: 'speech.ended', duration: 1_500 },
    ]);
    second();
    third();
    hearing.hearTone('dial');
    expect(events).toHaveLength(3);
    hearing.hearSpeech(true);
    first();
    expect(hearing.listen({ speech: {} })).toBeInstanceOf(Function);
    // The audio goes on looking for the other, so what it knows still holds.
    expect(events.slice(3)).toEqual([{ type: 'speech.started' }, { type: 'speech.started' }]);
    stop();
    hearing.close();
    hearing.hearSpeech(false);
    expect(events).toHaveLength(5);
    expect(clock.pending).toBe(0);
  });
});

describe('a call that is listened to', () => {
  const open = oneScene();

  async function calling(scene: Scene) {
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    await Promise.all([call.answer(), scene.run(100)]);
    caller.media.play([{ type: 'silence', duration: 60_000 }]);
    await scene.run(1_000);
    return { call, caller };
  }

  const heard = (scene: Scene): unknown[] =>
    scene.events.filter(({ type }) => type.startsWith('speech.') || type === 'tone.detected');

  it('tells of what the caller says and sends, while somebody else waits for an answer', async () => {
    const scene = await open();
    const { call, caller } = await calling(scene);
    const stop = await call.listen({ speech: {}, tones: true });
    const talked: boolean[] = [];
    const forget = await call.detectSpeech({ hangover: 1_000 }, (speaking) =>
      talked.push(speaking),
    );
    const detection = await call.detectMachine({ initialSilence: 30_000, totalTime: 60_000 });
    let who: string | undefined;
    void detection.done.then(({ type }) => (who = type));
    caller.media.play([{ type: 'clip', clip: noiseClip(1_200) }]);
    await scene.run(2_100);
    expect(heard(scene)).toEqual([
      { type: 'speech.started' },
      { type: 'speech.ended', duration: expect.any(Number) as unknown },
    ]);
    const [, ended] = heard(scene) as [unknown, { duration: number }];
    expect(ended.duration).toBeGreaterThan(1_400);
    expect(ended.duration).toBeLessThan(1_800);
    expect(talked).toEqual([true]);
    await scene.run(500);
    expect(talked).toEqual([true, false]);
    expect(who).toBe('human');
    forget();
    caller.media.play([{ type: 'tone', tone: namedTone('busy', 5_000, 'us') }]);
    await scene.run(5_500);
    expect(heard(scene)).toContainEqual({ type: 'tone.detected', tone: 'busy' });
    stop();
    const before = heard(scene).length;
    caller.media.play([{ type: 'clip', clip: noiseClip(1_000) }]);
    await scene.run(2_500);
    expect(heard(scene)).toHaveLength(before);
  });
});
