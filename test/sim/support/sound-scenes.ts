import type { CallRecord } from '../../../runtime/call/call-record';
import { below, type Random } from '../../../runtime/core/random';
import { soundInFile } from '../../support/sound-files';
import { voice } from '../../support/voice';
import type { Melody } from './melody';
import { SoundDiary } from './melody';
import type { SoundPhone } from './sound-phone';
import { anyCodecs, oneOf, shuffled, type Terminal } from './terminal';
import type { World } from './world';

/** What a scene is played with. */
export interface Stage {
  readonly world: World;
  readonly random: Random;
  /** A phone of any kind, on a link of its own, with a voice that nobody else has in this scene. */
  phone(terminal?: Partial<Terminal>, isCalled?: boolean): Promise<SoundPhone>;
  /** Says what is wrong unless it is right. */
  readonly check: (right: boolean, problem: () => string) => void;
  readonly name: string;
}

/** One way to use phones, with all that must be heard, pressed and recorded in it. */
export interface SoundScene {
  readonly name: string;
  readonly weight: number;
  play(stage: Stage): Promise<void>;
}

/** Of what is sung that must be the right notes; another melody comes to less than a half. */
const ALIKE = 0.75;
const FULL = 0.85;
/** Milliseconds in which what was under way has been heard, and the jitter buffer found its depth. */
const SETTLING = 700;
const LISTENING = 1_500;

