import type { CallPlacer, PlacedTarget, Placement, PlaceRequest } from '../call/placement';
import type { CallerIdentity } from '../call/port';
import { CallchartError } from '../core/errors';
import { closest } from '../core/suggest';
import type { OutboundGuard } from '../routing/outbound-guard';
import type { Credentials } from '../sip/auth/port';
import { lower } from '../sip/message/characters';
import { MessageError } from '../sip/message/message-error';
import { formatUri, parseUri, sipUri, type Uri } from '../sip/message/uri';
import type { ForwardTarget, LocationService } from '../sip/server/port';
import type { ExtraHeader } from '../sip/ua/port';
import type { Trunks } from '../trunk/port';
import type { Directory } from './directory';

export interface PlacerParts {
  readonly directory: Pick<Directory, 'isLocal' | 'userNamed' | 'userOf'>;
  readonly location: LocationService;
  readonly trunks: Trunks;
  /** The guard against toll fraud: a call through a trunk, or to a host elsewhere. */
  readonly guard: Pick<OutboundGuard, 'host' | 'number'>;
}

type Refused = Extract<Placement, { readonly type: 'refused' }>;

/** RFC 3261 §8.1.1.3. */
const anonymous = 'sip:anonymous@anonymous.invalid';

const nothing = (): void => undefined;

/** Finds out where a call goes: to a registered user, through a trunk, or to a host that is allowed. */
export class Placer implements CallPlacer {
  constructor(private readonly parts: PlacerParts) {}

  place(request: PlaceRequest): Placement {
    const { trunks } = this.parts;
    const trunk = request.trunk ?? undefined;
    if (trunk !== undefined) {
      if (!trunks.names.includes(trunk)) throw unknownTrunk(trunk, trunks.names);
      return this.throughTrunk(trunk, request);
    }
    const uri = readTarget(request.to);
    if (uri === 'malformed') return refused(404, `${request.to} is no address to call`);
    const { directory } = this.parts;
    if (uri === 'name') return this.toUser(directory.userNamed(request.to), request, request.to);
    if (uri.scheme !== 'tel' && !directory.isLocal(uri)) return this.toHost(uri, request);
    return this.toUser(directory.userOf(uri), request, userOf(uri));
  }

  /** A user, or else a number where one trunk is all there is. */
  private toUser(user: string | undefined, request: PlaceRequest, name: string): Placement {
    const { location, trunks } = this.parts;
    if (user === undefined) {
      const [only, ...others] = trunks.names;
      if (isNumber(name) && only !== undefined && others.length === 0) {
        return this.throughTrunk(only, { ...request, to: name });
      }
      return refused(404, `there is no user "${name}"${isNumber(name) ? ': name a trunk' : ''}`);
    }
    const targets = location.targets(user);
    if (targets.length === 0) return refused(480, `${name} is not registered`);
    const from = identityOf(request);
    const username = userOf(parseUri(user));
    return {
      type: 'placed',
      groups: byQ(targets).map((group) =>
        group.map((target) => ({ ...toContact(target, from, request), user: username })),
      ),
      next: 'failure',
      release: nothing,
    };
  }

  private throughTrunk(trunk: string, request: PlaceRequest): Placement {
    const { guard, trunks } = this.parts;
    const number = numberOf(request.to);
    const verdict = guard.number(number, callerOf(request));
    if (verdict.type === 'refused') return refused(verdict.status, verdict.reason);
    const placed = trunks.place(trunk, number, effectiveIdentity(request));
    if (placed.type === 'refused') {
      verdict.release();
      return refused(placed.status, placed.reason);
    }
    return {
      type: 'placed',
      // The servers of a trunk are one after another: the next has its turn when one is not there.
      groups: placed.attempts.map(
        ({ requestUri, codecs, headers, srtp, credentials, ...attempt }) => [
          {
            ...attempt,
            to: requestUri,
            headers: [...headers, ...extraHeaders(request)],
            credentials: [...credentialsOf(request), ...credentials],
            codecs,
            srtp,
          },
        ],
      ),
      next: 'unreachable',
      trunk,
      release: () => {
        placed.release();
        verdict.release();
      },
    };
  }

  private toHost(uri: Exclude<Uri, { readonly scheme: 'tel' }>, request: PlaceRequest): Placement {
    // RFC 3261 §19.1.1: the call would go there, and not to the host that is allowed.
    const instead = uri.params.get('maddr');
    if (instead !== undefined && lower(instead) !== uri.host) {
      return refused(403, `${request.to} names another host by maddr`);
    }
    const verdict = this.parts.guard.host(uri.host, callerOf(request));
    if (verdict.type === 'refused') return refused(verdict.status, verdict.reason);
    const from = identityOf(request);
    const target: ForwardTarget = { uri: formatUri(uri), routes: [], q: 1 };
    return {
      type: 'placed',
      groups: [[toContact(target, from, request)]],
      next: 'failure',
      release: () => verdict.release(),
    };
  }
}

