import type { CallRecord } from '../../../runtime/call/call-record';
import { below, type Random } from '../../../runtime/core/random';
import type { RawCaller } from './raw-caller';
import type { World } from './world';

export interface RawScene {
  readonly world: World;
  readonly caller: RawCaller;
  readonly random: Random;
}

/** A caller that does what no telephone should, or sends each message by hand. */
export interface RawBehaviour {
  readonly name: string;
  readonly weight: number;
  play(scene: RawScene): Promise<void>;
  check?(record: CallRecord, caller: RawCaller): string | undefined;
}

function endedAs(...ends: readonly string[]): NonNullable<RawBehaviour['check']> {
  return ({ end, answered }) => {
    const text = `${end.by} ${end.cause}`;
    return ends.includes(text) ? undefined : `${text}, ${answered ? '' : 'not '}answered`;
  };
}

/** How a call ends whose caller sends no audio and says no more. */
const bySilence = 'system media-timeout';

export const rawCallers: readonly RawBehaviour[] = [
  {
    name: 'never acknowledges',
    weight: 4,
    // The audio is missed before the ACK is.
    check: endedAs(bySilence, 'system no-ack'),
    async play({ caller }) {
      caller.acknowledges = false;
      await caller.call();
    },
  },
  {
    name: 'never acknowledges, and talks',
    weight: 3,
    check: endedAs('system no-ack'),
    async play({ caller }) {
      caller.acknowledges = false;
      if (await caller.call()) await caller.murmur(40_000);
    },
  },
  {
    name: 'never acknowledges, nor answers the BYE',
    weight: 2,
    check: endedAs(bySilence, 'system no-ack'),
    async play({ caller }) {
      caller.acknowledges = false;
      caller.answers = false;
      await caller.call();
    },
  },
  {
    name: 'cancels at once',
    weight: 4,
    async play({ caller, random, world }) {
      caller.invite();
      await world.after(below(random, 60));
      for (let again = 0; again < 5 && caller.final === undefined; again += 1) {
        caller.cancel();
        await world.after(500);
        if (caller.final === undefined) caller.invite();
      }
      await hangUpIfAccepted(caller);
    },
  },
  {
    name: 'cancels when the 200 is there',
    weight: 4,
    check: endedAs('caller bye', bySilence),
    async play({ caller, world }) {
      caller.acknowledges = false;
      if (!(await caller.call())) return;
      caller.cancel();
      await world.after(50);
      caller.acknowledges = true;
      caller.ack();
      await hangUpIfAccepted(caller);
    },
  },
  {
    name: 'sends BYE twice',
    weight: 4,
    check: endedAs('caller bye', bySilence),
    async play({ caller, world, random }) {
      if (!(await caller.call())) return;
      await world.after(below(random, 4_000));
      const branch = caller.inDialog('BYE', { cseq: 2 });
      caller.inDialog('BYE', { cseq: 2, branch });
      await world.after(below(random, 300));
      await caller.ask('BYE', { cseq: 3 });
    },
  },
  {
    name: 'answers our BYE with its own',
    weight: 3,
    check: endedAs(bySilence),
    async play({ caller }) {
      caller.answers = false;
      if (!(await caller.call())) return;
      await caller.until(() => caller.requests('BYE').length > 0);
      await caller.ask('BYE');
      caller.answers = true;
    },
  },
  {
    name: 'sends everything over and over',
    weight: 3,
    check: endedAs('caller bye', bySilence),
    async play({ caller, world, random }) {
      for (let i = 0; i < 6; i += 1) {
        caller.invite();
        await world.after(below(random, 40));
      }
      if (!(await caller.call())) return;
      for (let i = 0; i < 4; i += 1) caller.ack();
      caller.invite();
      await world.after(1_000);
      caller.ack();
      await caller.ask('BYE');
      caller.invite();
      caller.ack();
    },
  },
  {
    name: 'vanishes with its INVITE',
    weight: 3,
    check: endedAs(bySilence, 'system no-ack'),
    async play({ caller, world }) {
      caller.invite();
      await world.after(120);
      world.cut(caller.host);
    },
  },
  {
    name: 'leaves the offer to us',
    weight: 3,
    check: endedAs('caller bye', bySilence, 'system no-ack'),
    async play({ caller, world }) {
      caller.ackBody = caller.offer();
      if (!(await caller.call(''))) return;
      await world.after(2_000);
      await caller.ask('BYE');
    },
  },
  {
    name: 'leaves the offer to us and never answers it',
    weight: 2,
    async play({ caller, world }) {
      if (!(await caller.call(''))) return;
      await world.after(1_000);
    },
  },
  {
    name: 'has no codec that we know',
    weight: 2,
    check: ({ end }, { final }) =>
      end.cause === 'not-acceptable' && (final === undefined || final.status === 488)
        ? undefined
        : `${end.cause}, and it got ${final?.status}`,
    async play({ caller }) {
      await caller.call(caller.offer('18 101', 'a=rtpmap:18 G729/8000'));
    },
  },
  {
    name: 'hangs up before its ACK',
    weight: 3,
    check: endedAs('caller bye', bySilence),
    async play({ caller }) {
      caller.acknowledges = false;
      if (!(await caller.call())) return;
      await caller.ask('BYE');
      caller.ack();
    },
  },
  {
    name: 'sends a re-INVITE and does not acknowledge it',
    weight: 3,
    async play({ caller, world, random }) {
      if (!(await caller.call())) return;
      await world.after(below(random, 1_000));
      caller.acknowledges = false;
      await caller.ask('INVITE', { body: caller.offer(), type: 'application/sdp' });
      if (below(random, 2) === 0) await caller.ask('BYE');
    },
  },
  {
    name: 'presses 1 by INFO, out of order and of unknown types',
    weight: 4,
    check: endedAs('caller bye', bySilence),
    async play({ caller, world }) {
      if (!(await caller.call())) return;
      await world.after(2_000);
      const relay = 'application/dtmf-relay';
      await caller.ask('INFO', { cseq: 9, type: relay, body: 'Signal=1\r\nDuration=100\r\n' });
      // RFC 3261 §12.2.2: lower than the last one.
      await caller.ask('INFO', { cseq: 4, type: relay, body: 'Signal=2\r\nDuration=100\r\n' });
      await caller.ask('INFO', { cseq: 10, type: 'text/plain', body: 'hello' });
      await caller.ask('MESSAGE', { cseq: 11, type: 'text/plain', body: 'hello' });
      await caller.ask('BYE', { cseq: 12 });
    },
  },
  {
    name: 'sends noise between its messages',
    weight: 3,
    check: endedAs('caller bye', bySilence),
    async play({ caller, random, world }) {
      const noise = (): void => {
        const size = below(random, 400);
        caller.send(Uint8Array.from({ length: size }, () => below(random, 256)));
        caller.send('INVITE sip:reception@10.0.0.1 SIP/2.0\r\nVia: nonsense\r\n\r\n');
        caller.send('BYE\r\n\r\n');
      };
      noise();
      if (!(await caller.call())) return;
      noise();
      await world.after(500);
      noise();
      await caller.ask('BYE');
      noise();
    },
  },
  {
    name: 'asks for what we do not have',
    weight: 2,
    async play({ caller }) {
      await caller.call(undefined, ['Require: sec-agree']);
    },
  },
];

/** A 200 may have crossed the CANCEL (RFC 3261 §9.1). */
async function hangUpIfAccepted(caller: RawCaller): Promise<void> {
  await caller.until(() => caller.final !== undefined, 8_000);
  if (caller.accepted !== undefined) await caller.ask('BYE');
}
