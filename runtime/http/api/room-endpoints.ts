import { endpoint } from './endpoint';
import * as schemas from './schemas';

const conferences = 'Conferences';
const done = { 204: { description: 'Done.' } } as const;
const shown = { 200: { description: 'As it is now.', schema: schemas.conference } } as const;

/** Where calls meet: queues and conferences. */
export const roomEndpoints = {
  listQueues: endpoint({
    ...{ method: 'get', path: '/v1/queues', scope: 'read', group: 'Queues' },
    summary: 'List the queues, and who waits in them',
    answers: { 200: { description: 'All of them.', schema: schemas.queueList } },
    problems: [503],
  }),
  listConferences: endpoint({
    ...{ method: 'get', path: '/v1/conferences', scope: 'read', group: conferences },
    summary: 'List the conferences that somebody is in',
    answers: { 200: { description: 'All of them.', schema: schemas.conferenceList } },
  }),
  getConference: endpoint({
    ...{ method: 'get', path: '/v1/conferences/{id}', scope: 'read', group: conferences },
    summary: 'One conference, by its id or name',
    params: schemas.conferenceParams,
    answers: shown,
    problems: [404],
  }),
  endConference: endpoint({
    ...{ method: 'delete', path: '/v1/conferences/{id}', scope: 'call', group: conferences },
    summary: 'End a conference: everybody leaves',
    params: schemas.conferenceParams,
    answers: done,
    problems: [404],
  }),
  announceToConference: endpoint({
    ...{ method: 'post', path: '/v1/conferences/{id}/play', scope: 'call', group: conferences },
    summary: 'Play to a conference, or to one who is in it',
    params: schemas.conferenceParams,
    body: schemas.announce,
    example: { body: { prompt: { say: 'Five minutes left.' } } },
    idempotent: true,
    answers: done,
    problems: [404, 409, 413, 415, 422],
  }),
  changeParticipant: endpoint({
    ...{ method: 'patch', path: '/v1/conferences/{id}/participants/{participant}', scope: 'call' },
    group: conferences,
    summary: 'Mute, deafen or hold who is in a conference, or undo it',
    params: schemas.participantParams,
    body: schemas.changeParticipant,
    example: { body: { muted: true } },
    answers: shown,
    problems: [404, 409, 413, 415, 422],
  }),
  removeParticipant: endpoint({
    ...{ method: 'delete', path: '/v1/conferences/{id}/participants/{participant}', scope: 'call' },
    group: conferences,
    summary: 'Take somebody out of a conference: his flow goes on',
    params: schemas.participantParams,
    answers: done,
    problems: [404],
  }),
} as const;
