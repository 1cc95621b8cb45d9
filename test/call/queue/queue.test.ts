import type {
  DequeueRequest,
  DequeueResult,
  QueuePlace,
  QueueRequest,
  QueueResult,
} from '../../../runtime/call/queue/port';
import type { CallEvent } from '../../../runtime/call/port';
import type { LiveCall } from '../../../runtime/call/live-call';
import { oneScene, type Scene } from '../scene';
import type { PhoneCall } from '../scene-phone';

const open = oneScene();

interface Party<R> {
  readonly call: LiveCall;
  readonly phone: PhoneCall;
  readonly leave: () => void;
  readonly events: CallEvent[];
  place: QueuePlace | undefined;
  result: R | undefined;
}

async function party<R>(
  scene: Scene,
  voice: string,
  work: (party: Party<R>, signal: AbortSignal) => Promise<R>,
): Promise<Party<R>> {
  const { call, caller: phone } = await scene.calling(await scene.phone(voice));
  const controller = new AbortController();
  const events: CallEvent[] = [];
  call.onEvent((event) => events.push(event) > 0);
  const who: Party<R> = {
    ...{ call, phone, events, place: undefined, result: undefined },
    leave: () => controller.abort(),
  };
  void work(who, controller.signal).then((result) => {
    who.result = result;
  });
  await scene.run(200);
  return who;
}

function caller(scene: Scene, request: Partial<QueueRequest> = {}, voice = 'caller') {
  return party<QueueResult>(scene, voice, (who, signal) =>
    who.call.enqueue({ queue: 'help', priority: 0, ...request }, signal, (place) => {
      who.place = place;
    }),
  );
}

function agent(scene: Scene, request: Partial<DequeueRequest> = {}, voice = 'callee') {
  return party<DequeueResult>(scene, voice, (who, signal) =>
    who.call.dequeue({ queue: 'help', timeout: 30_000, ...request }, signal),
  );
}

describe('a queue', () => {
  it('lets the one who waits and the one who serves hear each other', async () => {
    const scene = await open();
    const waits = await caller(scene, { music: 'music', data: { account: 7 } });
    expect(waits.phone.hears).toEqual(['music']);
    expect(waits.events).toEqual([
      {
        ...{ type: 'queue.position', queue: 'help', position: 1, size: 1 },
        ...{ waited: 0, averageWait: 0 },
      },
    ]);
    const serves = await agent(scene);
    await scene.run(300);
    expect(waits.phone.hears).toEqual(['callee']);
    expect(serves.phone.hears).toEqual(['caller']);
    await scene.run(1_000);
    waits.phone.hangUp();
    await scene.run(100);
    const waited = expect.any(Number) as number;
    expect(waits.result).toMatchObject({
      ...{ type: 'bridged', endedBy: 'caller', agentCall: serves.call.info.id, waited },
    });
    expect(serves.result).toMatchObject({
      ...{ type: 'answered', endedBy: 'caller', call: waits.call.info.id, data: { account: 7 } },
    });
    expect(serves.call.state).toBe('answered');
  });
});
