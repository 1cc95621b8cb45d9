import type { DeadLetters } from '../../runtime/events/port';
import { TestApi } from './support/test-api';

const resent: (number | undefined)[] = [];
const letters: DeadLetters = {
  list: (limit) =>
    [
      {
        ...{ sequence: 7, subscriber: 'crm', call: 'a', type: 'call.ended', attempts: 30 },
        ...{ time: 0, died: 86_400_000, error: 'HTTP 500' },
      },
    ].slice(0, limit),
  resend: (sequence) => {
    resent.push(sequence);
    return 1;
  },
  counts: () => [{ subscriber: 'crm', pending: 3, failing: 1, dead: 1, error: 'HTTP 500' }],
};

it('lists what subscribers did not get, sends it again, and measures it', async () => {
  const api = await TestApi.open({ parts: { letters } });
  try {
    expect(await api.get('/v1/dead-letters')).toMatchObject({
      status: 200,
      body: { items: [{ sequence: 7, died: '1970-01-02T00:00:00.000Z' }] },
    });
    const resend = (body: object) => api.ask('POST', '/v1/dead-letters/resend', { body });
    expect(await resend({ sequence: 7 })).toMatchObject({ status: 200, body: { resent: 1 } });
    await resend({});
    expect(resent).toEqual([7, undefined]);
    const { text } = await api.get('/metrics');
    expect(text).toContain('callchart_events_pending{subscriber="crm"} 3');
    expect(text).toContain('callchart_events_dead{subscriber="crm"} 1');
  } finally {
    await api.close();
  }
});

it('has none where nobody subscribes', async () => {
  const api = await TestApi.open();
  expect((await api.get('/v1/dead-letters')).body).toEqual({ items: [] });
  await api.close();
});
