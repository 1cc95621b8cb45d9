import { CallchartError, describeError } from '../../core/errors';
import type { Authenticator, AuthVerdict } from '../auth/port';
import { formatDate } from '../message/date-header';
import type { SipRequest } from '../message/message';
import type { ServerTransaction } from '../transaction/port';
import type { Channel } from '../transport/port';
import type { ElementServices, ExtraHeader } from '../ua/port';
import { peerSupports } from '../ua/capabilities';
import type { AddressBook } from './address-of-record';
import type { Location } from './location';
import { readArrival, type Arrival } from './outbound-support';
import type { Binding } from './port';
import { leadsTo } from './reachability';
import type { Refusal } from './refusal';
import { expiresOf, readContacts, type RegisterContact } from './register-contacts';
import { type RegisterFailure, RegisterReplies, type Reply } from './register-replies';
import { formatBinding } from './register-response';
import {
  removeBindings,
  updateBindings,
  type BindingUpdate,
  type ContactUpdate,
  type Registration,
} from './update-bindings';

export type { RegisterFailure } from './register-replies';

/** Durations are milliseconds. */
export interface RegistrarOptions {
  readonly services: Pick<ElementServices, 'clock' | 'random' | 'logger' | 'product'>;
  readonly location: Pick<Location, 'bindings' | 'commit' | 'size'>;
  readonly addresses: AddressBook;
  /** Without one, whoever sends a REGISTER is believed: only for trusted networks and benches. */
  readonly authenticator?: Authenticator;
  /** Shorter times get 423. 60 000. */
  readonly minExpires?: number;
  /** Longer times are shortened. 3 600 000. */
  readonly maxExpires?: number;
  /** Where the phone asks for none. 3 600 000. */
  readonly defaultExpires?: number;
  /** Bindings of one address of record at once. 10. */
  readonly maxContacts?: number;
  /** Bindings in all; further ones get 503. They take 1 KB each. 500 000. */
  readonly maxBindings?: number;
  /** Name-addrs that phones shall route their requests by (RFC 3608). */
  readonly serviceRoute?: readonly string[];
  /** How long a phone may be silent on a flow before we take it for dead (RFC 5626 §5.4); not told when absent. */
  readonly flowTimer?: number;
  /** RFC 3327 §5.3: a Path that the phone does not know of gets 420. `true`. */
  readonly needsPathSupport?: boolean;
  /** Told of each failure; returns how long the response is to wait, to slow down those who guess. */
  readonly onFailure?: (failure: RegisterFailure) => number | undefined;
}

/** The extensions that a REGISTER may require (RFC 3261 §8.2.2). */
const extensions: ReadonlySet<string> = new Set(['path', 'outbound']);
const supportedHeader: ExtraHeader = ['Supported', 'path, outbound'];

/** RFC 3261 §10.3 step 7: only what is shorter than one hour may be too short. */
const alwaysLongEnough = 3_600_000;

/** Characters of what a phone says about itself that are kept. */
const longestUserAgent = 128;
/** RFC 3261 sets no limit to a Call-ID; what is kept for an hour needs one. */
const longestCallId = 512;

/** The registrar (RFC 3261 §10.3, RFC 3327 §5.3, RFC 5626 §6). */
export class Registrar {
  private readonly minExpires: number;
  private readonly maxExpires: number;
  private readonly defaultExpires: number;
  private readonly maxContacts: number;
  private readonly maxBindings: number;
  private readonly replies: RegisterReplies;
  /** The Date of the last response, and its second since the epoch. */
  private dateText = '';
  private dateSecond = NaN;

  constructor(private readonly options: RegistrarOptions) {
    this.replies = new RegisterReplies(options);
    this.minExpires = options.minExpires ?? 60_000;
    this.maxExpires = options.maxExpires ?? 3_600_000;
    this.defaultExpires = options.defaultExpires ?? 3_600_000;
    this.maxContacts = options.maxContacts ?? 10;
    this.maxBindings = options.maxBindings ?? 500_000;
  }

  /** Answers a REGISTER; never throws. */
  handle(transaction: ServerTransaction, channel: Channel): void {
    const { request } = transaction;
    let reply: Reply;
    try {
      reply = this.process(request, channel);
    } catch (error) {
      reply = this.replyToError(error, request);
    }
    this.replies.send(transaction, channel, reply);
  }

