import type { FlowLog } from '../../runtime/flow/flow-log';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';

const open = oneWorld();

async function loggedHeaders(flow: string, file: string): Promise<Record<string, string>> {
  const world = await open({ keepFlowLogs: true, config: { flows: { files: [file] } } });
  const phone = await SimulatedPhone.open(world, { flow });
  phone.dial();
  await world.run(1_000);
  phone.hangUp();
  await world.run(1_000);
  const log = JSON.parse(world.flowLogs[0] ?? '') as FlowLog;
  const { call } = log.input as { call: { callId: string; headers: Record<string, string> } };
  expect(call.callId).toBe(phone.callId);
  return call.headers;
}

test('the header fields of a call are in its flow log when the flow has looked at them', async () => {
  expect(await loggedHeaders('meeting', 'test/sim/flows/meeting.flow.ts')).toMatchObject({
    cseq: '1 INVITE',
  });
});

test('they are not gathered for the log alone', async () => {
  expect(await loggedHeaders('reception', 'flows/reception.flow.ts')).toEqual({});
});
