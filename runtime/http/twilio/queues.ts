import type { QueueMember } from '../../call/queue/port';
import type { ServedQueue } from '../../service/port';
import { callSid, queueSid } from '../../twiml/sid';
import { timestamp } from '../../twiml/status-parameters';
import { missing } from './parameters';
import { pageBody, pageRequest, sliceOf } from './pages';
import type { ResourceParts } from './port';
import { twilioProblems } from './problem';
import type { Account, TwilioRequest, TwilioRoute } from './route';

/** As many as Twilio lets wait where nothing is said, and at most. */
const usualSize = 1_000;
const mostSize = 5_000;

/** `/Queues`, and who waits in them. A queue is named by its SID; by its name, too. */
export function queueRoutes({ account, server, clock }: ResourceParts): TwilioRoute[] {
  const since = clock.now();

  const find = (key: string): ServedQueue | undefined =>
    server.queues().find(({ name }) => queueSid(name) === key || name === key);

  const found = (request: TwilioRequest): ServedQueue => {
    const queue = find(request.sid('queue'));
    if (queue !== undefined) return queue;
    throw twilioProblems.notFound(account.uri(`/Queues/${request.sid('queue')}`));
  };

  const shown = (request: TwilioRequest): object => resource(account, found(request), since);

  /** `Front` is the next. */
  const member = (
    request: TwilioRequest,
  ): { readonly queue: ServedQueue; readonly of: QueueMember } => {
    const queue = found(request);
    const sid = request.sid('member');
    const of = queue.members.find(
      ({ call, position }) => callSid(call) === sid || (sid === 'Front' && position === 1),
    );
    if (of !== undefined) return { queue, of };
    throw twilioProblems.notFound(account.uri(`/Queues/${queueSid(queue.name)}/Members/${sid}`));
  };

  return [
    {
      ...{ method: 'get', path: '/Queues', scope: 'read' },
      handle: (request) => {
        const { items, next } = sliceOf(server.queues(), pageRequest(request.given));
        const slice = { items: items.map((each) => resource(account, each, since)), next };
        return { status: 200, body: pageBody(request, 'queues', slice) };
      },
    },
    {
      ...{ method: 'post', path: '/Queues', scope: 'call' },
      handle: ({ given }) => {
        const name = given.text('FriendlyName');
        const maxSize = given.integer('MaxSize', [1, mostSize]) ?? usualSize;
        if (name === undefined || name.length > 64) throw missing('FriendlyName', 20002);
        if (server.queues().some((queue) => queue.name === name && queue.maxSize !== undefined)) {
          throw twilioProblems.badValue(22003, `There is a queue with the FriendlyName ${name}`);
        }
        server.describeQueue(name, maxSize);
        const queue = find(queueSid(name));
        if (queue === undefined) throw twilioProblems.notFound(account.uri('/Queues'));
        return { status: 201, body: resource(account, queue, since) };
      },
    },
    {
      ...{ method: 'get', path: '/Queues/:queue', scope: 'read' },
      handle: (request) => ({ status: 200, body: shown(request) }),
    },
    {
      ...{ method: 'post', path: '/Queues/:queue', scope: 'call' },
      handle: (request) => {
        const { given } = request;
        const name = given.text('FriendlyName');
        const maxSize = given.integer('MaxSize', [1, mostSize]);
        const queue = found(request);
        // Its name is what calls enter it by.
        if (name !== undefined && name !== queue.name) {
          throw twilioProblems.notHere('To give a queue another name');
        }
        if (maxSize !== undefined) server.describeQueue(queue.name, maxSize);
        return { status: 200, body: shown(request) };
      },
    },
    {
      ...{ method: 'delete', path: '/Queues/:queue', scope: 'call' },
      handle: (request) => {
        const { name } = found(request);
        if (!server.removeQueue(name)) {
          const message = `The queue ${name} is not empty, or belongs to the configuration`;
          throw twilioProblems.badValue(22001, message);
        }
        return { status: 204 };
      },
    },
    {
      ...{ method: 'get', path: '/Queues/:queue/Members', scope: 'read' },
      handle: (request) => {
        const queue = found(request);
        const { items, next } = sliceOf(queue.members, pageRequest(request.given));
        const slice = { items: items.map((each) => memberResource(account, queue, each)), next };
        return { status: 200, body: pageBody(request, 'queue_members', slice) };
      },
    },
    {
      ...{ method: 'get', path: '/Queues/:queue/Members/:member', scope: 'read' },
      handle: (request) => {
        const { queue, of } = member(request);
        return { status: 200, body: memberResource(account, queue, of) };
      },
    },
    {
      ...{ method: 'post', path: '/Queues/:queue/Members/:member', scope: 'call' },
      handle: async (request) => {
        const { given } = request;
        const url = given.url('Url');
        const method = given.method('Method') ?? 'POST';
        if (url === undefined) throw missing('Url', 21205);
        const { queue, of } = member(request);
        const handle = server.call(of.call);
        if (handle === undefined) throw twilioProblems.wrongState('The call is over');
        await handle.redirect({ document: { url, method } });
        return { status: 200, body: memberResource(account, queue, of) };
      },
    },
  ];
}

function resource(account: Account, queue: ServedQueue, began: number): object {
  const { name, maxSize, members, averageWait, numbers } = queue;
  const sid = queueSid(name);
  const since = numbers?.since ?? began;
  const path = `/Queues/${sid}`;
  return {
    ...{ sid, account_sid: account.sid, friendly_name: name, current_size: members.length },
    max_size: maxSize ?? usualSize,
    average_wait_time: Math.round(averageWait / 1_000),
    ...{ date_created: timestamp(since), date_updated: timestamp(since) },
    uri: account.uri(path),
    subresource_uris: { members: account.uri(`${path}/Members`) },
  };
}

function memberResource(account: Account, { name }: ServedQueue, member: QueueMember): object {
  const queue = queueSid(name);
  const call = callSid(member.call);
  return {
    ...{ call_sid: call, queue_sid: queue, position: member.position },
    date_enqueued: timestamp(member.since),
    wait_time: Math.round(member.waited / 1_000),
    uri: account.uri(`/Queues/${queue}/Members/${call}`),
  };
}
