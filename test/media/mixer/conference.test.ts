import type { ToneSpec } from '../../../runtime/core/audio';
import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { InlineMediaEngine } from '../../../runtime/media/engine';
import type {
  ConferenceOptions,
  ConferenceParty,
  MediaConference,
  MediaSession,
  PartyOptions,
} from '../../../runtime/media/port';
import { readWav } from '../../../runtime/prompt/wav';
import { MemoryFiles } from '../../support/memory-files';
import { MemoryMediaNetwork } from '../../support/memory-media-network';

/** A phone in a call with a leg of ours, and what it hears. */
interface Guest {
  readonly phone: MediaSession;
  readonly leg: MediaSession;
  readonly frequency: number;
  heard: number[];
}

const FREQUENCIES = [300, 700, 1_100, 1_900];

class Scene {
  readonly clock = new VirtualClock();
  readonly network = new MemoryMediaNetwork(this.clock);
  readonly files = new MemoryFiles();
  readonly engine = new InlineMediaEngine({
    clock: this.clock,
    network: this.network,
    random: new SeededRandom(1),
    files: this.files,
  });
  readonly guests: Guest[] = [];
  readonly conference: MediaConference;

  constructor(options: ConferenceOptions = {}) {
    this.conference = this.engine.conference(options);
  }

  async guest(codec: keyof typeof FORMATS = 'PCMU'): Promise<Guest> {
    const index = this.guests.length;
    const handler = { onDigit: () => undefined, onTimeout: () => undefined };
    const phone = await this.engine.createSession({ localHost: `10.0.1.${index + 1}`, handler });
    const leg = await this.engine.createSession({ localHost: `10.0.0.${index + 1}`, handler });
    phone.configure(toward(leg, codec));
    leg.configure(toward(phone, codec));
    const guest: Guest = { phone, leg, frequency: FREQUENCIES[index] as number, heard: [] };
    phone.listen((frame) => guest.heard.push(...frame));
    this.guests.push(guest);
    return guest;
  }

  /** Guests that say a tone of their own, each in the conference. */
  async meeting(count: number, options: readonly PartyOptions[] = []): Promise<ConferenceParty[]> {
    const parties: ConferenceParty[] = [];
    for (let index = 0; index < count; index += 1) {
      const guest = await this.guest();
      guest.phone.play([{ type: 'tone', tone: tone(guest.frequency) }]);
      parties.push(this.conference.join(guest.leg, options[index]));
    }
    return parties;
  }

  /** Which tones each guest hears in the last half of the next second. */
  async listen(): Promise<number[][]> {
    await this.clock.run(500);
    for (const guest of this.guests) guest.heard = [];
    await this.clock.run(500);
    return this.guests.map(({ heard }) =>
      FREQUENCIES.filter((frequency) => amplitude(heard, frequency) > 800),
    );
  }

  async close(): Promise<void> {
    this.conference.close();
    await this.engine.close();
    await this.clock.run(500);
    expect(this.engine.openSessions).toBe(0);
    expect(this.clock.pending).toBe(0);
  }
}

const FORMATS = {
  PCMU: { name: 'PCMU', payloadType: 0, clockRate: 8_000 },
  G722: { name: 'G722', payloadType: 9, clockRate: 8_000 },
  opus: { name: 'opus', payloadType: 107, clockRate: 48_000 },
} as const;

function toward(
  peer: MediaSession,
  codec: keyof typeof FORMATS = 'PCMU',
): Parameters<MediaSession['configure']>[0] {
  return {
    remote: { rtp: peer.local },
    codec: FORMATS[codec],
    direction: 'sendrecv',
    ptime: 20,
  };
}

function tone(frequency: number): ToneSpec {
  return { frequencies: [frequency], cadence: [], duration: 60_000, level: -16 };
}

