import type {
  ConferencePartyControl,
  ConferenceRequest,
  ConferenceResult,
} from '../../runtime/call/conference/port';
import type { LiveCall } from '../../runtime/call/live-call';
import { readWav } from '../../runtime/prompt/wav';
import { oneScene, type Scene } from './scene';
import type { PhoneCall } from './scene-phone';
import { Ear } from './scene-sounds';

const open = oneScene();

const usual: ConferenceRequest = {
  name: 'standup',
  muted: false,
  deaf: false,
  startOnEnter: true,
  endOnExit: false,
  maxParties: 50,
};

interface Guest {
  readonly call: LiveCall;
  readonly phone: PhoneCall;
  readonly leave: () => void;
  control: ConferencePartyControl | undefined;
  result: ConferenceResult | undefined;
}

async function guest(
  scene: Scene,
  voice: string,
  request: Partial<ConferenceRequest> = {},
): Promise<Guest> {
  const { call, caller } = await scene.calling(await scene.phone(voice));
  const controller = new AbortController();
  const who: Guest = {
    ...{ call, phone: caller, control: undefined, result: undefined },
    leave: () => controller.abort(),
  };
  void call
    .conference({ ...usual, ...request }, controller.signal, (control) => {
      who.control = control;
    })
    .then((result) => {
      who.result = result;
    });
  await scene.run(500);
  return who;
}

