import { callSid } from '../../../runtime/twiml/sid';
import { clientOf } from './support/client';
import { accountSid, authToken, TwoServers } from './support/two-servers';
import { membersOf } from './support/typings';

let both: TwoServers;

beforeAll(async () => {
  both = await TwoServers.open();
});

afterAll(() => both.close());

it('places a call, and fetches, redirects and ends it', async () => {
  const client = both.client();
  const { appUrl } = both;
  const call = await client.calls.create({
    to: '+4930987654',
    from: '+4930123456',
    url: `${appUrl}/voice`,
    statusCallback: `${appUrl}/status`,
    statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
  });
  expect(call).toMatchObject({
    ...{ accountSid, to: '+4930987654', from: '+4930123456', status: 'queued' },
    ...{ direction: 'outbound-api', apiVersion: '2010-04-01', startTime: null, endTime: null },
    uri: `/2010-04-01/Accounts/${accountSid}/Calls/${call.sid}.json`,
  });
  const asked = await both.until(() => both.told.find(({ path }) => path === '/voice'));
  expect(asked.parameters).toMatchObject({ CallSid: call.sid, Direction: 'outbound-api' });
  const answered = await client.calls(call.sid).fetch();
  expect(answered).toMatchObject({ status: 'in-progress', endTime: null });
  expect(answered.startTime).toBeInstanceOf(Date);

  await client.calls(call.sid).update({ url: `${appUrl}/elsewhere`, method: 'GET' });
  await both.until(() => both.told.find(({ path }) => path.startsWith('/elsewhere')));
  await client
    .calls(call.sid)
    .update({ twiml: '<Response><Redirect>' + appUrl + '/third</Redirect></Response>' });
  await both.until(() => both.told.find(({ path }) => path === '/third'));

  await client.calls(call.sid).update({ status: 'completed' });
  const { call: id } = await both.happening('call.recorded');
  expect(callSid(id)).toBe(call.sid);
  expect(await client.calls(call.sid).fetch()).toMatchObject({ status: 'completed' });
  await both.until(() =>
    both.told.find(({ parameters }) => parameters['CallStatus'] === 'completed'),
  );
  expect(
    both.told.filter(({ path }) => path === '/status').map(({ parameters: p }) => p['CallStatus']),
  ).toEqual(['initiated', 'in-progress', 'completed']);
});

