import type { ConferenceRequest, ConferenceResult } from '../../../runtime/call/conference/port';
import type { CallHappening, ConferenceFact } from '../../../runtime/call/happenings';
import { oneScene, type Scene } from '../scene';

const open = oneScene();

const usual: ConferenceRequest = {
  name: 'standup',
  ...{ muted: false, deaf: false, startOnEnter: true, endOnExit: false, maxParties: 50 },
};

function isOfConference(happening: CallHappening): happening is CallHappening & ConferenceFact {
  return happening.type.startsWith('conference.');
}

async function guest(scene: Scene, voice: string, request: Partial<ConferenceRequest> = {}) {
  const { call, caller: phone } = await scene.calling(await scene.phone(voice));
  const who: { result: ConferenceResult | undefined } = { result: undefined };
  void call.conference({ ...usual, ...request }).then((result) => {
    who.result = result;
  });
  await scene.run(500);
  return { call, phone, id: call.info.id, result: () => who.result };
}

/** Two parties in a conference that is steered from outside. */
async function meeting(
  second: Partial<ConferenceRequest> = {},
  options: Parameters<typeof open>[0] = {},
) {
  const scene = await open(options);
  const happenings: CallHappening[] = [];
  scene.calls.onHappening((happening) => happenings.push(happening));
  const ann = await guest(scene, 'caller');
  const ben = await guest(scene, 'callee', { label: 'ben', ...second });
  const conference = scene.calls.conferences.get('standup');
  if (conference === undefined) throw new Error('there is no conference');
  return {
    ...{ scene, ann, ben, conference },
    /** What was told of the conference, but for who speaks. */
    told: () =>
      happenings.flatMap((each) =>
        isOfConference(each) && !/speaking|silent/.test(each.type) ? [each] : [],
      ),
  };
}

describe('a conference as those outside see it', () => {
  it('has an id, a beginning, and its parties in the order of their coming', async () => {
    const { scene, ann, ben, conference } = await meeting({ muted: true });
    expect(scene.calls.conferences.list()).toEqual([conference]);
    expect(scene.calls.conferences.get(conference.id)).toBe(conference);
    expect(conference).toMatchObject({ name: 'standup', started: true });
    expect(conference.participants).toMatchObject([
      { call: ann.id, muted: false, deaf: false, held: false, joined: conference.since },
      { call: ben.id, label: 'ben', muted: true, startOnEnter: true, endOnExit: false },
    ]);
    expect(conference.participants[1]?.joined).toBeGreaterThan(conference.since);
  });

  it('names no party that is not there', async () => {
    const { conference } = await meeting();
    expect(() => conference.mute('carol', true)).toThrow(
      'there is no party "carol" in the conference "standup"',
    );
    await expect(conference.hold('carol', true)).rejects.toMatchObject({
      code: 'CALLCHART_UNKNOWN_PARTICIPANT',
    });
  });

  it('is forgotten with its last party, and another of its name is another', async () => {
    const { scene, ann, ben, conference } = await meeting();
    ann.phone.hangUp();
    ben.phone.hangUp();
    await scene.run(500);
    expect(scene.calls.conferences.list()).toEqual([]);
    await guest(scene, 'other');
    expect(scene.calls.conferences.get('standup')?.id).not.toBe(conference.id);
  });
});