async function expectHeard(
  { world, check }: Stage,
  phone: SoundPhone,
  melody: Melody,
  when: string,
): Promise<void> {
  await world.after(SETTLING);
  const from = phone.heard.length;
  await world.after(LISTENING);
  const likeness = phone.heard.likeness(melody, from);
  const fullness = phone.heard.fullness(from);
  check(
    likeness >= ALIKE && fullness >= FULL,
    () =>
      `${when}: heard ${percent(likeness)} of the melody, something in ${percent(fullness)} of the time, ` +
      describe(phone),
  );
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function describe({ terminal, audio, host, end }: SoundPhone): string {
  const { codec, ptime, security, direction } = audio ?? {};
  return JSON.stringify({
    ...{ host, terminal, codec: codec?.name, ptime, direction },
    ...{
      security: security?.type,
      ended: end && `${end.by} ${end.cause} ${end.status} ${end.reason}`,
    },
  });
}

/** Waits for the answer; false when there will be none. */
async function answered({ world, check }: Stage, phone: SoundPhone): Promise<boolean> {
  for (let waited = 0; waited < 15_000 && phone.end === undefined; waited += 100) {
    if (phone.established) return true;
    await world.after(100);
  }
  check(false, () => `not answered: ${describe(phone)}`);
  return false;
}

const changes = ['hold', 'codecs', 'port', 'host', 'nothing', 'storm'] as const;

/** What a phone may do to its session in the middle; each time the call has to go on afterwards. */
async function change(stage: Stage, phone: SoundPhone): Promise<string> {
  const { random, world, check } = stage;
  const what = oneOf(random, changes);
  const outcomes: Awaited<ReturnType<SoundPhone['resume']>>[] = [];
  if (what === 'hold') {
    outcomes.push(await phone.hold(oneOf(random, ['sendonly', 'inactive', 'blackhole'] as const)));
    await world.after(below(random, 2_000));
    outcomes.push(await phone.resume());
  } else if (what === 'codecs') {
    outcomes.push(await phone.changeCodecs(anyCodecs(random)));
  } else if (what === 'port') {
    outcomes.push(await phone.move());
  } else if (what === 'host') {
    outcomes.push(await phone.move(world.newHost()));
  } else if (what === 'storm') {
    for (let times = 0; times < 4; times += 1) {
      outcomes.push(await phone.changeCodecs(shuffled(random, phone.terminal.codecs)));
      await world.after(below(random, 100));
    }
  }
  for (const outcome of outcomes) {
    const status = outcome.type === 'response' ? outcome.response.status : outcome.type;
    check(status === 200, () => `${what} got ${status}: ${describe(phone)}`);
  }
  return what;
}

async function pressSome(stage: Stage, phone: SoundPhone, keys: string): Promise<string> {
  const { random, world } = stage;
  let pressed = '';
  for (let times = below(random, 4); times > 0; times -= 1) {
    const key = keys[below(random, keys.length)] ?? '1';
    await phone.press(key);
    pressed += key;
    await world.after(300 + below(random, 200));
  }
  return pressed;
}

async function ended({ world, check }: Stage, ...phones: SoundPhone[]): Promise<void> {
  for (let waited = 0; waited < 40_000; waited += 100) {
    if (phones.every(({ end }) => end !== undefined)) return;
    await world.after(100);
  }
  check(false, () => `does not end: ${phones.map(describe).join(' ')}`);
}

/** The record, a little after the end: what it tells of the media is what was agreed last. */
async function recordOf({ world }: Stage, phone: SoundPhone): Promise<CallRecord> {
  await world.after(2_000);
  return world.record(phone.callId);
}

function checkMedia({ check }: Stage, record: CallRecord, phone: SoundPhone): void {
  const { media } = record;
  check(
    media?.codec === phone.audio?.codec.name,
    () => `the record says ${media?.codec}, agreed was ${describe(phone)}`,
  );
  const security = phone.audio?.security?.type ?? 'none';
  check(
    media?.security.startsWith(security) === true,
    () => `the record says ${media?.security}: ${describe(phone)}`,
  );
  const bad = Object.entries(media?.drops ?? {}).filter(([reason]) => !isHarmless(reason));
  check(bad.length === 0, () => `dropped ${JSON.stringify(bad)}: ${describe(phone)}`);
}

/** Doubles on the network, packets of the old address or key on their way, the first one of a new source. */
function isHarmless(reason: string): boolean {
  return [
    ...['srtp-replay', 'ssrc-unconfirmed', 'event-stale', 'stranger'],
    ...['srtp-auth', 'payload-type-unknown', 'rtcp-stranger', 'rtcp-malformed', 'rtcp-version'],
  ].includes(reason);
}

function sides({ world }: Stage, path: unknown): readonly SoundDiary[] {
  const { channels, sampleRate } = soundInFile(world.files.file(String(path)));
  return channels.map((channel) => SoundDiary.of(channel, sampleRate));
}

/** What people and machines say when they are called. */
const hello = { id: 'hello', sampleRate: 8_000, samples: voice(8_000, 500) };
const message = { id: 'message', sampleRate: 8_000, samples: voice(8_000, 4_000, 9) };

const KEYS = '123456789ABCD*';

export const soundScenes: readonly SoundScene[] = [
  {
    name: 'talks to the echo',
    weight: 5,
    async play(stage) {
      const { check } = stage;
      const phone = await stage.phone();
      phone.dial('whole');
      phone.sing();
      if (!(await answered(stage, phone))) return;
      await expectHeard(stage, phone, phone.melody, 'at first');
      const pressed = await pressSome(stage, phone, KEYS);
      phone.beSilent();
      await stage.world.after(500 + below(stage.random, 1_500));
      phone.sing();
      const what = await change(stage, phone);
      await expectHeard(stage, phone, phone.melody, `after ${what}`);
      const more = await pressSome(stage, phone, KEYS);
      await stage.world.after(500);
      phone.hangUp();
      await ended(stage, phone);
      const record = await recordOf(stage, phone);
      check(record.end.by === 'caller' && record.end.cause === 'bye', () => {
        return `ended ${JSON.stringify(record.end)}`;
      });
      const count = pressed.length + more.length;
      const { digits = -1, digitsByForm } = record.media ?? {};
      check(
        digits === count,
        () =>
          `${count} keys (${pressed} ${what} ${more}) gave ${JSON.stringify(digitsByForm)}: ${describe(phone)}`,
      );
      checkMedia(stage, record, phone);
      const [left, right] = sides(stage, record.recordings[0]?.['path']);
      for (const [name, side] of [
        ['left', left],
        ['right', right],
      ] as const) {
        const likeness = side?.likeness(phone.melody) ?? 0;
        check(
          likeness >= ALIKE,
          () => `recorded ${percent(likeness)} on the ${name} (${what}): ${describe(phone)}`,
        );
      }
      const length = 20 * (left?.length ?? 0);
      check(
        left?.length === right?.length && Math.abs(length - record.talked) < 300,
        () => `recorded ${length} of ${record.talked} ms`,
      );
    },
  },
  {
    name: 'talks to a colleague',
    weight: 6,
    async play(stage) {
      const { random, check, world } = stage;
      const alice = await stage.phone();
      const bob = await stage.phone({ taps: false }, true);
      bob.answersAfter = 300 + below(random, 2_000);
      alice.sing();
      bob.sing();
      alice.dial('colleague', [['X-Colleague', bob.uri]]);
      if (!(await answered(stage, alice))) return;
      const bothHear = async (when: string): Promise<void> => {
        await Promise.all([
          expectHeard(stage, alice, bob.melody, `the caller, ${when}`),
          expectHeard(stage, bob, alice.melody, `the callee, ${when}`),
        ]);
      };
      await bothHear('at first');
      const pressed = await pressSome(stage, alice, KEYS);
      const who = oneOf(random, [alice, bob]);
      const what = await change(stage, who);
      const changed = `${what} of the ${who === alice ? 'caller' : 'callee'}`;
      await bothHear(`after ${changed}`);
      const more = await pressSome(stage, alice, KEYS);
      await world.after(500);
      oneOf(random, [alice, bob]).hangUp();
      await ended(stage, alice, bob);
      const record = await recordOf(stage, alice);
      const count = pressed.length + more.length;
      check(
        record.media?.digits === count && bob.digits.join('') === pressed + more,
        () =>
          `${pressed} ${changed} ${more} came as ${bob.digits.join('')}, ` +
          `${JSON.stringify(record.media?.digitsByForm)}: ${describe(alice)} ${describe(bob)}`,
      );
      checkMedia(stage, record, alice);
      check(record.legs.length === 1, () => `${record.legs.length} legs`);
      const [left, right] = sides(stage, record.recordings[0]?.['path']);
      const likeness = [left?.likeness(alice.melody) ?? 0, right?.likeness(bob.melody) ?? 0];
      check(
        likeness.every((share) => share >= ALIKE),
        () => `recorded ${likeness.map(percent).join(', ')} after ${changed}: ${describe(alice)}`,
      );
    },
  },
  {
    name: 'meets others',
    weight: 2,
    async play(stage) {
      const { random, world, check } = stage;
      const phones: SoundPhone[] = [];
      const count = 3 + below(random, 2);
      for (let note = 0; note < count; note += 1) {
        const phone = await stage.phone({ taps: false });
        phones.push(phone);
        phone.hum(2 * note);
        const convener = note === 0 ? 'yes' : 'no';
        phone.dial('meeting', [
          ['X-Meeting', stage.name],
          ['X-Convener', convener],
        ]);
        if (!(await answered(stage, phone))) return;
      }
      const everybodyHears = async (who: readonly SoundPhone[], when: string): Promise<void> => {
        await world.after(SETTLING);
        const from = who.map(({ heard }) => heard.length);
        await world.after(LISTENING);
        for (const [index, phone] of who.entries()) {
          const others = who.filter((other) => other !== phone);
          const wanted = others.map((other) => 2 * phones.indexOf(other)).sort();
          const hums = phone.heard.hums(from[index]);
          check(
            hums.join() === wanted.join(),
            () => `${when} heard ${hums.join()} for ${wanted.join()}: ${describe(phone)}`,
          );
        }
      };
      await everybodyHears(phones, 'all');
      const changing = oneOf(random, phones);
      const what = await change(stage, changing);
      await everybodyHears(phones, `after ${what} of ${phones.indexOf(changing)}`);
      const leaver = phones.at(-1) as SoundPhone;
      const presses = below(random, 2) === 0;
      if (presses) await leaver.press('#');
      else leaver.hangUp();
      await everybodyHears(
        phones.slice(0, -1),
        `after ${describe(leaver)} ${presses ? 'left by a key' : 'hung up'}`,
      );
      for (const phone of phones) if (phone.end === undefined) phone.hangUp();
      await ended(stage, ...phones);
      const record = await recordOf(stage, phones[0] as SoundPhone);
      const [side] = sides(stage, record.recordings[0]?.['path']);
      check((side?.length ?? 0) > 200, () => `recorded ${side?.length} frames`);
      for (const phone of phones) checkMedia(stage, world.record(phone.callId), phone);
    },
  },
  {
    name: 'is a human or a machine',
    weight: 2,
    async play(stage) {
      const { random, world, check } = stage;
      const who = oneOf(random, ['human', 'machine'] as const);
      const phone = await stage.phone({ taps: false });
      phone.beSilent();
      phone.dial('who');
      if (!(await answered(stage, phone))) return;
      await world.after(600);
      phone.speak(who === 'human' ? hello : message);
      await ended(stage, phone);
      const record = await recordOf(stage, phone);
      const path = record.path.map(({ state }) => state);
      check(
        path.includes(who),
        () => `a ${who} was taken for ${path.join(' ')}: ${describe(phone)}`,
      );
    },
  },
];
