import type { CallHappening } from '../call/happenings';
import type { CallControl } from '../call/port';
import type { Follower, FollowersOptions } from './followers';
import { factOf, notificationOf, type Subscription } from './subscription';

/** Tells of a whole call: `initiated`, `ringing`, `answered`, `completed`. */
export class CallProgressFollower implements Follower {
  private sequence = 0;
  private answered: number | undefined;

  constructor(
    private readonly call: CallControl,
    private readonly subscription: Subscription,
    private readonly options: Pick<FollowersOptions, 'reports' | 'notify'>,
  ) {}

  take(happening: CallHappening): void {
    if (!happening.type.startsWith('call.')) return;
    const { call, subscription, options, sequence } = this;
    if (happening.type === 'call.answered') this.answered = happening.time;
    const context = { info: call.info, sequence, answered: this.answered };
    const report = options.reports.progress(happening, context);
    if (report === undefined) return;
    const notification = notificationOf(subscription, report, factOf(happening));
    if (notification === undefined) return;
    this.sequence += 1;
    options.notify(call, notification);
  }
}