describe('a conference that is steered from outside', () => {
  it('mutes a party, named by its call or its label', async () => {
    const { scene, ann, ben, conference } = await meeting();
    conference.mute('ben', true);
    await scene.run(300);
    expect(ann.phone.hears).toEqual([]);
    conference.mute(ben.id, false);
    await scene.run(300);
    expect(ann.phone.hears).toEqual(['callee']);
  });

  it('puts a party on hold: it hears the music and is not heard', async () => {
    const { scene, ann, ben, conference } = await meeting();
    await conference.hold('ben', true, 'music');
    await scene.run(300);
    expect(ben.phone.hears).toEqual(['music']);
    expect(ann.phone.hears).toEqual([]);
    expect(conference.participants[1]).toMatchObject({ held: true });
    await conference.hold('ben', false);
    await scene.run(300);
    expect(ben.phone.hears).toEqual(['caller']);
    expect(ann.phone.hears).toEqual(['callee']);
  });

  it('takes a party out, whose hold ends with that', async () => {
    const { scene, ben, conference } = await meeting();
    await conference.hold('ben', true, 'music');
    conference.kick('ben');
    await scene.run(300);
    expect(ben.result()).toMatchObject({
      ...{ type: 'left', endedBy: 'kicked', conference: conference.id },
    });
    expect(ben.call.state).toBe('answered');
    expect(ben.call.held).toBe(false);
    expect(ben.phone.hears).toEqual([]);
    expect(conference.participants).toHaveLength(1);
  });

  it('tells all something, mixed with what they say, or one alone in place of that', async () => {
    const { scene, ann, ben, conference } = await meeting();
    await conference.announce('question');
    await scene.run(300);
    expect(ann.phone.hears.sort()).toEqual(['callee', 'question']);
    expect(ben.phone.hears.sort()).toEqual(['caller', 'question']);
    await scene.run(500);
    await conference.announce('question', 'ben');
    await scene.run(300);
    expect(ann.phone.hears).toEqual(['callee']);
    expect(ben.phone.hears).toEqual(['question']);
    await expect(conference.announce('missing')).rejects.toMatchObject({
      code: 'CALLCHART_PROMPT_MISSING',
    });
  });

  it('lets a party be heard by one alone, by its label, and by all again', async () => {
    const { scene, ann, ben, conference } = await meeting();
    const coach = await guest(scene, 'other', { coach: 'ben' });
    expect(ben.phone.hears.sort()).toEqual(['caller', 'other']);
    expect(ann.phone.hears).toEqual(['callee']);
    conference.coach(coach.id, undefined);
    await scene.run(300);
    expect(ann.phone.hears.sort()).toEqual(['callee', 'other']);
    conference.coach(coach.id, ann.id);
    await scene.run(300);
    expect(ben.phone.hears).toEqual(['caller']);
  });

  it('ends for all', async () => {
    const { scene, ann, ben, conference } = await meeting();
    conference.end();
    await scene.run(200);
    for (const each of [ann, ben]) {
      expect(each.result()).toMatchObject({ type: 'left', endedBy: 'ended' });
      expect(each.call.state).toBe('answered');
    }
    expect(scene.calls.conferences.list()).toEqual([]);
  });

  it('leaves the waiting to a flow that plays something itself', async () => {
    const scene = await open({ more: { holdMusic: 'music' } });
    const ann = await guest(scene, 'caller', { startOnEnter: false, waitMusic: false });
    expect(ann.phone.hears).toEqual([]);
    await ann.call.play('question', { loop: 3 });
    await scene.run(300);
    expect(ann.phone.hears).toEqual(['question']);
  });
});

describe('what is told of a conference', () => {
  it('is who comes, what becomes of him and why he goes, numbered, with the party as it is then', async () => {
    const { scene, ann, ben, conference, told } = await meeting();
    conference.mute('ben', true);
    conference.mute('ben', true);
    await conference.hold('ben', true, 'music');
    await conference.hold('ben', false);
    conference.kick('ben');
    ann.phone.hangUp();
    await scene.run(500);
    expect(
      told().map(({ type, call, ...each }) => [type, call, 'reason' in each ? each.reason : '']),
    ).toEqual([
      ['conference.joined', ann.id, ''],
      ['conference.started', ann.id, ''],
      ['conference.joined', ben.id, ''],
      ['conference.muted', ben.id, ''],
      ['conference.held', ben.id, ''],
      ['conference.resumed', ben.id, ''],
      ['conference.left', ben.id, 'kicked'],
      ['conference.left', ann.id, 'caller'],
      ['conference.ended', ann.id, 'last'],
    ]);
    const { participant } = told()[4] ?? {};
    expect(participant).toMatchObject({ label: 'ben', muted: true, held: true });
    expect(new Set(told().map((each) => each.conference))).toEqual(new Set([conference.id]));
    const numbers = told().map(({ sequence }) => sequence);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it.each([
    ['moderator', 'a party whose leaving ends it has gone', { endOnExit: true }],
    ['api', 'it was ended from outside', {}],
  ])('ends with the reason %s when %s', async (reason, _, request) => {
    const { scene, ben, conference, told } = await meeting(request);
    if (reason === 'api') conference.end();
    else ben.phone.hangUp();
    await scene.run(500);
    expect(told().at(-1)).toMatchObject({ type: 'conference.ended', reason });
  });
});
