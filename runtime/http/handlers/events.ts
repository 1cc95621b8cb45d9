import type { eventEndpoints } from '../api/event-endpoints';
import type { EventStreams } from '../event-streams';
import type { DeadLetters } from '../../events/port';
import { Problem } from '../problem';
import type { Handlers } from '../router';

/** What happens with calls, and what of it nobody was told. */
export function eventHandlers(
  streams: EventStreams,
  letters: DeadLetters | undefined,
): Handlers<keyof typeof eventEndpoints> {
  return {
    followEvents: ({ query, context, raw }) => ({
      stream: (response) => {
        const header = raw.headers['last-event-id'];
        const last = query.lastEventId ?? (typeof header === 'string' ? header : undefined);
        streams.open(response, { ...query, after: readSequence(last), context });
      },
    }),
    listDeadLetters: ({ query: { limit } }) => {
      const items = (letters?.list(limit) ?? []).map(({ time, died, ...rest }) => ({
        ...rest,
        time: new Date(time).toISOString(),
        died: new Date(died).toISOString(),
      }));
      return { status: 200, body: { items } };
    },
    resendDeadLetters: ({ body: { sequence } }) => ({
      status: 200,
      body: { resent: letters?.resend(sequence) ?? 0 },
    }),
  };
}

function readSequence(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw new Problem(400, 'CALLCHART_INVALID_REQUEST', 'Last-Event-ID is no id of an event', {
    errors: [{ in: 'header', at: 'Last-Event-ID', message: 'is no id of an event' }],
  });
}