/** Of one frequency in samples at 8 kHz. */
function amplitude(samples: readonly number[], frequency: number): number {
  let real = 0;
  let imaginary = 0;
  for (const [i, sample] of samples.entries()) {
    const angle = (2 * Math.PI * frequency * i) / 8_000;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / Math.max(1, samples.length);
}

describe('a conference of sessions', () => {
  let scene: Scene;

  beforeEach(() => {
    scene = new Scene();
  });

  afterEach(() => scene.close());

  it('lets each of four parties hear the other three and not itself', async () => {
    await scene.meeting(4);
    const all = FREQUENCIES;
    expect(await scene.listen()).toEqual(all.map((own) => all.filter((each) => each !== own)));
    expect(scene.conference.parties).toBe(4);
  });

  it('does not let a muted party be heard until it is unmuted', async () => {
    const [muted] = await scene.meeting(3, [{ muted: true }]);
    expect(await scene.listen()).toEqual([[700, 1_100], [1_100], [700]]);
    muted!.update({ muted: false });
    expect(await scene.listen()).toEqual([
      [700, 1_100],
      [300, 1_100],
      [300, 700],
    ]);
  });

  it('does not let a deaf party hear', async () => {
    const [deaf] = await scene.meeting(2, [{ deaf: true }]);
    expect(await scene.listen()).toEqual([[], [300]]);
    deaf!.update({ deaf: false });
    expect(await scene.listen()).toEqual([[700], [300]]);
  });

  it('lets a coach be heard by the one alone whom he coaches', async () => {
    const parties = await scene.meeting(3);
    parties[2]!.update({ coaches: [scene.guests[0]!.leg] });
    expect(await scene.listen()).toEqual([[700, 1_100], [300], [300, 700]]);
  });

  it('goes on without a party that leaves, whose session lives on', async () => {
    const parties = await scene.meeting(3);
    parties[0]!.leave();
    expect(await scene.listen()).toEqual([[], [1_100], [700]]);
    expect(parties[0]!.left).toBe(true);
    expect(scene.engine.openSessions).toBe(6);
  });

  it('lets a party go whose session is closed, and says so', async () => {
    const left: MediaSession[] = [];
    await scene.close();
    scene = new Scene({ onLeft: (session) => left.push(session) });
    await scene.meeting(3);
    await scene.guests[1]!.leg.close();
    expect(left).toEqual([scene.guests[1]!.leg]);
    expect(scene.conference.parties).toBe(2);
    expect(await scene.listen()).toEqual([[1_100], [], [300]]);
  });

  it('sends a party that hears nobody an even stream of silence', async () => {
    await scene.meeting(1);
    await scene.clock.run(1_000);
    const sent = scene.network.sent.filter(
      ({ kind, from }) => kind === 'rtp' && from.host === '10.0.0.1',
    );
    expect(sent.length).toBeGreaterThanOrEqual(49);
  });

  it('refuses a session that is in a conference already', async () => {
    await scene.meeting(1);
    expect(() => scene.conference.join(scene.guests[0]!.leg)).toThrow(/already/);
  });

  it.each([[['PCMU', 'G722', 'opus', 'PCMU']], [['opus', 'opus', 'PCMU', 'G722']]] as const)(
    'lets parties hear each other whose codecs are %j',
    async (codecs) => {
      for (const codec of codecs) {
        const guest = await scene.guest(codec);
        guest.phone.play([{ type: 'tone', tone: tone(guest.frequency) }]);
        scene.conference.join(guest.leg);
      }
      expect(await scene.listen()).toEqual(
        FREQUENCIES.map((own) => FREQUENCIES.filter((each) => each !== own)),
      );
    },
  );

  it('goes on when a party changes its codec', async () => {
    await scene.meeting(2);
    const [first, second] = scene.guests as [Guest, Guest];
    for (const { phone, leg } of [first, second]) {
      phone.configure(toward(leg, 'opus'));
      leg.configure(toward(phone, 'opus'));
    }
    expect(await scene.listen()).toEqual([[700], [300]]);
  });

  it('plays to all, mixed with what is said', async () => {
    await scene.meeting(2);
    scene.conference.play([{ type: 'tone', tone: tone(1_900) }]);
    expect(await scene.listen()).toEqual([
      [700, 1_900],
      [300, 1_900],
    ]);
  });

  it('stops what it plays at once, or when something else is played', async () => {
    await scene.meeting(1);
    const first = scene.conference.play([{ type: 'tone', tone: tone(1_900) }]);
    const second = scene.conference.play([{ type: 'tone', tone: tone(1_100) }]);
    expect(await first.done).toMatchObject({ type: 'stopped' });
    expect(await scene.listen()).toEqual([[1_100]]);
    second.stop();
    expect(await scene.listen()).toEqual([[]]);
  });

  it('records everybody in one file for as long as it is asked to', async () => {
    await scene.meeting(3);
    await scene.clock.run(500);
    const recording = scene.conference.record({
      path: '/conference.wav',
      ...{ maxDuration: 60_000, endSilence: 100, finishOn: '1', beep: false },
    });
    await scene.clock.run(2_000);
    recording.stop();
    await scene.clock.run(100);
    const { type, duration, path } = await recording.done;
    expect(type).toBe('stopped');
    expect(duration).toBeGreaterThanOrEqual(1_960);
    expect(duration).toBeLessThanOrEqual(2_000);
    const { samples } = readWav(scene.files.file(path as string));
    const heard = FREQUENCIES.filter((frequency) => amplitude([...samples], frequency) > 800);
    expect(heard).toEqual([300, 700, 1_100]);
  });

  it('tells who began and who ceased to speak', async () => {
    const told: [MediaSession, boolean][] = [];
    await scene.close();
    scene = new Scene({ onSpeech: (session, speaking) => told.push([session, speaking]) });
    const guest = await scene.guest();
    scene.conference.join(guest.leg);
    await scene.clock.run(500);
    expect(told).toEqual([]);
    const speech = guest.phone.play([{ type: 'tone', tone: { ...tone(500), duration: 600 } }]);
    await scene.clock.run(400);
    expect(told).toEqual([[guest.leg, true]]);
    speech.stop();
    await scene.clock.run(1_000);
    expect(told).toEqual([
      [guest.leg, true],
      [guest.leg, false],
    ]);
  });
});
