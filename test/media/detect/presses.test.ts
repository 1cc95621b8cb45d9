import { below, SeededRandom } from '../../../runtime/core/random';
import { KEYS } from '../../../runtime/media/dtmf/keys';
import type { MediaSession } from '../../../runtime/media/port';
import { keySignal } from '../../support/dtmf-signals';
import type { MediaFate } from '../../support/memory-media-network';
import {
  clipOf,
  mediaPair,
  parametersTo,
  type MediaPair,
  type MediaPairOptions,
  type Party,
} from '../../support/media-pair';

const PRESSES = 1_000;
const DURATION = 100;
const GAP = 100;

let pair: MediaPair;

afterEach(async () => {
  await pair.close();
  expect(pair.network.open).toBe(0);
  expect(pair.clock.pending).toBe(0);
});

/** A network that loses so many of a hundred RTP packets, by a seed. */
function losing(percent: number, seed: number): MediaFate {
  const random = new SeededRandom(seed);
  return ({ kind }) => (kind === 'rtp' && below(random, 100) < percent ? [] : [0]);
}

function randomDigits(count: number, seed: number): string {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => KEYS[below(random, KEYS.length)]).join('');
}

async function pairWithout(
  options: MediaPairOptions & { readonly events?: boolean },
): Promise<MediaPair> {
  pair = await mediaPair({ ...options, configured: false });
  configure(pair.a, pair.b, options);
  configure(pair.b, pair.a, options);
  return pair;
}

function configure(
  who: Party,
  peer: Party,
  { codec = 'PCMU', events = true }: { codec?: MediaPairOptions['codec']; events?: boolean },
): void {
  who.session.configure(parametersTo(peer, { codec, events }));
}

/** Lets a party's phone send the sound of keys. */
function playKeys(session: MediaSession, digits: string, on = DURATION, off = GAP): void {
  const samples = keySignal({ digits, on, off, level: -8 });
  session.play([{ type: 'clip', clip: clipOf(samples) }]);
}

describe('a thousand presses, a tenth of the packets lost', () => {
  it.each([1, 2, 3])('are a thousand as telephone events (seed %i)', async (seed) => {
    const digits = randomDigits(PRESSES, seed);
    await pairWithout({ fate: losing(10, seed) });
    void pair.a.session.sendDigits(digits, DURATION, GAP);
    await pair.clock.run(PRESSES * (DURATION + GAP) + 2_000);
    expect(pair.b.digits.join('')).toBe(digits);
  });

  it('are a thousand as telephone events and SIP INFO of each', async () => {
    const digits = randomDigits(PRESSES, 4);
    await pairWithout({ fate: losing(10, 4) });
    void pair.a.session.sendDigits(digits, DURATION, GAP);
    for (const digit of digits) {
      await pair.clock.run(DURATION + GAP);
      // The phone sends it when the key is released, and it takes a while.
      pair.b.session.reportDigit(digit, DURATION);
    }
    await pair.clock.run(2_000);
    expect(pair.b.digits.join('')).toBe(digits);
  });

  // A sound cannot be told from what did not come: of 100 ms five packets in six may be lost.
  it.each([
    ['PCMU', 5],
    ['PCMA', 6],
    ['PCMU', 7],
  ] as const)('are a thousand as tones of 200 ms in %s (seed %i)', async (codec, seed) => {
    const digits = randomDigits(PRESSES, seed);
    await pairWithout({ codec, events: false, fate: losing(10, seed) });
    playKeys(pair.a.session, digits, 200);
    await pair.clock.run(PRESSES * (200 + GAP) + 2_000);
    expect(pair.b.digits.join('')).toBe(digits);
  });

  it('are never more than a thousand, and hardly less, as tones of 100 ms', async () => {
    const digits = randomDigits(PRESSES, 5);
    await pairWithout({ events: false, fate: losing(10, 5) });
    playKeys(pair.a.session, digits);
    await pair.clock.run(PRESSES * (DURATION + GAP) + 2_000);
    const heard = pair.b.digits;
    let at = -1;
    // Those that are there are the right ones, in their order.
    expect(heard.every((digit) => (at = digits.indexOf(digit, at + 1)) >= 0)).toBe(true);
    expect(heard.length).toBeGreaterThanOrEqual(995);
    expect(heard.length).toBeLessThanOrEqual(PRESSES);
  });
});

describe('a key that is heard as well as reported', () => {
  it.each(['always', 'auto'] as const)('is one digit (%s)', async (detectDigits) => {
    pair = await mediaPair();
    const digits: string[] = [];
    const session = await pair.engine.createSession({
      localHost: '10.0.0.3',
      handler: { onDigit: (digit) => void digits.push(digit), onTimeout: () => undefined },
      detectDigits,
    });
    const listener: Party = { ...pair.b, session };
    session.configure(parametersTo(pair.a));
    pair.a.session.configure(parametersTo(listener));
    for (const digit of '5577*') {
      // A phone that lets the tone through until its events begin, and some of it after their end.
      playKeys(pair.a.session, digit, 60, 0);
      await pair.clock.run(100);
      void pair.a.session.sendDigits(digit, 120, 60);
      await pair.clock.run(120);
      playKeys(pair.a.session, digit, 50, 0);
      await pair.clock.run(20);
      session.reportDigit(digit, 120);
      await pair.clock.run(400);
    }
    expect(digits.join('')).toBe('5577*');
    void session.close();
  });

  it.each([
    ['auto', true, ''],
    ['auto', false, '42'],
    ['always', true, '42'],
    ['never', false, ''],
  ] as const)('counts with %s, events agreed %s: "%s"', async (detectDigits, events, expected) => {
    pair = await mediaPair();
    const digits: string[] = [];
    const session = await pair.engine.createSession({
      localHost: '10.0.0.3',
      handler: { onDigit: (digit) => void digits.push(digit), onTimeout: () => undefined },
      detectDigits,
    });
    const listener: Party = { ...pair.b, session };
    session.configure(parametersTo(pair.a, { events }));
    pair.a.session.configure(parametersTo(listener, { events }));
    playKeys(pair.a.session, '42');
    await pair.clock.run(1_000);
    expect(digits.join('')).toBe(expected);
    void session.close();
  });

  it('is no more heard once the peer has agreed to events', async () => {
    await pairWithout({ events: false });
    playKeys(pair.a.session, '1');
    await pair.clock.run(600);
    configure(pair.b, pair.a, { events: true });
    playKeys(pair.a.session, '2');
    await pair.clock.run(600);
    configure(pair.b, pair.a, { events: false });
    playKeys(pair.a.session, '3');
    await pair.clock.run(600);
    expect(pair.b.digits.join('')).toBe('13');
  });
});
