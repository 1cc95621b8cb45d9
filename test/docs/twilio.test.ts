import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Twilio } from 'twilio';
import { ConferenceBook } from '../../runtime/http/twilio/conference-book';
import type { ResourceParts } from '../../runtime/http/twilio/port';
import { accountOf } from '../../runtime/http/twilio/route';
import { twilioRoutes } from '../../runtime/http/twilio/open-twilio';
import type { SoundDocuments } from '../../runtime/http/twilio/sounds';
import { FakeService } from '../http/support/fake-service';
import { accountSid, authToken, TwoServers } from '../http/twilio/support/two-servers';
import { rowsBelow, writeExamples } from './support/pages';

const page = 'docs/twilio.md';

it('has a row for each request that is answered', () => {
  const server = new FakeService();
  const clock = { now: () => 0 };
  const parts = { account: accountOf(accountSid), server, clock } as unknown as ResourceParts;
  const sounds = { fetch: undefined } as unknown as SoundDocuments;
  const routes = twilioRoutes(parts, new ConferenceBook(server), sounds);
  const told = rowsBelow(page, 'The REST API').map(([request = '']) => request.replaceAll('`', ''));
  expect(told.filter((row) => /^[A-Z]+ /.test(row)).sort()).toEqual(
    routes
      .map(({ method, path }) => `${method.toUpperCase()} ${path.replace(/:(\w+)/g, '{$1}')}`)
      .sort(),
  );
});

it('shows an application that answers calls, checks who asks, and places one', async () => {
  const both = await TwoServers.open();
  const file = writeExamples('twilio').find(
    (example) => example.page === page && example.kind === 'module',
  )?.file;
  const before = process.env;
  process.env = {
    ...before,
    ...{ ACCOUNT_SID: accountSid, AUTH_TOKEN: authToken, CALLCHART_URL: both.base },
  };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
  const { app, client } = require(file ?? '') as { readonly app: Server; readonly client: Twilio };
  process.env = before;
  try {
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/voice`;
    const { sid } = await client.calls.create({ to: '+4930987654', from: '+4930123456', url });
    const asked = await both.until(() =>
      both.happened.find(
        (each) =>
          (each.type === 'call.state' && each.state === 'gather') || each.type === 'call.recorded',
      ),
    );
    expect(asked).toMatchObject({ state: 'gather' });
    expect(await client.calls(sid).fetch()).toMatchObject({ status: 'in-progress' });
    await client.calls(sid).update({ status: 'completed' });
    await both.happening('call.recorded');
    expect((await fetch(url, { method: 'POST', body: 'Digits=1' })).status).toBe(403);
  } finally {
    app.closeAllConnections();
    app.close();
    await both.close();
  }
});
