import type { CallRecord } from '../../../runtime/call/call-record';
import { below, fraction, type Random } from '../../../runtime/core/random';
import type { SimulatedPhone } from './phone';
import { sendGarbage } from './stray-media';
import type { World } from './world';

/** What a script may use. */
export interface Scene {
  readonly world: World;
  readonly phone: SimulatedPhone;
  readonly random: Random;
}

/** A way to use a telephone. The phone has been dialled; the script may leave the rest to the server. */
export interface PhoneCaller {
  readonly name: string;
  /** How many of them there are among the others. */
  readonly weight: number;
  play(scene: Scene): Promise<void>;
  /** What its record must say beyond what all must; the states that the call went through, as a start. */
  readonly path?: readonly string[];
  readonly digits?: string;
  /** The end that is always its own. */
  readonly end?: readonly [by: string, cause: string];
  /** It can no longer know how its call ended. */
  readonly vanishes?: boolean;
  check?(record: CallRecord): string | undefined;
}

const toMenu = ['welcome', 'menu'] as const;
const toTransfer = [...toMenu, 'announce', 'transfer'] as const;

/** Waits for the menu to be heard, or presses into the welcome. */
async function listen({ phone, random }: Scene): Promise<void> {
  await phone.answered();
  await phone.wait(1_600 + below(random, 4_000));
}

async function press(scene: Scene, digit: string): Promise<void> {
  await listen(scene);
  await scene.phone.press(digit);
}

async function leave({ phone, random }: Scene, atMost = 3_000): Promise<void> {
  await phone.wait(500 + below(random, atMost));
  phone.hangUp();
}

/** Leaves a message once it is in the state for it: the prompt takes four seconds, the beep a half. */
async function leaveMessage(scene: Scene, finish: boolean): Promise<void> {
  const { phone } = scene;
  await phone.wait(5_500);
  phone.speak(2_000);
  await phone.wait(2_300);
  if (finish) {
    await phone.press('#');
    await phone.over();
  } else {
    phone.hangUp();
  }
}

function recorded(record: CallRecord): string | undefined {
  const { recordings } = record;
  const duration = Number(recordings[0]?.['duration'] ?? 0);
  return recordings.length === 1 && duration > 1_500 && duration < 6_000
    ? undefined
    : `the message is not there: ${JSON.stringify(recordings)}`;
}

