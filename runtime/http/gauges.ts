import type { OpenCounts } from '../service/port';
import type { DeadLetters } from '../events/port';
import type { Authenticator } from './authenticator';
import type { EventStreams } from './event-streams';
import type { GaugeSource } from './metrics';
import type { CallService } from './port';

/** What is open where its name does not say it all. */
const helps: Readonly<Partial<Record<keyof OpenCounts, string>>> = {
  calls: 'Calls in progress, whatever has them',
  flows: 'Flows that run',
  forwarded: 'Requests that the proxy waits for the end of',
  outboundCalls: 'Calls that count against the limits outward',
  mediaSessions: 'Legs with sound',
  mediaPorts: 'Ports of RTP and RTCP in use',
  mediaWorkers: 'Threads that the sound runs in',
  replacedFlows: 'Older flows and prompts that are still in use',
};

/** What is read from the server when somebody asks for the metrics. */
export function serverGauges(server: CallService, authenticator: Authenticator): GaugeSource[] {
  return [
    ...openGauges(server),
    {
      name: 'callchart_calls_in_progress',
      help: 'Calls in progress by their flow',
      labels: ['flow', 'direction', 'state'],
      values: () => callsByFlow(server),
    },
    {
      name: 'callchart_registrations',
      help: 'Contacts of users that are registered',
      values: () => [[{}, server.location.size]],
    },
    {
      name: 'callchart_trunk_up',
      help: 'Whether a trunk can be used',
      labels: ['trunk'],
      values: () =>
        server.trunks.states().map(({ name, state }) => [{ trunk: name }, state === 'up' ? 1 : 0]),
    },
    {
      name: 'callchart_trunk_calls',
      help: 'Calls through a trunk',
      labels: ['trunk'],
      values: () => server.trunks.states().map(({ name, calls }) => [{ trunk: name }, calls]),
    },
    {
      name: 'callchart_queue_waiting_calls',
      help: 'Calls that wait in a queue',
      labels: ['queue'],
      values: () => server.queues().map(({ name, members }) => [{ queue: name }, members.length]),
    },
    {
      name: 'callchart_queue_agents',
      help: 'Calls that wait for somebody to serve',
      labels: ['queue'],
      values: () => server.queues().map(({ name, agents }) => [{ queue: name }, agents]),
    },
    {
      name: 'callchart_queue_wait_seconds',
      help: 'What those who were served lately had waited on average',
      labels: ['queue'],
      values: () =>
        server.queues().map(({ name, averageWait }) => [{ queue: name }, averageWait / 1_000]),
    },
    {
      name: 'callchart_http_wrong_keys_total',
      help: 'Requests with a key that there is not',
      kind: 'counter',
      values: () => [[{}, authenticator.rejected]],
    },
  ];
}

/** Who is told of what happens, and what waits for whom. */
export function eventGauges(
  streams: EventStreams,
  letters: DeadLetters | undefined,
): GaugeSource[] {
  const perSubscriber = (
    name: string,
    help: string,
    countOf: (counts: ReturnType<DeadLetters['counts']>[number]) => number,
  ): GaugeSource => ({
    ...{ name, help, labels: ['subscriber'] },
    values: () =>
      (letters?.counts() ?? []).map((counts) => [
        { subscriber: counts.subscriber },
        countOf(counts),
      ]),
  });
  return [
    perSubscriber(
      'callchart_events_pending',
      'Events that a subscriber is still to get',
      ({ pending }) => pending,
    ),
    perSubscriber(
      'callchart_events_dead',
      'Events that a subscriber did not get',
      ({ dead }) => dead,
    ),
    {
      name: 'callchart_event_readers',
      help: 'Programs that follow events by HTTP',
      values: () => [[{}, streams.size]],
    },
  ];
}

/** `callchart_media_ports_open` of `mediaPorts`. */
function openGauges(server: CallService): GaugeSource[] {
  const keys = Object.keys(server.open) as (keyof OpenCounts)[];
  return keys.map((key) => {
    const words = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const help = helps[key] ?? `Open ${words.replaceAll('_', ' ')}`;
    const values: GaugeSource['values'] = () => [[{}, server.open[key]]];
    return { name: `callchart_${words}_open`, help, values };
  });
}

function callsByFlow(server: CallService): [Record<string, string>, number][] {
  const counts = new Map<string, [Record<string, string>, number]>();
  for (const { flow = 'none', direction, state } of server.liveCalls()) {
    const key = `${flow}\n${direction}\n${state}`;
    const count = counts.get(key) ?? [{ flow, direction, state }, 0];
    count[1] += 1;
    counts.set(key, count);
  }
  return [...counts.values()];
}
