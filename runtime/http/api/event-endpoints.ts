import { endpoint } from './endpoint';
import * as schemas from './schemas';

const group = 'Events';

/** What happens with calls. */
export const eventEndpoints = {
  followEvents: endpoint({
    ...{ method: 'get', path: '/v1/events', scope: 'read', group },
    summary: 'Follow what happens with calls, as server-sent events',
    description:
      'Each event has its type as `event`, its sequence number as `id`, and one JSON object as `data`. With ' +
      'Last-Event-ID it goes on behind that event. A line `:` comes every 15 seconds. Who reads too slowly is sent ' +
      '`event: dropped` with a reason, and is disconnected.',
    query: schemas.eventQuery,
    answers: {
      200: {
        description: 'Events until somebody ends it.',
        contentType: 'text/event-stream',
        item: schemas.event,
      },
    },
    problems: [503],
  }),
  listDeadLetters: endpoint({
    ...{ method: 'get', path: '/v1/dead-letters', scope: 'read', group },
    summary: 'List the events that a subscriber did not get, the oldest first',
    query: schemas.deadLetterQuery,
    answers: { 200: { description: 'The first of them.', schema: schemas.deadLetterList } },
    problems: [503],
  }),
  resendDeadLetters: endpoint({
    ...{ method: 'post', path: '/v1/dead-letters/resend', scope: 'admin', group },
    summary: 'Let subscribers have again what they did not get',
    body: schemas.resendDeadLetters,
    example: { body: { sequence: 1_204 } },
    answers: { 200: { description: 'How many are sent again.', schema: schemas.resent } },
    problems: [413, 415, 503],
  }),
} as const;
