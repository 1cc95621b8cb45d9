import { settle } from '../../runtime/core/virtual-clock';
import type { PlayItem } from '../../runtime/core/audio';
import { StreamedPlayback } from '../../runtime/call/streamed-playback';
import { FakePlayback } from '../support/fake-media';

const item = (duration: number): PlayItem => ({ type: 'silence', duration });

/** Parts that come when the test says so. */
function source(): {
  readonly rest: AsyncIterable<readonly PlayItem[]>;
  give(items: readonly PlayItem[]): void;
  end(error?: Error): void;
} {
  const steps: (() => readonly PlayItem[] | undefined)[] = [];
  let wake = (): void => undefined;
  const add = (step: () => readonly PlayItem[] | undefined): void => {
    steps.push(step);
    wake();
  };
  async function* parts(): AsyncGenerator<readonly PlayItem[], void> {
    for (;;) {
      while (steps.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const items = steps.shift()?.();
      if (items === undefined) return;
      yield items;
    }
  }
  return {
    rest: parts(),
    give: (items) => add(() => items),
    end: (error) =>
      add(() => {
        if (error !== undefined) throw error;
        return undefined;
      }),
  };
}

function streamed(): {
  inner: FakePlayback;
  parts: ReturnType<typeof source>;
  playback: StreamedPlayback;
  errors: unknown[];
} {
  const inner = new FakePlayback([item(1)], undefined);
  const parts = source();
  const errors: unknown[] = [];
  const playback = new StreamedPlayback(inner, parts.rest, (error) => errors.push(error));
  return { inner, parts, playback, errors };
}

describe('a prompt that is still being made while it is heard', () => {
  it('is continued by each part as it comes, and closed by the last', async () => {
    const { inner, parts, playback } = streamed();
    parts.give([item(2)]);
    await settle();
    expect(inner.appended).toEqual([{ items: [item(2)], last: false }]);
    parts.end();
    await settle();
    expect(inner.appended.at(-1)).toEqual({ items: [], last: true });
    inner.settle({ type: 'completed', position: 3 });
    await expect(playback.done).resolves.toEqual({ type: 'completed', position: 3 });
  });

  it('that fails in the middle plays what is there, tells of it at once, and then rejects', async () => {
    const { inner, parts, playback, errors } = streamed();
    const failure = new Error('no network');
    parts.end(failure);
    await settle();
    expect(errors).toEqual([failure]);
    expect(inner.appended).toEqual([{ items: [], last: true }]);
    inner.settle({ type: 'completed', position: 1 });
    await expect(playback.done).rejects.toBe(failure);
  });

  it('that was stopped takes no more, and fails no more', async () => {
    const { inner, parts, playback, errors } = streamed();
    playback.stop();
    parts.give([item(2)]);
    parts.end(new Error('late'));
    await settle();
    expect(inner.appended).toEqual([]);
    expect(errors).toEqual([]);
    await expect(playback.done).resolves.toMatchObject({ type: 'stopped' });
  });

  it('is steered like any other', () => {
    const { inner, playback } = streamed();
    playback.pause();
    playback.setGain(-3);
    playback.seek(5, { relative: true });
    expect(inner).toMatchObject({
      paused: true,
      gain: -3,
      seeks: [{ position: 5, relative: true }],
    });
    playback.resume();
    expect(inner.paused).toBe(false);
  });
});