describe('a conference of calls', () => {
  it('lets everybody hear everybody else, at any number of parties', async () => {
    const scene = await open();
    const first = await guest(scene, 'caller');
    expect(first.phone.hears).toEqual([]);
    const second = await guest(scene, 'callee');
    expect(first.phone.hears).toEqual(['callee']);
    const third = await guest(scene, 'other');
    expect(first.phone.hears).toEqual(['callee', 'other']);
    expect(second.phone.hears).toEqual(['caller', 'other']);
    expect(third.phone.hears).toEqual(['caller', 'callee']);
    expect(scene.calls.conferences.list()).toHaveLength(1);
  });

  it('keeps conferences of different names apart, and forgets one with its last party', async () => {
    const scene = await open();
    const here = await guest(scene, 'caller', { name: 'here' });
    const there = await guest(scene, 'callee', { name: 'there' });
    expect([here.phone.hears, there.phone.hears]).toEqual([[], []]);
    expect(scene.calls.conferences.list()).toHaveLength(2);
    here.phone.hangUp();
    there.leave();
    await scene.run(500);
    expect(scene.calls.conferences.list()).toHaveLength(0);
    expect(here.result).toMatchObject({ type: 'left', endedBy: 'caller' });
    expect(there.result).toMatchObject({ type: 'left', endedBy: 'removed' });
    expect(there.call.state).toBe('answered');
  });

  it('lets nobody hear or be heard before it starts, and plays music meanwhile', async () => {
    const scene = await open();
    const waits = { startOnEnter: false, waitMusic: 'music' };
    const first = await guest(scene, 'caller', waits);
    const second = await guest(scene, 'callee', waits);
    expect(first.phone.hears).toEqual(['music']);
    expect(second.phone.hears).toEqual(['music']);
    const moderator = await guest(scene, 'other');
    expect(first.phone.hears).toEqual(['callee', 'other']);
    expect(moderator.phone.hears).toEqual(['caller', 'callee']);
    expect(scene.told).toContain('conference.started');
  });

  it('plays music to whoever is alone, and stops it when somebody comes', async () => {
    const scene = await open();
    const first = await guest(scene, 'caller', { waitMusic: 'music' });
    expect(first.phone.hears).toEqual(['music']);
    const second = await guest(scene, 'callee');
    expect(first.phone.hears).toEqual(['callee']);
    second.phone.hangUp();
    await scene.run(500);
    expect(first.phone.hears).toEqual(['music']);
  });

  it('ends for all when a party leaves whose leaving ends it', async () => {
    const scene = await open();
    const moderator = await guest(scene, 'caller', { endOnExit: true });
    const other = await guest(scene, 'callee');
    moderator.phone.hangUp();
    await scene.run(200);
    expect(other.result).toMatchObject({ type: 'left', endedBy: 'ended' });
    expect(other.call.state).toBe('answered');
  });

  it('is full when as many are there as a party says', async () => {
    const scene = await open();
    await guest(scene, 'caller');
    await guest(scene, 'callee');
    const late = await guest(scene, 'other', { maxParties: 2 });
    expect(late.result).toEqual({ type: 'full', parties: 2 });
  });

  it('mutes and deafens a party from the start, by its control and by its key', async () => {
    const scene = await open();
    const muted = await guest(scene, 'caller', { muted: true, muteKey: '6' });
    const deaf = await guest(scene, 'callee', { deaf: true });
    expect(deaf.phone.hears).toEqual([]);
    expect(muted.phone.hears).toEqual(['callee']);
    deaf.control?.deafen(false);
    await scene.run(300);
    expect(deaf.phone.hears).toEqual([]);
    await Promise.all([muted.phone.press('6'), scene.run(700)]);
    expect(deaf.phone.hears).toEqual(['caller']);
    muted.control?.mute(true);
    await scene.run(300);
    expect(deaf.phone.hears).toEqual([]);
  });

  it('lets a coach be heard by his agent alone, whoever came first', async () => {
    const scene = await open();
    const agent = await guest(scene, 'caller');
    const customer = await guest(scene, 'callee');
    const coach = await guest(scene, 'other', { coach: agent.call.info.id });
    expect(agent.phone.hears).toEqual(['callee', 'other']);
    expect(customer.phone.hears).toEqual(['caller']);
    expect(coach.phone.hears).toEqual(['caller', 'callee']);
  });

  it('lets a party leave with its key, and tells the flow of each key', async () => {
    const scene = await open();
    const first = await guest(scene, 'caller', { leaveKey: '*' });
    await guest(scene, 'callee');
    await Promise.all([first.phone.press('5'), scene.run(500)]);
    expect(first.result).toBeUndefined();
    expect(scene.told).toContain('dtmf 5 caller');
    await Promise.all([first.phone.press('*'), scene.run(500)]);
    expect(first.result).toMatchObject({ type: 'left', endedBy: 'leaveKey' });
    expect(first.phone.hears).toEqual([]);
  });

  it('ends a party’s stay at its time limit, with how long it was', async () => {
    const scene = await open();
    const first = await guest(scene, 'caller', { timeLimit: 3_000 });
    await scene.run(3_000);
    expect(first.result).toMatchObject({ type: 'left', endedBy: 'timeLimit', duration: 3_000 });
  });

  it('tells the flows who comes, who goes and who speaks', async () => {
    const scene = await open();
    await guest(scene, 'caller');
    const second = await guest(scene, 'callee');
    second.phone.hangUp();
    await scene.run(500);
    expect(scene.told).toEqual(
      expect.arrayContaining([
        'conference.started',
        'conference.joined',
        'conference.speaking',
        'conference.left',
      ]),
    );
  });

  it('is heard when somebody comes and when somebody goes', async () => {
    const scene = await open();
    const tones = { joinTone: 'question', leaveTone: 'ringback' };
    const first = await guest(scene, 'caller', tones);
    expect(first.phone.hears).toEqual([]);
    const second = await guest(scene, 'callee', tones);
    expect(first.phone.hears).toEqual(['callee', 'question']);
    await scene.run(1_000);
    expect(first.phone.hears).toEqual(['callee']);
    second.phone.hangUp();
    await scene.run(300);
    expect(first.phone.hears).toEqual(['ringback']);
  });

  it('is recorded for as long as who asked for it is there, and stands in its record', async () => {
    const scene = await open();
    const first = await guest(scene, 'caller', { record: { name: 'minutes' } });
    await guest(scene, 'callee');
    await scene.run(2_000);
    first.leave();
    await scene.run(500);
    expect(first.result).toMatchObject({ type: 'left', endedBy: 'removed' });
    const { recording } = first.result as Extract<ConferenceResult, { readonly type: 'left' }>;
    expect(recording?.path).toMatch(/minutes.*\.wav$/);
    expect(recording?.duration).toBeGreaterThan(2_900);
    const ear = new Ear();
    const { samples } = readWav(scene.files.file(recording?.path as string));
    for (let at = samples.length - 1_600; at < samples.length; at += 160) {
      ear.hear(samples.subarray(at, at + 160));
    }
    expect(ear.sounds).toEqual(['caller', 'callee']);
    first.call.hangup();
    await scene.run(100);
    expect(scene.record.recordings).toMatchObject([{ path: recording?.path, endedBy: 'stopped' }]);
  });
});

describe('what the configuration says for conferences', () => {
  it('is the music of whoever waits, where the flow names none', async () => {
    const scene = await open({ more: { holdMusic: 'music' } });
    const first = await guest(scene, 'caller');
    expect(first.phone.hears).toEqual(['music']);
    const second = await guest(scene, 'callee', { waitMusic: 'question' });
    expect(first.phone.hears).toEqual(['callee']);
    first.leave();
    await scene.run(1_000);
    expect(second.phone.hears).toEqual(['question']);
  });

  it('is the format of its recording, where the flow names none', async () => {
    const scene = await open({ more: { recordingFormat: 'wav-mulaw' } });
    const first = await guest(scene, 'caller', { record: {} });
    const second = await guest(scene, 'callee', { record: { format: 'wav', name: 'minutes' } });
    first.phone.hangUp();
    second.phone.hangUp();
    await scene.run(1_000);
    const formats = scene.records.flatMap(({ recordings }) =>
      recordings.map(({ format }) => format),
    );
    expect(formats.sort()).toEqual(['wav', 'wav-mulaw']);
  });
});
