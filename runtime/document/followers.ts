import type { CallHappening, HappeningListener } from '../call/happenings';
import type { CallControl } from '../call/port';
import type { Following, Notification } from './bind';
import { CallProgressFollower } from './call-progress';
import { ConferenceFollowers } from './conference-followers';
import type { StatusReports } from './reports';
import type { Subscription } from './subscription';
import { Teller, verbFollowers } from './verb-followers';

/** One who hears what happens with a call, and tells somebody else of some of it. */
export interface Follower {
  take(happening: CallHappening): void;
}

export interface FollowersOptions {
  readonly reports: StatusReports;
  /** Hears of all calls until the returned function is called. */
  onHappening(listener: HappeningListener): () => void;
  /** Tells a web app, when its turn has come. */
  notify(call: CallControl, notification: Notification): void;
}

/**
 * Tells web apps how calls go on: one listener of happenings for all, and none while nobody follows. A call is forgotten
 * with its record.
 */
export class Followers {
  private readonly byCall = new Map<string, Follower[]>();
  private readonly conferences: ConferenceFollowers;
  private expected: ((call: string) => void) | undefined;
  private stop: (() => void) | undefined;

  constructor(private readonly options: FollowersOptions) {
    this.conferences = new ConferenceFollowers(options);
  }

  /** Calls and conferences that somebody follows. */
  get count(): number {
    return this.byCall.size + this.conferences.count;
  }

  /** From now on a web app is told of the call's progress. */
  follow(call: CallControl, subscription: Subscription): void {
    this.add(call.info.id, new CallProgressFollower(call, subscription, this.options));
  }

  /** The same from the beginning of the call that `work` begins, its first happening included. */
  followNext<T>(
    subscription: Subscription | undefined,
    work: () => T,
    find: (call: string) => CallControl | undefined,
    callOf: (result: T) => CallControl,
  ): T {
    if (subscription === undefined) return work();
    let found: CallControl | undefined;
    this.expected = (id) => {
      found = find(id);
      if (found !== undefined) this.follow(found, subscription);
    };
    this.listen();
    try {
      const result = work();
      // Somebody else is just being told of something: this call's beginning is still to come.
      if (found === undefined) this.follow(callOf(result), subscription);
      return result;
    } finally {
      this.expected = undefined;
      this.rest();
    }
  }

  /** What a verb of a call's document does is told to whom the verb names. */
  followVerb(call: CallControl, following: Following): void {
    const { id } = call.info;
    const { verb } = following;
    for (const follower of verbFollowers(call, following, this.options)) this.add(id, follower);
    if (verb.verb !== 'conference' || verb.status === undefined) return;
    this.listen();
    const teller = new Teller(call, following, this.options);
    const { name } = verb.input;
    this.conferences.add(id, { name, callback: verb.status, teller });
  }

  private add(call: string, follower: Follower): void {
    const followers = this.byCall.get(call);
    if (followers === undefined) this.byCall.set(call, [follower]);
    else followers.push(follower);
    this.listen();
  }

  private listen(): void {
    this.stop ??= this.options.onHappening((happening) => this.take(happening));
  }

  private rest(): void {
    if (this.count > 0 || this.expected !== undefined) return;
    this.stop?.();
    this.stop = undefined;
  }

  private take(happening: CallHappening): void {
    const { call, type } = happening;
    if (type === 'call.started') {
      this.expected?.(call);
      this.expected = undefined;
    }
    // A follower that is told may bring another.
    for (const follower of [...(this.byCall.get(call) ?? [])]) follower.take(happening);
    this.conferences.take(happening);
    if (type === 'call.recorded') {
      this.byCall.delete(call);
      this.conferences.forget(call);
    }
    this.rest();
  }
}