interface Identity {
  readonly from: string;
  readonly displayName: string | undefined;
  readonly headers: readonly ExtraHeader[];
}

function toContact(
  { uri, routes, flow }: ForwardTarget,
  { from, displayName, headers }: Identity,
  request: PlaceRequest,
): PlacedTarget {
  return {
    to: uri,
    from,
    displayName,
    routes,
    flow,
    headers: [...headers, ...extraHeaders(request)],
    credentials: credentialsOf(request),
  };
}

/** Highest q first, equal ones together. */
function byQ(targets: readonly ForwardTarget[]): readonly (readonly ForwardTarget[])[] {
  const groups = new Map<number, ForwardTarget[]>();
  for (const target of targets) {
    const group = groups.get(target.q);
    if (group === undefined) groups.set(target.q, [target]);
    else group.push(target);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

function effectiveIdentity({ identity, by }: PlaceRequest): CallerIdentity {
  if (identity.number !== undefined || by === undefined) return identity;
  const displayName = identity.displayName ?? by.from.displayName;
  return {
    ...identity,
    number: by.from.user === '' ? by.from.uri : by.from.user,
    ...(displayName === '' ? {} : { displayName }),
  };
}

/** What a registered user, or a host elsewhere, sees (RFC 3323 §4.1.1.3 for one who is hidden). */
function identityOf(request: PlaceRequest): Identity {
  const { identity, by } = request;
  if (identity.anonymous === true) {
    return { from: anonymous, displayName: 'Anonymous', headers: [['Privacy', 'id']] };
  }
  const number = identity.number;
  const from =
    number === undefined
      ? (by?.from.uri ?? anonymous)
      : isUri(number)
        ? number
        : formatUri(sipUri({ user: number, host: hostOf(by?.to.uri) }));
  const displayName = identity.displayName ?? (number === undefined ? by?.from.displayName : '');
  return { from, displayName: displayName === '' ? undefined : displayName, headers: [] };
}

function credentialsOf({ credentials }: PlaceRequest): readonly Credentials[] {
  return credentials === undefined ? [] : [credentials];
}

function extraHeaders({ headers = {} }: PlaceRequest): readonly ExtraHeader[] {
  return Object.entries(headers);
}

/** Whom the guard counts a call for: the user or trunk that proved to be its caller, or where it came from. */
function callerOf({ by }: PlaceRequest): string {
  if (by?.user !== undefined) return `user:${by.user}`;
  if (by?.trunk !== undefined) return `trunk:${by.trunk}`;
  return by === undefined ? 'originate' : `address:${by.remoteAddress}`;
}

function refused(status: Refused['status'], reason: string): Refused {
  return { type: 'refused', status, reason };
}

function readTarget(text: string): Uri | 'name' | 'malformed' {
  if (!isUri(text)) return text.trim() === '' || text.includes('@') ? readSip(text) : 'name';
  return readSip(text);
}

/** `alice@example.com` is short for a SIP URI. */
function readSip(text: string): Uri | 'malformed' {
  try {
    return parseUri(isUri(text) ? text : `sip:${text}`);
  } catch (error) {
    if (error instanceof MessageError) return 'malformed';
    throw error;
  }
}

function isUri(text: string): boolean {
  return /^(?:sips?|tel):/i.test(text);
}

function isNumber(text: string): boolean {
  return /^\+?[0-9*#]+$/.test(text);
}

/** The number that a trunk is given: a text as it is, or what a URI names. */
function numberOf(to: string): string {
  if (!isUri(to)) return to;
  const uri = readSip(to);
  return uri === 'malformed' ? to : userOf(uri);
}

function userOf(uri: Uri): string {
  return uri.scheme === 'tel' ? uri.number.replace(/[-.() ]/g, '') : (uri.user ?? '');
}

function hostOf(text: string | undefined): string {
  const uri = text === undefined ? 'malformed' : readSip(text);
  return uri === 'malformed' || uri.scheme === 'tel' ? 'anonymous.invalid' : uri.host;
}

function unknownTrunk(name: string, names: readonly string[]): CallchartError {
  const near = closest(name, names);
  const hint =
    near !== undefined
      ? `: did you mean "${near}"?`
      : names.length === 0
        ? ': the configuration has none'
        : `; there are: ${names.join(', ')}`;
  return new CallchartError('CALLCHART_UNKNOWN_TRUNK', `there is no trunk "${name}"${hint}`);
}
