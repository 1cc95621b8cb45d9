import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { createRequest, createResponse } from '../../../runtime/sip/message/create';
import type { SipRequest } from '../../../runtime/sip/message/message';
import { TransactionTable } from '../../../runtime/sip/transaction/table';
import { createTransportLayer } from '../../../runtime/sip/transport/layer';
import type { TransportLayer } from '../../../runtime/sip/transport/port';
import { perfectLink, SimulatedNetwork } from '../../support/simulated-network';

const client = { protocol: 'UDP', host: '10.0.0.1', port: 5060 } as const;
const server = { protocol: 'UDP', host: '10.0.0.2', port: 5060 } as const;

interface Side {
  readonly layer: TransportLayer;
  readonly table: TransactionTable;
}

/** Table and transport layer of one side, as the user agent joins them. */
async function side(
  listener: typeof client | typeof server,
  clock: VirtualClock,
  network: SimulatedNetwork,
  onRequest: (request: SipRequest) => number,
): Promise<Side> {
  const random = new SeededRandom(5);
  const table = new TransactionTable({
    clock,
    random,
    user: {
      onRequest: (transaction) => {
        const { request } = transaction;
        transaction.respond(createResponse(request, onRequest(request), { toTag: 'server' }));
      },
      onAck: () => undefined,
      onStrayResponse: () => undefined,
    },
  });
  const layer = await createTransportLayer({
    clock,
    random,
    network,
    listen: [listener],
    handler: {
      onRequest: (request, channel) => table.receiveRequest(request, channel),
      onResponse: (response, channel) => table.receiveResponse(response, channel),
    },
  });
  return { layer, table };
}

function make(method: string, n: number): SipRequest {
  return createRequest({
    method,
    requestUri: 'sip:menu@10.0.0.2',
    headers: [
      ['Via', `SIP/2.0/UDP x;branch=z9hG4bK${method}${n}`],
      ['Max-Forwards', '70'],
      ['From', '<sip:a@10.0.0.1>;tag=a'],
      ['To', '<sip:menu@10.0.0.2>'],
      ['Call-ID', `${method}-${n}`],
      ['CSeq', `1 ${method}`],
    ],
  });
}

async function run(seed: number) {
  const clock = new VirtualClock(0);
  const network = new SimulatedNetwork({
    clock,
    random: new SeededRandom(seed),
    conditions: {
      ...perfectLink,
      delay: { min: 5, max: 60 },
      loss: 0.1,
      duplication: 0.1,
      reordering: 0.1,
      reorderDelay: 300,
    },
  });
  let served = 0;
  const answering = await side(server, clock, network, ({ method }) => {
    served += 1;
    return method === 'INVITE' ? 486 : 200;
  });
  const calling = await side(client, clock, network, () => 501);
  const outcomes: string[] = [];
  for (let n = 0; n < 100; n += 1) {
    for (const method of ['INVITE', 'OPTIONS']) {
      const request = make(method, n);
      const channel = calling.layer.open(server, request);
      const note = (what: string): void => {
        outcomes.push(`${clock.now()} ${method} ${n} ${what}`);
      };
      const handler = {
        onFinal: ({ status }: { readonly status: number }) => note(String(status)),
        onTimeout: () => note('timeout'),
        onTransportError: () => note('error'),
      };
      if (method === 'INVITE') calling.table.startInvite(request, channel, handler);
      else calling.table.startNonInvite(request, channel, handler);
    }
    clock.advance(20);
  }
  clock.advance(120_000);
  const left = [calling.table.open, answering.table.open, clock.pending];
  await calling.layer.close();
  await answering.layer.close();
  return { outcomes, served, left, open: network.open };
}

describe('transactions over a network that loses, doubles, delays and reorders', () => {
  test.each([1, 2, 3])(
    'each ends once, is served once, and leaves nothing (seed %i)',
    async (seed) => {
      const { outcomes, served, left, open } = await run(seed);
      expect(outcomes).toHaveLength(200);
      expect(outcomes.filter((outcome) => / (486|200)$/.test(outcome))).toHaveLength(200);
      expect(served).toBe(200);
      expect(left).toEqual([0, 0, 0]);
      expect(open).toBe(0);
    },
  );

  test('the same seed gives the same course', async () => {
    expect((await run(4)).outcomes).toEqual((await run(4)).outcomes);
  });
});