export const phoneCallers: readonly PhoneCaller[] = [
  {
    name: 'presses 1, listens and hangs up',
    weight: 14,
    path: [...toMenu, 'hours'],
    digits: '1',
    end: ['caller', 'bye'],
    async play(scene) {
      await press(scene, '1');
      await leave(scene);
    },
  },
  {
    name: 'presses 1 by INFO',
    weight: 8,
    path: [...toMenu, 'hours'],
    digits: '1',
    end: ['caller', 'bye'],
    async play(scene) {
      await listen(scene);
      await scene.phone.pressByInfo('1');
      await leave(scene);
    },
  },
  {
    name: 'presses 1 once and hears the menu again',
    weight: 4,
    path: [...toMenu, 'hours', 'menu'],
    digits: '1',
    end: ['caller', 'bye'],
    async play(scene) {
      await press(scene, '1');
      // The opening hours take less than five seconds: a doubled key would be taken by now.
      await scene.phone.wait(6_500);
      scene.phone.hangUp();
    },
  },
  {
    name: 'presses 1 once by INFO and hears the menu again',
    weight: 3,
    path: [...toMenu, 'hours', 'menu'],
    digits: '1',
    end: ['caller', 'bye'],
    async play(scene) {
      await listen(scene);
      await scene.phone.pressByInfo('1');
      await scene.phone.wait(6_500);
      scene.phone.hangUp();
    },
  },
  {
    name: 'presses 1 once, by RFC 4733 and by INFO',
    weight: 3,
    path: [...toMenu, 'hours', 'menu'],
    digits: '1',
    end: ['caller', 'bye'],
    async play(scene) {
      await listen(scene);
      await scene.phone.press('1');
      void scene.phone.pressByInfo('1');
      await scene.phone.wait(6_500);
      scene.phone.hangUp();
    },
  },
  {
    name: 'presses into the welcome',
    weight: 5,
    path: [...toMenu, 'hours'],
    digits: '1',
    end: ['caller', 'bye'],
    async play(scene) {
      await scene.phone.answered();
      await scene.phone.wait(100 + below(scene.random, 300));
      await scene.phone.press('1');
      await leave(scene);
    },
  },
  {
    name: 'presses a wrong key, then 1',
    weight: 4,
    path: [...toMenu, 'hours'],
    digits: '7,1',
    async play(scene) {
      await press(scene, '7');
      await scene.phone.wait(2_500);
      await scene.phone.press('1');
      await leave(scene);
    },
  },
  {
    name: 'leaves a message and ends it with the hash key',
    weight: 6,
    path: [...toMenu, 'message', 'thanks', 'bye', 'done'],
    end: ['flow', 'bye'],
    check: recorded,
    async play(scene) {
      await press(scene, '2');
      await leaveMessage(scene, true);
    },
  },
  {
    name: 'hangs up in a message',
    weight: 4,
    path: [...toMenu, 'message'],
    end: ['caller', 'bye'],
    check: recorded,
    async play(scene) {
      await press(scene, '2');
      await leaveMessage(scene, false);
    },
  },
  {
    name: 'says nothing at all',
    weight: 2,
    path: [...toMenu, 'bye', 'done'],
    end: ['flow', 'bye'],
    async play({ phone }) {
      await phone.answered();
      await phone.over();
    },
  },
  {
    name: 'is transferred',
    weight: 5,
    path: toTransfer,
    end: ['flow', 'transferred'],
    async play(scene) {
      const { phone } = scene;
      phone.onRefer = (refer) => {
        const progress = refer.accept();
        void afterwards(scene, 100, () => progress.progress(180));
        void afterwards(scene, 1_500, () => void progress.done(200));
      };
      await press(scene, '0');
      await phone.over();
    },
  },
  {
    name: 'reports that the operator is busy',
    weight: 3,
    path: [...toTransfer, 'unanswered', 'message'],
    end: ['caller', 'bye'],
    async play(scene) {
      const { phone } = scene;
      phone.onRefer = (refer) => {
        const progress = refer.accept();
        void afterwards(scene, 400, () => void progress.done(486));
      };
      await press(scene, '0');
      await phone.wait(11_000 + below(scene.random, 2_000));
      phone.hangUp();
    },
  },
  {
    name: 'refuses to be transferred',
    weight: 3,
    path: [...toTransfer, 'unanswered', 'message'],
    end: ['caller', 'bye'],
    async play(scene) {
      await press(scene, '0');
      await scene.phone.wait(11_000);
      scene.phone.hangUp();
    },
  },
  {
    name: 'takes the REFER and never says what became of it',
    weight: 2,
    path: [...toTransfer, 'unanswered', 'message'],
    end: ['caller', 'bye'],
    async play(scene) {
      scene.phone.onRefer = (refer) => refer.accept();
      await press(scene, '0');
      await scene.phone.wait(31_000);
      scene.phone.hangUp();
    },
  },
  {
    name: 'hangs up as soon as it has taken the REFER',
    weight: 3,
    path: toTransfer,
    end: ['caller', 'bye'],
    async play(scene) {
      const { phone } = scene;
      phone.onRefer = (refer) => {
        refer.accept();
        void afterwards(scene, 0, () => phone.hangUp());
      };
      await press(scene, '0');
      await phone.over();
    },
  },
  {
    name: 'hangs up whenever it likes',
    weight: 10,
    async play({ phone, random }) {
      await phone.wait(below(random, 12_000));
      phone.hangUp();
    },
  },
  {
    name: 'hangs up at once',
    weight: 6,
    async play({ phone, random }) {
      await phone.wait(below(random, 250));
      phone.hangUp();
    },
  },
  {
    name: 'holds, comes back and goes on',
    weight: 5,
    path: [...toMenu, 'hours'],
    async play(scene) {
      const { phone, random } = scene;
      await phone.answered();
      await phone.wait(500 + below(random, 1_000));
      const styles = ['sendonly', 'inactive', 'blackhole'] as const;
      await phone.hold(styles[below(random, 3)] ?? 'sendonly');
      await phone.wait(below(random, 3_000));
      await phone.resume();
      await phone.wait(300);
      await phone.press('1');
      await leave(scene);
    },
  },
  {
    name: 'hangs up while it changes the session',
    weight: 4,
    end: ['caller', 'bye'],
    async play({ phone, random }) {
      await phone.answered();
      await phone.wait(300);
      void phone.hold('sendonly');
      await phone.wait(below(random, 120));
      phone.hangUp();
    },
  },
  {
    name: 'vanishes',
    weight: 4,
    vanishes: true,
    async play({ world, phone, random }) {
      await phone.wait(below(random, 5_000));
      world.cut(phone.host);
    },
  },
  {
    name: 'is disturbed by strangers and sends garbage',
    weight: 4,
    path: [...toMenu, 'hours'],
    digits: '1',
    end: ['caller', 'bye'],
    async play(scene) {
      const { phone, random } = scene;
      await phone.answered();
      await phone.wait(1_000);
      await sendGarbage(scene.world, phone, random);
      await phone.wait(500 + below(random, 1_500));
      await phone.press('1');
      await leave(scene);
    },
  },
];

/** Does something later, unless the call is over by then. */
async function afterwards({ phone, random }: Scene, delay: number, act: () => void): Promise<void> {
  try {
    await phone.wait(delay + Math.floor(fraction(random) * 50));
  } catch {
    return;
  }
  act();
}