describe('calls', () => {
  const parties = { to: '+4930987654', from: '+4930123456' };

  async function talking(more: object = {}): Promise<string> {
    const url = `${both.appUrl}/voice`;
    const { sid } = await both.client().calls.create({ ...parties, url, ...more });
    await both.until(() =>
      both.happened.find(({ type, call }) => type === 'call.answered' && callSid(call) === sid),
    );
    return sid;
  }

  async function over(sid: string): Promise<void> {
    await both.until(() =>
      both.happened.find(({ type, call }) => type === 'call.recorded' && callSid(call) === sid),
    );
  }

  it('that ring are cancelled, and say so', async () => {
    const client = both.client();
    const { sid } = await client.calls.create({ ...parties, twiml: '<Response/>' });
    expect(await client.calls(sid).update({ status: 'canceled' })).toMatchObject({
      status: 'canceled',
    });
    await over(sid);
    expect(await client.calls(sid).fetch()).toMatchObject({ status: 'canceled', duration: '0' });
    await expect(client.calls(sid).update({ status: 'completed' })).rejects.toMatchObject({
      ...{ status: 400, code: 21220 },
      moreInfo: 'https://www.twilio.com/docs/errors/21220',
    });
  });

  it('are listed with those that are over, page by page, and by what they are', async () => {
    const client = both.client();
    const sid = await talking();
    const all = await client.calls.list();
    expect(all[0]).toMatchObject({ sid, status: 'in-progress' });
    expect(all.length).toBeGreaterThan(2);
    const paged = await client.calls.list({ pageSize: 1 });
    expect(paged.map((call) => call.sid)).toEqual(all.map((call) => call.sid));
    expect(await client.calls.list({ status: 'in-progress' })).toHaveLength(1);
    expect((await client.calls.list({ status: 'canceled' })).length).toBeGreaterThan(0);
    expect(await client.calls.list({ to: parties.to })).toHaveLength(all.length);
    expect(await client.calls.list({ to: '+49111' })).toEqual([]);
    expect(await client.calls.list({ startTimeAfter: new Date('2001-01-01') })).toHaveLength(
      all.length,
    );
    expect(await client.calls.list({ startTimeBefore: new Date('2001-01-01') })).toEqual([]);
    await expect(client.calls.page({ pageToken: 'nonsense' })).rejects.toMatchObject({
      code: 20001,
    });
    await expect(client.calls(sid).update({ status: 'canceled' })).rejects.toMatchObject({
      code: 21220,
    });
    await client.calls(sid).update({ status: 'completed' });
    await over(sid);
    expect(await client.calls(sid).remove()).toBe(true);
    await expect(client.calls(sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });

  it('have those whom they dial as their children', async () => {
    const client = both.client();
    const sid = await talking({
      url: undefined,
      twiml: `<Response><Dial callerId="+4930123456">+4930555</Dial></Response>`,
    });
    await both.until(() =>
      both.happened.find(({ type, call }) => type === 'leg.answered' && callSid(call) === sid),
    );
    const [child, ...more] = await client.calls.list({ parentCallSid: sid });
    expect(more).toEqual([]);
    expect(child).toMatchObject({
      ...{ parentCallSid: sid, to: '+4930555', status: 'in-progress' },
      direction: 'outbound-dial',
    });
    const leg = client.calls(child?.sid ?? '');
    await expect(leg.update({ twiml: '<Response/>' })).rejects.toMatchObject({ status: 501 });
    await leg.update({ status: 'completed' });
    await over(sid);
    expect(await leg.fetch()).toMatchObject({ status: 'completed', parentCallSid: sid });
    expect(await client.calls.list({ parentCallSid: sid })).toHaveLength(1);
  });

  it('send keys before their document, and say who has answered while it goes on', async () => {
    const client = both.client();
    const { appUrl, told } = both;
    const sid = await talking({
      sendDigits: 'ww12#',
      url: `${appUrl}/after-keys`,
      fallbackUrl: `${appUrl}/fallback`,
      timeLimit: 600,
    });
    await both.until(() => told.find(({ path }) => path === '/after-keys'));
    await client.calls(sid).update({ status: 'completed' });
    await over(sid);
    const other = await talking({
      ...{ machineDetection: 'Enable', machineDetectionSilenceTimeout: 2_000 },
      ...{ asyncAmd: 'true', asyncAmdStatusCallback: `${appUrl}/amd` },
    });
    const { parameters } = await both.until(() => told.find(({ path }) => path === '/amd'));
    expect(parameters).toMatchObject({ CallSid: other, AccountSid: accountSid });
    expect(await client.calls(other).fetch()).toMatchObject({
      answeredBy: parameters['AnsweredBy'],
    });
    // It has talked for longer already.
    await client.calls(other).update({ timeLimit: 1 });
    await over(other);
    expect(await client.calls(other).fetch()).toMatchObject({
      answeredBy: parameters['AnsweredBy'],
    });
  });

  it('are recorded; recordings are paused, stopped, listed, fetched and deleted', async () => {
    const client = both.client();
    const { appUrl, told, base } = both;
    const sid = await talking();
    const { recordings } = client.calls(sid);
    const recording = await recordings.create({
      recordingChannels: 'dual',
      recordingStatusCallback: `${appUrl}/recorded`,
      recordingStatusCallbackEvent: ['in-progress completed'],
    });
    expect(recording).toMatchObject({ callSid: sid, status: 'in-progress', channels: 2 });
    expect(await recordings('Twilio.CURRENT').update({ status: 'paused' })).toMatchObject({
      status: 'paused',
    });
    await recordings(recording.sid).update({ status: 'in-progress' });
    expect(await recordings.list()).toMatchObject([{ sid: recording.sid, status: 'in-progress' }]);
    expect(await read(`/Calls/${sid}/Recordings/${recording.sid}`)).toEqual(
      membersOf('call/recording.d.ts', 'RecordingResource'),
    );
    await recordings(recording.sid).update({ status: 'stopped' });
    const done = await both.until(() =>
      told.find(
        ({ path, parameters: p }) => path === '/recorded' && p['RecordingStatus'] === 'completed',
      ),
    );
    expect(done.parameters).toMatchObject({
      ...{ RecordingSid: recording.sid, CallSid: sid, RecordingChannels: '2' },
      RecordingSource: 'StartCallRecordingAPI',
    });
    expect(done.parameters['RecordingUrl']?.startsWith(base)).toBe(true);
    const sound = async (ending: string): Promise<Response> =>
      ask(`${done.parameters['RecordingUrl']}${ending}`);
    expect((await sound('')).headers.get('content-type')).toMatch(/audio\/.*wav/);
    expect((await sound('.wav')).status).toBe(200);
    expect((await sound('.mp3')).status).toBe(406);
    expect(await client.recordings(recording.sid).fetch()).toMatchObject({ status: 'completed' });
    expect(await read(`/Recordings/${recording.sid}.json`)).toEqual(
      membersOf('recording.d.ts', 'RecordingResource'),
    );
    expect(await client.recordings.list({ callSid: sid })).toHaveLength(1);
    expect(await client.recordings.list({ dateCreatedAfter: new Date('2999-01-01') })).toEqual([]);
    await client.recordings(recording.sid).remove();
    await expect(client.recordings(recording.sid).fetch()).rejects.toMatchObject({ code: 20404 });
    await client.calls(sid).update({ status: 'completed' });
    await over(sid);
    await expect(recordings.create()).rejects.toMatchObject({ code: 21220 });
  });

  it('have every property that the typings of the client have', async () => {
    const [last] = await both.client().calls.list({ limit: 1 });
    expect(await read(`/Calls/${last?.sid}.json`)).toEqual(membersOf('call.d.ts', 'CallResource'));
  });

  it.each<[string, object, object]>([
    ['no one to call', { to: '' }, { status: 400, code: 21201 }],
    ['nobody who calls', { from: '' }, { status: 400, code: 21213 }],
    ['a number that is none', { to: 'nobody at all' }, { status: 400, code: 21211 }],
    ['a caller that is none', { from: '+49 (x)' }, { status: 400, code: 21212 }],
    ['no document', { url: undefined }, { status: 400, code: 21205 }],
    ['a URL that is none', { url: 'ftp://app.example/' }, { status: 400, code: 21205 }],
    ['a status callback that is none', { statusCallback: '/status' }, { status: 400, code: 21609 }],
    ['a time-out beyond measure', { timeout: 601 }, { status: 400, code: 21208 }],
    ['another method', { method: 'PUT' }, { status: 400, code: 21209 }],
    ['keys that are none', { sendDigits: '12x' }, { status: 400, code: 21206 }],
    ['a trunk that is none', { byoc: 'other' }, { status: 400, code: 21218 }],
    ['machines looked for otherwise', { machineDetection: 'x' }, { status: 400, code: 20001 }],
    ['an application', { applicationSid: 'AP1' }, { status: 501, code: 20501 }],
  ])('are not placed with %s', async (_, more, problem) => {
    const url = `${both.appUrl}/voice`;
    await expect(both.client().calls.create({ ...parties, url, ...more })).rejects.toMatchObject(
      problem,
    );
  });

  it('that nobody knows are not found, and what there is not here is said', async () => {
    const client = both.client();
    const none = client.calls(`CA${'0'.repeat(32)}`);
    await expect(none.fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
    await expect(none.update({ status: 'completed' })).rejects.toMatchObject({ code: 20404 });
    await expect(none.recordings.create()).rejects.toMatchObject({ code: 20404 });
    await expect(none.recordings('RE1').fetch()).rejects.toMatchObject({ code: 20404 });
    const warned = both.warnings.length;
    await expect(client.messages.list()).rejects.toMatchObject({ status: 501, code: 20501 });
    expect(both.warnings.slice(warned)).toEqual([
      expect.stringMatching(/^Twilio's REST API: .*Messages is not available here$/),
    ]);
    expect((await ask(`${both.base}/2010-04-01/Nothing.json`)).status).toBe(404);
    expect(
      (await ask(`${both.base}/2010-04-01/Accounts/${accountSid}/Calls`, 'DELETE')).status,
    ).toBe(405);
    expect(await client.api.v2010.accounts(accountSid).fetch()).toMatchObject({ status: 'active' });
  });

  it('are nobody else’s business', async () => {
    const wrong = both.client('wrong-token');
    await expect(wrong.calls.list()).rejects.toMatchObject({ status: 401, code: 20003 });
    const other = clientOf(both.base, `AC${'6'.repeat(32)}`, both.key('call'), 'anybody');
    await expect(other.calls.list()).rejects.toMatchObject({ status: 404, code: 20404 });
    const reader = both.client(both.key('read'), 'anybody');
    expect((await reader.calls.list({ limit: 1 })).length).toBe(1);
    await expect(reader.calls.create({ ...parties, twiml: '<Response/>' })).rejects.toMatchObject({
      ...{ status: 403, code: 20003 },
    });
  });
});

function ask(url: string, method = 'GET'): Promise<Response> {
  const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
  return fetch(url, { method, headers: { Authorization: `Basic ${basic}` } });
}

async function read(path: string): Promise<unknown> {
  return (await ask(`${both.base}/2010-04-01/Accounts/${accountSid}${path}`)).json();
}
