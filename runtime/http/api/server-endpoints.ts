import { z } from 'zod';
import { endpoint } from './endpoint';
import * as schemas from './schemas';

const group = 'Server';

/** The server itself: whether it lives, what it measures. */
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
} as const;
