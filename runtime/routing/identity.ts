import type { RouteConditions, RouteConfig } from '../core/network-config';
import {
  compilePatterns,
  describePatterns,
  fails,
  firstMatch,
  holds,
  type Verdict,
} from './conditions';
import { describeCaller } from './facts';
import type { Caller } from './port';

export type Allow = NonNullable<RouteConfig['allow']>;

/** What the router must know of those who can prove who they are. */
export interface Provable {
  /** Whether anybody could answer a challenge as a user. */
  hasUsers(): boolean;
  /** Trunks that log in with a user name instead of being known by their address. */
  readonly trunksThatLogIn: readonly string[];
}

/** Whether a route is for a caller. */
export type IdentityVerdict =
  | { readonly type: 'yes'; readonly groups: readonly string[] }
  | { readonly type: 'no'; readonly reason: string }
  /** It would be for a user or trunk that proves itself by digest. */
  | { readonly type: 'prove'; readonly reason: string }
  /** It is for others than this caller, who has nothing to prove. */
  | { readonly type: 'refused'; readonly reason: string };

export type IdentityCheck = (caller: Caller, provable: Provable) => IdentityVerdict;

/** The conditions that ask who the caller is: `trunk`, `user`, and `allow`. */
export function compileIdentity(when: RouteConditions, allow: Allow): IdentityCheck {
  const trunk = trunkCheck(when.trunk);
  const user = userCheck(when.user);
  const needsUser = when.user !== undefined && when.user !== false;
  const needsTrunk = when.trunk !== undefined && when.trunk !== false;
  return (caller, provable) => {
    if (caller.type === 'unknown') {
      return strangerVerdict(
        needsUser,
        needsTrunk ? trunkNames(when.trunk) : undefined,
        allow,
        provable,
      );
    }
    const byTrunk = trunk(caller);
    if (fails(byTrunk)) return { type: 'no', reason: byTrunk };
    const byUser = user(caller);
    if (fails(byUser)) return { type: 'no', reason: byUser };
    if (!allows(allow, caller)) {
      return {
        type: 'refused',
        reason: `it is for ${allow} only, and the caller is ${describeCaller(caller)}`,
      };
    }
    return { type: 'yes', groups: byTrunk.length > 0 ? byTrunk : byUser };
  };
}

function allows(allow: Allow, caller: Caller): boolean {
  if (allow === 'users') return caller.type === 'user';
  if (allow === 'trunks') return caller.type === 'trunk';
  return allow === 'anyone' || caller.type !== 'unknown';
}

function strangerVerdict(
  needsUser: boolean,
  /** Undefined: any way will do. Empty: any trunk. */
  trunks: readonly string[] | undefined,
  allow: Allow,
  provable: Provable,
): IdentityVerdict {
  if (!needsUser && trunks === undefined && allow === 'anyone')
    return { type: 'yes', groups: holds };
  const userWillDo = trunks === undefined && allow !== 'trunks' && provable.hasUsers();
  const trunkWillDo =
    !needsUser &&
    allow !== 'users' &&
    provable.trunksThatLogIn.some(
      (name) => trunks === undefined || trunks.length === 0 || trunks.includes(name),
    );
  const whom = wanted(needsUser, trunks, allow);
  if (userWillDo || trunkWillDo) {
    return { type: 'prove', reason: `it is for ${whom}: the caller has to prove to be one` };
  }
  return { type: 'refused', reason: `it is for ${whom}, and the caller is not known` };
}

function wanted(needsUser: boolean, trunks: readonly string[] | undefined, allow: Allow): string {
  if (trunks !== undefined && trunks.length > 0) return `the trunk ${trunks.join(' or ')}`;
  if (needsUser || allow === 'users') return 'users';
  return trunks !== undefined || allow === 'trunks' ? 'trunks' : 'users and trunks';
}

function trunkNames(condition: RouteConditions['trunk']): readonly string[] {
  if (condition === undefined || typeof condition === 'boolean') return [];
  return typeof condition === 'string' ? [condition] : condition;
}

function trunkCheck(condition: RouteConditions['trunk']): (caller: Caller) => Verdict {
  if (condition === undefined) return () => holds;
  if (condition === false) {
    return (caller) => (caller.type === 'trunk' ? `it came by the trunk ${caller.name}` : holds);
  }
  const names = trunkNames(condition);
  return (caller) => {
    if (caller.type !== 'trunk') return 'it came by no trunk';
    if (names.length === 0 || names.includes(caller.name)) return holds;
    return `it came by the trunk ${caller.name}, not ${names.join(' or ')}`;
  };
}

function userCheck(condition: RouteConditions['user']): (caller: Caller) => Verdict {
  if (condition === undefined) return () => holds;
  if (condition === false) {
    return (caller) =>
      caller.type === 'user' ? `the caller is the user ${caller.username}` : holds;
  }
  if (condition === true) {
    return (caller) => (caller.type === 'user' ? holds : 'the caller is no user of ours');
  }
  const patterns = compilePatterns(condition);
  return (caller) => {
    if (caller.type !== 'user') return 'the caller is no user of ours';
    return (
      firstMatch(patterns, [caller.username]) ??
      `the user ${caller.username} does not fit ${describePatterns(patterns)}`
    );
  };
}
