import type { CallRecord } from '../../runtime/call/call-record';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import type { World } from './support/world';

const open = oneWorld();

const flows = {
  directory: 'flows',
  files: ['throws', 'unmatched', 'unattended', 'speechless'].map(
    (name) => `test/sim/flows/${name}.flow.ts`,
  ),
};

async function call(world: World, flow: string): Promise<SimulatedPhone> {
  const phone = await SimulatedPhone.open(world, { flow });
  phone.dial();
  phone.hear();
  return phone;
}

/** Frames of 20 ms that a prompt of so many milliseconds has at least, its pauses taken off. */
function framesOf(duration: number): number {
  return (0.5 * duration) / 20;
}

test.each([
  ['throws', 'CALLCHART_FLOW_FAILED', 'greeting', 1_340],
  ['unmatched', 'CALLCHART_FLOW_UNMATCHED_OUTCOME', 'menu', 1_340],
  ['unattended', 'CALLCHART_VOICE_FAILED', 'greeting', 0],
])(
  'the caller of a flow that breaks (%s) hears the apology and gets a BYE; others go on',
  async (flow, code, state, heardBefore) => {
    const world = await open({ config: { flows }, expectedErrors: [code] });
    const other = await call(world, 'reception');
    const phone = await call(world, flow);
    await world.until(phone.over());
    expect(phone.end).toMatchObject({ by: 'remote', cause: 'bye', reason: 'Flow error' });
    // The apology is four seconds long.
    expect(phone.loudFrames).toBeGreaterThan(framesOf(heardBefore + 4_000));
    const record: CallRecord = world.record(phone.callId);
    expect(record.end).toEqual({
      by: 'system',
      cause: 'flow-error',
      status: 500,
      reason: 'Flow error',
    });
    expect(record.errors).toContainEqual(expect.objectContaining({ code, state }));
    const errors = world.log.filter(({ level }) => level === 'error');
    expect(errors).toMatchObject([{ fields: { code, state } }]);
    expect(other.end).toBeUndefined();
    await world.run(1_000);
    await world.until(other.press('1'));
    await world.run(500);
    other.hangUp();
    await world.run(100);
    const path = world.record(other.callId).path.map(({ state }) => state);
    expect(path.slice(0, 3)).toEqual(['welcome', 'menu', 'hours']);
  },
);

test('a voice that fails takes onError, and the call lives', async () => {
  const world = await open({ config: { flows } });
  const phone = await call(world, 'speechless');
  await world.until(phone.over());
  const record = world.record(phone.callId);
  expect(record.path.map(({ state }) => state)).toEqual(['greeting', 'recorded', 'done']);
  expect(record.end).toMatchObject({ by: 'flow', cause: 'bye' });
  expect(record.errors).toMatchObject([{ code: 'CALLCHART_VOICE_FAILED' }]);
  expect(phone.loudFrames).toBeGreaterThan(framesOf(1_340));
});

test('whoever calls a flow that there is not gets 404', async () => {
  const world = await open();
  const phone = await call(world, 'nobody');
  await world.until(phone.over());
  expect(phone.end).toMatchObject({ by: 'remote', cause: 'rejected', status: 404 });
  expect(world.record(phone.callId)).toMatchObject({
    answered: false,
    end: { by: 'system', cause: 'no-flow', status: 404 },
  });
});
