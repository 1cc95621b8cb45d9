import { callSid } from '../../../runtime/twiml/sid';
import { accountSid, TwoServers } from './support/two-servers';

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
