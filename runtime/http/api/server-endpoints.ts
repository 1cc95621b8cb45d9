import { z } from 'zod';
import { endpoint } from './endpoint';
import * as schemas from './schemas';

const group = 'Server';

/** The server itself: whether it lives, what it measures, what it serves. */
export const serverEndpoints = {
  live: endpoint({
    ...{ method: 'get', path: '/health/live', scope: 'none', group },
    summary: 'Whether the process answers',
    answers: { 200: { description: 'It does.', schema: schemas.health } },
  }),
  ready: endpoint({
    ...{ method: 'get', path: '/health/ready', scope: 'none', group },
    summary: 'Whether new calls are taken',
    answers: {
      200: { description: 'They are.', schema: schemas.health },
      503: { description: 'They are not, and why.', schema: schemas.health },
    },
  }),
  metrics: endpoint({
    ...{ method: 'get', path: '/metrics', scope: 'read', group },
    summary: 'Measurements, as Prometheus reads them',
    answers: { 200: { description: 'One a line.', contentType: 'text/plain' } },
  }),
  describe: endpoint({
    ...{ method: 'get', path: '/openapi.json', scope: 'read', group },
    summary: 'This description',
    answers: {
      200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) },
    },
  }),
  getServer: endpoint({
    ...{ method: 'get', path: '/v1/server', scope: 'read', group },
    summary: 'The server: its version, where it listens, what is open',
    answers: { 200: { description: 'As it is now.', schema: schemas.serverStatus } },
  }),
  reload: endpoint({
    ...{ method: 'post', path: '/v1/server/reload', scope: 'admin', group },
    summary: 'Read flows, prompts, certificates and keys again, as SIGHUP does',
    answers: { 200: { description: 'What has changed.', schema: schemas.reloadReport } },
  }),
  drain: endpoint({
    ...{ method: 'post', path: '/v1/server/drain', scope: 'admin', group },
    summary: 'Refuse new calls from now on, until the server is started again',
    description: 'Calls in progress may end. The process goes on, for whoever started it to end.',
    body: schemas.drainServer,
    example: { body: { timeout: 60_000 } },
    answers: { 202: { description: 'It does.', schema: schemas.serverStatus } },
    problems: [413, 415],
  }),
  listFlows: endpoint({
    ...{ method: 'get', path: '/v1/flows', scope: 'read', group },
    summary: 'List the flows that new calls get, with their versions',
    answers: { 200: { description: 'All of them.', schema: schemas.flowList } },
  }),
  getFlow: endpoint({
    ...{ method: 'get', path: '/v1/flows/{name}', scope: 'read', group },
    summary: 'One flow',
    params: schemas.flowParams,
    answers: { 200: { description: 'The flow.', schema: schemas.flow } },
    problems: [404],
  }),
  listRegistrations: endpoint({
    ...{ method: 'get', path: '/v1/registrations', scope: 'read', group },
    summary: 'List who is registered, and where',
    query: schemas.registrationQuery,
    answers: { 200: { description: 'A page of them.', schema: schemas.registrationPage } },
  }),
  listTrunks: endpoint({
    ...{ method: 'get', path: '/v1/trunks', scope: 'read', group },
    summary: 'List the trunks, and whether they can be used',
    answers: { 200: { description: 'All of them.', schema: schemas.trunkList } },
  }),
} as const;
