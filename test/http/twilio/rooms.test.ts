import { callSid, queueSid } from '../../../runtime/twiml/sid';
import { accountSid, authToken, TwoServers } from './support/two-servers';
import { membersOf } from './support/typings';

let both: TwoServers;

beforeAll(async () => {
  both = await TwoServers.open();
});

afterAll(() => both.close());

const parties = { to: '+4930987654', from: '+4930123456' };

async function raw(path: string): Promise<Record<string, unknown>> {
  const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
  const response = await fetch(`${both.base}/2010-04-01/Accounts/${accountSid}${path}`, {
    headers: { Authorization: `Basic ${basic}` },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

describe('a conference', () => {
  it('is called together, looked at, steered and ended', async () => {
    const client = both.client();
    const { appUrl, pages } = both;
    pages.set('/hold', '<Response><Say>Please hold.</Say></Response>');
    pages.set('/none', '<Response/>');
    const room = client.conferences('standup');
    const ann = await room.participants.create({ ...parties, label: 'ann' });
    expect(ann).toMatchObject({ label: 'ann', status: 'queued', muted: false, hold: false });
    expect(await room.participants('ann').fetch()).toMatchObject({ callSid: ann.callSid });
    const bob = await room.participants.create({
      ...parties,
      muted: true,
      endConferenceOnExit: true,
    });
    expect(bob.conferenceSid).toBe(ann.conferenceSid);
    await both.until(
      () => both.happened.filter(({ type }) => type === 'conference.joined').length === 2,
    );
    const conference = client.conferences(ann.conferenceSid);
    expect(await conference.fetch()).toMatchObject({
      ...{ friendlyName: 'standup', status: 'in-progress', reasonConferenceEnded: null },
    });
    expect(await client.conferences.list({ status: 'in-progress' })).toHaveLength(1);
    expect(await client.conferences.list({ friendlyName: 'other' })).toHaveLength(0);
    const list = await conference.participants.list();
    expect(list.map(({ callSid: sid, status }) => [sid, status])).toEqual(
      expect.arrayContaining([
        [ann.callSid, 'connected'],
        [bob.callSid, 'connected'],
      ]),
    );
    expect(await conference.participants.list({ muted: true })).toHaveLength(1);

    const party = conference.participants(ann.callSid);
    expect(await party.update({ muted: true })).toMatchObject({ muted: true });
    expect(await party.update({ hold: true, holdUrl: `${appUrl}/hold` })).toMatchObject({
      hold: true,
    });
    expect(await party.update({ hold: false, muted: false })).toMatchObject({ hold: false });
    await party.update({ announceUrl: `${appUrl}/hold` });
    await conference.update({ announceUrl: `${appUrl}/hold`, announceMethod: 'GET' });
    expect(await party.update({ coaching: true, callSidToCoach: bob.callSid })).toMatchObject({
      ...{ coaching: true, callSidToCoach: bob.callSid },
    });
    expect(await party.update({ coaching: false })).toMatchObject({ coaching: false });
    expect(await party.update({ endConferenceOnExit: true })).toMatchObject({
      endConferenceOnExit: true,
    });
    expect(await raw(`/Conferences/${ann.conferenceSid}.json`)).toEqual(
      membersOf('conference.d.ts', 'ConferenceResource'),
    );
    expect(await raw(`/Conferences/${ann.conferenceSid}/Participants/${ann.callSid}.json`)).toEqual(
      membersOf('conference/participant.d.ts', 'ParticipantResource'),
    );
    await expect(party.update({ announceUrl: `${appUrl}/none` })).rejects.toMatchObject({
      code: 12100,
    });
    await expect(party.update({ waitUrl: `${appUrl}/hold` })).rejects.toMatchObject({
      status: 501,
    });
    await expect(party.update({ coaching: true })).rejects.toMatchObject({ code: 20001 });
    await expect(conference.participants('nobody').fetch()).rejects.toMatchObject({ code: 20404 });

    // Whose leaving ends it.
    await party.update({ endConferenceOnExit: false });
    expect(await party.remove()).toBe(true);
    expect(await conference.participants.list()).toHaveLength(1);
    await conference.update({ status: 'completed' });
    expect(await conference.fetch()).toMatchObject({
      ...{ status: 'completed', reasonConferenceEnded: 'conference-ended-via-api' },
      callSidEndingConference: bob.callSid,
    });
    expect(both.told.filter(({ path }) => path.startsWith('/hold'))).toMatchObject([
      { method: 'GET', parameters: { FriendlyName: 'standup', CallSid: ann.callSid } },
      { method: 'POST', parameters: { ConferenceSid: ann.conferenceSid } },
      { method: 'GET' },
    ]);
  });

  it('that nobody was in is not found', async () => {
    const none = both.client().conferences(`CF${'0'.repeat(32)}`);
    await expect(none.fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
    await expect(none.participants.create(parties)).rejects.toMatchObject({ code: 20404 });
  });
});

describe('a queue', () => {
  it('is made, entered, looked at, left for a document, and deleted', async () => {
    const client = both.client();
    const { appUrl } = both;
    const queue = await client.queues.create({ friendlyName: 'support', maxSize: 5 });
    expect(queue).toMatchObject({ friendlyName: 'support', maxSize: 5, currentSize: 0 });
    expect(queue.sid).toBe(queueSid('support'));
    await expect(client.queues.create({ friendlyName: 'support' })).rejects.toMatchObject({
      code: 22003,
    });
    expect(await client.queues(queue.sid).update({ maxSize: 7 })).toMatchObject({ maxSize: 7 });
    const waiting = await client.calls.create({
      ...parties,
      twiml: `<Response><Enqueue waitUrl="${appUrl}/wait">support</Enqueue></Response>`,
    });
    await both.until(() => both.told.find(({ path }) => path === '/wait'));
    const { members } = client.queues(queue.sid);
    expect(await members.list()).toMatchObject([{ callSid: waiting.sid, position: 1 }]);
    expect(await members('Front').fetch()).toMatchObject({ callSid: waiting.sid });
    expect(await client.queues(queue.sid).fetch()).toMatchObject({ currentSize: 1 });
    expect(await raw(`/Queues/${queue.sid}.json`)).toEqual(
      membersOf('queue.d.ts', 'QueueResource'),
    );
    expect(await raw(`/Queues/${queue.sid}/Members/Front.json`)).toEqual(
      membersOf('queue/member.d.ts', 'MemberResource'),
    );
    await expect(client.queues(queue.sid).remove()).rejects.toMatchObject({ code: 22001 });
    await expect(client.queues(queue.sid).update({ friendlyName: 'x' })).rejects.toMatchObject({
      status: 501,
    });
    await members(waiting.sid).update({ url: `${appUrl}/agent` });
    await both.until(() => both.told.find(({ path }) => path === '/agent'));
    expect(await members.list()).toEqual([]);
    await expect(members('Front').fetch()).rejects.toMatchObject({ code: 20404 });
    await client.calls(waiting.sid).update({ status: 'completed' });
    await both.until(() =>
      both.happened.find(
        ({ type, call }) => type === 'call.recorded' && callSid(call) === waiting.sid,
      ),
    );
    expect(await client.queues(queue.sid).remove()).toBe(true);
    await expect(client.queues(queue.sid).fetch()).rejects.toMatchObject({ code: 20404 });
  });

  it('is in a list page by page', async () => {
    const client = both.client();
    for (const friendlyName of ['a', 'b', 'c']) await client.queues.create({ friendlyName });
    const names: string[] = [];
    await new Promise<void>((resolve, reject) => {
      client.queues.each({
        pageSize: 2,
        callback: ({ friendlyName }) => names.push(friendlyName),
        done: (error?: Error) =>
          error === undefined || error === null ? resolve() : reject(error),
      });
    });
    expect(names).toEqual(['a', 'b', 'c']);
    const first = await client.queues.page({ pageSize: 2 });
    expect(first.instances).toHaveLength(2);
    expect((await first.nextPage())?.nextPageUrl).toBeUndefined();
    const payload = await raw('/Queues?PageSize=2');
    expect(payload).toMatchObject({ page: 0, page_size: 2, start: 0, end: 1 });
  });
});
