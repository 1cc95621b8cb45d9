import { endpoint } from './endpoint';
import * as schemas from './schemas';

const group = 'Calls';
const params = schemas.callParams;
const done = { 204: { description: 'Done.' } } as const;
/** There is no such call, it is over or not answered yet, what was asked for is not possible with it. */
const problems = [404, 409, 422] as const;

/** What is done with a call: these all are alike. */
const action = {
  method: 'post',
  scope: 'call',
  group,
  params,
  idempotent: true,
  problems: [...problems, 413, 415],
} as const;

/** Calls: what there are and were, placed and steered. */
export const callEndpoints = {
  createCall: endpoint({
    ...{ method: 'post', path: '/v1/calls', scope: 'call', group, idempotent: true },
    summary: 'Place a call',
    description:
      'Answered as soon as the call is being placed: what becomes of it, `GET /v1/calls/{id}` and the events say.',
    body: schemas.createCall,
    example: {
      body: { to: 'alice', flow: 'survey', input: { customer: 4711 }, timeout: 20_000 },
    },
    answers: {
      201: { description: 'The call. Location says where.', schema: schemas.callDetails },
    },
    problems: [409, 413, 415, 422, 503],
  }),
  listCalls: endpoint({
    ...{ method: 'get', path: '/v1/calls', scope: 'read', group },
    summary: 'List calls: those in progress first, then those that are over, the latest first',
    description:
      'A call that ends while you turn the pages may come twice; none is left out that there was when you began.',
    query: schemas.callQuery,
    answers: { 200: { description: 'A page of calls.', schema: schemas.callPage } },
    problems: [503],
  }),
  getCall: endpoint({
    ...{ method: 'get', path: '/v1/calls/{id}', scope: 'read', group, params },
    summary: 'One call, in progress or over',
    answers: { 200: { description: 'The call.', schema: schemas.callDetails } },
    problems: [404, 503],
  }),
  changeCall: endpoint({
    ...{ method: 'patch', path: '/v1/calls/{id}', scope: 'call', group, params },
    summary: 'Hold or mute a call, or undo it',
    body: schemas.changeCall,
    example: { body: { held: true, music: 'waiting' } },
    answers: { 200: { description: 'The call as it is now.', schema: schemas.callDetails } },
    problems: [...problems, 413, 415],
  }),
  redirectCall: endpoint({
    ...action,
    path: '/v1/calls/{id}/redirect',
    summary: 'Take a call from its flow, and give it to another flow, a web app or a document',
    body: schemas.redirectCall,
    example: { body: { flow: 'voicemail' } },
    answers: done,
  }),
  hangupCall: endpoint({
    ...action,
    path: '/v1/calls/{id}/hangup',
    summary: 'End a call; one that is being placed is cancelled',
    body: schemas.hangupCall,
    example: { body: { reason: 'the office closes' } },
    answers: done,
  }),
  playToCall: endpoint({
    ...action,
    path: '/v1/calls/{id}/play',
    summary: 'Play to the caller, in place of what the flow plays or of whom he talks with',
    body: schemas.playToCall,
    example: { body: { prompt: { say: 'One minute left.' } } },
    answers: done,
  }),
  stopPlaying: endpoint({
    ...{ method: 'delete', path: '/v1/calls/{id}/play', scope: 'call', group, params },
    summary: 'End what is played by the API',
    answers: done,
    problems,
  }),
  sendDigits: endpoint({
    ...action,
    path: '/v1/calls/{id}/digits',
    summary: 'Send keys to the other end',
    body: schemas.sendDigits,
    example: { body: { digits: '1234#' } },
    answers: done,
  }),
  startRecording: endpoint({
    ...action,
    path: '/v1/calls/{id}/recordings',
    summary: 'Record both sides of a call, besides what its flow records',
    body: schemas.startRecording,
    example: { body: { channels: 'mixed' } },
    answers: { 201: { description: 'The recording.', schema: schemas.liveRecording } },
  }),
  changeRecording: endpoint({
    ...{ method: 'patch', path: '/v1/calls/{id}/recordings/{recording}', scope: 'call', group },
    summary: 'Pause a recording, go on with it, or complete it',
    params: schemas.callRecordingParams,
    body: schemas.changeRecording,
    example: { body: { state: 'paused' } },
    answers: { 200: { description: 'As it is now.', schema: schemas.liveRecording } },
    problems: [...problems, 413, 415],
  }),
  sendEvent: endpoint({
    ...action,
    path: '/v1/calls/{id}/events',
    summary: 'Send an event to the machine of the flow',
    body: schemas.sendEvent,
    example: { body: { type: 'payment.received', amount: 12.5 } },
    answers: { 200: { description: 'Whether it was taken.', schema: schemas.eventTaken } },
  }),
} as const;
