import * as schemas from './schemas';
import { endpoint } from './endpoint';

const group = 'Calls';

/** Calls: what there are and were. */
export const callEndpoints = {
  listCalls: endpoint({
    ...{ method: 'get', path: '/v1/calls', scope: 'read', group },
    summary: 'The calls, those in progress first, then those that are over, the latest first',
    description:
      'A call that ends while you turn the pages may come twice; none is left out that there was when you began.',
    query: schemas.callQuery,
    answers: { 200: { description: 'A page of calls.', schema: schemas.callPage } },
  }),
  getCall: endpoint({
    ...{ method: 'get', path: '/v1/calls/{id}', scope: 'read', group },
    summary: 'A call, in progress or over',
    params: schemas.callParams,
    answers: { 200: { description: 'The call.', schema: schemas.callDetails } },
    problems: [404],
  }),
} as const;
