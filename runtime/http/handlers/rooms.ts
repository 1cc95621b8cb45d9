import type { LiveConference } from '../../call/conference/port';
import type { roomEndpoints } from '../api/room-endpoints';
import type { CallService } from '../port';
import { problems } from '../problem';
import type { Handlers } from '../router';

/** Where calls meet: queues and conferences. */
export function roomHandlers(server: CallService): Handlers<keyof typeof roomEndpoints> {
  const find = (id: string): LiveConference => {
    const conference = server.conferences.get(id);
    if (conference === undefined) throw problems.notFound(`conference ${id}`);
    return conference;
  };
  return {
    listQueues: () => ({ status: 200, body: { items: server.queues().map(queueOf) } }),
    listConferences: () => ({
      status: 200,
      body: { items: server.conferences.list().map(conferenceOf) },
    }),
    getConference: ({ params: { id } }) => ({ status: 200, body: conferenceOf(find(id)) }),
    endConference: ({ params: { id } }) => {
      find(id).end();
      return { status: 204 };
    },
    announceToConference: async ({ params: { id }, body: { prompt, participant } }) => {
      await find(id).announce(prompt, participant);
      return { status: 204 };
    },
    changeParticipant: async ({ params: { id, participant }, body }) => {
      const conference = find(id);
      const { muted, deaf, held, music } = body;
      if (muted !== undefined) conference.mute(participant, muted);
      if (deaf !== undefined) conference.deafen(participant, deaf);
      if (held !== undefined) await conference.hold(participant, held, music);
      return { status: 200, body: conferenceOf(conference) };
    },
    removeParticipant: ({ params: { id, participant } }) => {
      find(id).kick(participant);
      return { status: 204 };
    },
  };
}

function queueOf(queue: ReturnType<CallService['queues']>[number]) {
  const { name, maxSize, members, agents, talking, averageWait, numbers } = queue;
  return {
    ...{ name, agents, talking, averageWait },
    maxSize: maxSize ?? null,
    members: members.map(({ since, ...member }) => ({ ...member, since: iso(since) })),
    numbers: numbers === undefined ? null : { ...numbers },
  };
}

function conferenceOf({ id, name, started, since, participants }: LiveConference) {
  return {
    ...{ id, name, started, since: iso(since) },
    participants: participants.map(({ call, label, muted, deaf, held, joined }) => ({
      ...{ call, muted, deaf, held },
      label: label ?? null,
      joined: iso(joined),
    })),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
