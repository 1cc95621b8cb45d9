import type { Clock } from '../../core/clock';
import type { LegEnd } from '../call-record';
import type { Conversation, ConversationOwner } from '../dial/conversation';
import type { QueueCall, QueueTalkEnd } from './port';

const hungUp: LegEnd = { by: 'caller', cause: 'bye', status: 200, reason: '' };

export interface TalkResult {
  /** Milliseconds. */
  readonly talkTime: number;
  readonly endedBy: QueueTalkEnd;
}

/** The part of one of two in a talk: a transfer may end it for one of them alone. */
export class Talker implements ConversationOwner {
  readonly done: Promise<TalkResult>;
  /** Whom it talks with. */
  peer: Talker | undefined;
  private settle: (result: TalkResult) => void = () => undefined;
  private conversation: Conversation | undefined;
  private readonly since: number;
  private over = false;
  /** Why the other has ended it. */
  private because: QueueTalkEnd | undefined;
  private readonly cleanups: (() => void)[] = [];

  constructor(
    readonly call: QueueCall,
    /** What it is when the other goes. */
    private readonly otherGoes: 'caller' | 'agent',
    private readonly clock: Clock,
  ) {
    this.done = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.since = clock.now();
  }

  begin(conversation: Conversation, onKey: (digit: string) => boolean): void {
    const { call } = this;
    this.conversation = call.talk = conversation;
    this.cleanups.push(
      call.divertKeys((digit, duration) => {
        if (onKey(digit)) return;
        call.tellKey(digit, duration, 'caller');
        // Whom a transfer has brought in its place has keys of its own.
        if (conversation.partner !== undefined) {
          this.peer?.call.tellKey(digit, duration, 'callee');
        }
      }),
    );
  }

  /** Called when it is over. */
  onEnd(cleanup: () => void): void {
    this.cleanups.push(cleanup);
  }

  /** From this side, or ours; it is the same for the other. */
  leave(endedBy: QueueTalkEnd): void {
    const { peer } = this;
    if (peer !== undefined && endedBy !== 'system') peer.because = endedBy;
    this.finish(endedBy);
  }

  // ConversationOwner

  onOver(endedBy: 'callee' | 'system' | 'transfer'): void {
    this.finish(endedBy === 'callee' ? (this.because ?? this.otherGoes) : endedBy);
  }

  releaseFirst(): void {
    // A call that came in has taken nothing.
  }

  letGo(): void {
    // As above.
  }

  private finish(endedBy: QueueTalkEnd): void {
    if (this.over) return;
    this.over = true;
    const { call, conversation, clock } = this;
    for (const cleanup of this.cleanups.splice(0)) cleanup();
    if (call.talk === conversation) call.talk = undefined;
    conversation?.end(hungUp);
    this.settle({ talkTime: Math.round(clock.now() - this.since), endedBy });
  }
}