  /** Forgets the responses that wait. */
  close(): void {
    this.replies.close();
  }

  /** The steps of RFC 3261 §10.3, in their order. */
  private process(request: SipRequest, channel: Channel): Reply {
    const { addresses } = this.options;
    // Step 1: requests for other domains are for a proxy, and none has taken this one.
    const { uri } = request;
    if (uri.scheme === 'tel') return { status: 416 };
    if (!addresses.isOurs(uri)) return { status: 404 };
    // Step 2.
    const refusal = this.checkExtensions(request);
    if (refusal !== undefined) return refusal;
    // Step 3.
    const { authenticator } = this.options;
    let username: string | undefined;
    if (authenticator !== undefined) {
      const verdict = authenticator.verify(request, 'www');
      if (verdict.type !== 'accepted') return challenge(authenticator, verdict);
      username = verdict.username;
    }
    // Steps 4 and 5.
    const to = request.to.uri;
    const name = addresses.nameOf(to);
    if (name === undefined) return { status: 404 };
    const owner = addresses.userOf(name);
    if (username !== undefined && owner !== username) {
      return { status: 403, failure: 'forbidden', username, detail: `registers ${name}` };
    }
    return this.update(request, channel, addresses.addressOfUser(owner ?? name));
  }

  /** RFC 3261 §8.2.2.3; a phone's first hop is also what Proxy-Require speaks to (§20.29). */
  private checkExtensions(request: SipRequest): Refusal | undefined {
    const { headers } = request;
    if (!headers.has('Require') && !headers.has('Proxy-Require')) return undefined;
    const tags = [...request.require, ...request.proxyRequire];
    const unknown = tags.filter((tag) => !extensions.has(tag.toLowerCase()));
    if (unknown.length === 0) return undefined;
    return { status: 420, headers: [['Unsupported', unknown.join(', ')]] };
  }

  /** Steps 6 to 8. */
  private update(request: SipRequest, channel: Channel, aor: string): Reply {
    const { location, services } = this.options;
    // Whole milliseconds: times are stored, and compared with those that were.
    const now = Math.floor(services.clock.now());
    const current = location.bindings(aor);
    // A query: the Path of a request that adds nothing is of no use to anybody.
    if (!request.headers.has('Contact')) return this.accept(request, current, now, undefined);

    const read = readContacts(request, this.defaultExpires);
    if (read.type === 'refused') return { ...read.refusal, failure: 'malformed' };
    const { contacts } = read;
    // A phone may exchange all its contacts; a request with more of them is an attack.
    if (contacts.length > 2 * this.maxContacts) return tooManyContacts;
    if (request.callId.length > longestCallId) return malformed('Call-ID Too Long');
    const arrived = readArrival(request, contacts, this.options.needsPathSupport ?? true);
    if (arrived.type === 'refused') return arrived.refusal;
    const { arrival } = arrived;
    const registration = registrationOf(request, channel, aor, arrival, now);

    let update: BindingUpdate;
    if (request.contactIsStar) {
      if (expiresOf(request) !== 0) return malformed('Contact * Without Expires 0');
      update = removeBindings(current, registration);
    } else {
      const brief = contacts.some((contact) => this.isTooBrief(contact.expires));
      if (brief) return this.tooBrief();
      const updates = contacts.map((contact) =>
        this.contactUpdate(contact, arrival, request, channel),
      );
      update = updateBindings(current, registration, updates, this.maxContacts);
    }
    if (update.type === 'refused') return update.refusal;
    const added = update.next.length - current.length;
    if (added > 0 && location.size + added > this.maxBindings) return full;
    // Throws when they cannot be kept: then nothing has changed, and the REGISTER gets 500.
    location.commit(aor, update.next, update.changes);
    return this.accept(request, location.bindings(aor), now, arrival);
  }

  private isTooBrief(expires: number): boolean {
    return expires > 0 && expires < alwaysLongEnough && expires < this.minExpires;
  }

  private tooBrief(): Reply {
    // RFC 3261 §20.23, seconds.
    return { status: 423, headers: [['Min-Expires', String(Math.ceil(this.minExpires / 1_000))]] };
  }

  private contactUpdate(
    contact: RegisterContact,
    { direct, outbound }: Arrival,
    request: SipRequest,
    channel: Channel,
  ): ContactUpdate {
    const { uri } = contact;
    const own = outbound && uri !== undefined && contact.regId !== undefined;
    const byFlow = direct && uri !== undefined && (own || leadsTo(uri, request.topVia, channel));
    return {
      text: contact.text,
      uri,
      q: contact.q,
      expires: Math.min(contact.expires, this.maxExpires),
      instanceId: contact.instanceId,
      regId: own ? contact.regId : undefined,
      params: contact.params,
      flow: byFlow ? channel.flow : undefined,
    };
  }

  /** Step 8: all bindings there are, with the time that each has left. */
  private accept(
    request: SipRequest,
    bindings: readonly Binding[],
    now: number,
    arrival: Arrival | undefined,
  ): Reply {
    const { serviceRoute, flowTimer } = this.options;
    const headers: ExtraHeader[] = [];
    for (const binding of bindings) headers.push(['Contact', formatBinding(binding, now)]);
    headers.push(['Date', this.date(now)], supportedHeader);
    if (arrival !== undefined) {
      // RFC 3327 §5.3: whoever registered sees who is in the way.
      for (const route of arrival.path) headers.push(['Path', route]);
      if (arrival.outbound && peerSupports(request, 'outbound')) {
        headers.push(['Require', 'outbound']);
        if (arrival.direct && flowTimer !== undefined) {
          headers.push(['Flow-Timer', String(Math.round(flowTimer / 1_000))]);
        }
      }
    }
    // RFC 3608 §6.3.
    for (const route of serviceRoute ?? []) headers.push(['Service-Route', route]);
    return { status: 200, headers };
  }

  /** Made once a second: it costs a microsecond, and would for each REGISTER (`npm run bench -- element-path`). */
  private date(now: number): string {
    const second = Math.floor(now / 1_000);
    if (second !== this.dateSecond) {
      this.dateSecond = second;
      this.dateText = formatDate(now);
    }
    return this.dateText;
  }

  private replyToError(error: unknown, request: SipRequest): Reply {
    // A malformed header or URI has the status that answers it.
    if (error instanceof CallchartError && error.status !== undefined && error.status < 500) {
      return { status: error.status, failure: 'malformed', detail: error.message };
    }
    // RFC 3261 §10.3 step 7: the store, or a defect of ours.
    const fields = { callId: request.callId, error: describeError(error) };
    this.options.services.logger.error(fields, 'a REGISTER could not be processed');
    return { status: 500 };
  }
}

/** RFC 3261 §22.1: what leads to a challenge looks alike, whatever was wrong. */
function challenge(
  authenticator: Authenticator,
  verdict: Exclude<AuthVerdict, { type: 'accepted' }>,
): Reply {
  switch (verdict.type) {
    case 'missing':
      return { status: 401, headers: authenticator.challenge('www') };
    case 'stale':
      return { status: 401, headers: authenticator.challenge('www', true) };
    case 'refused':
      return {
        status: 401,
        headers: authenticator.challenge('www'),
        failure: 'credentials',
        username: verdict.username,
        detail: verdict.reason,
      };
    case 'malformed':
      return malformed('Bad Authorization', verdict.reason);
  }
}

/** RFC 3261 §21.5.4. Only where anybody may register can it come to this. */
const full: Reply = { status: 503, headers: [['Retry-After', '60']] };
const tooManyContacts: Reply = { status: 403, reason: 'Too Many Contacts' };

function malformed(reason: string, detail = reason): Reply {
  return { status: 400, reason, failure: 'malformed', detail };
}

function registrationOf(
  request: SipRequest,
  channel: Channel,
  aor: string,
  { path }: Arrival,
  now: number,
): Registration {
  const { host, port } = channel.remote;
  return {
    aor,
    callId: request.callId,
    cseq: request.cseq.sequence,
    userAgent: request.headers.get('User-Agent')?.slice(0, longestUserAgent),
    path,
    source: { protocol: channel.protocol, host, port },
    now,
  };
}
