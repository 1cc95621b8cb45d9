import type { PlayItem } from '../../core/audio';
import type { Prompt } from '../../prompt/port';
import type { DialCaller } from '../dial/caller';
import type { Conversation } from '../dial/conversation';
import type { CallControl, RecordingFile } from '../port';

/** What a queue is like. Durations are milliseconds. */
export interface QueueSettings {
  /** No more than so many wait; others get `full`. */
  readonly maxSize: number;
  /** The longest that anybody waits; no limit when absent. */
  readonly timeout?: number | undefined;
  /** Who waits no longer than this is served in time, as the service level counts; 20 000. */
  readonly serviceLevel: number;
}

/** How a call waits in a queue. Durations are milliseconds. */
export interface QueueRequest {
  /** By its name: a queue that nobody has described is made with the defaults. */
  readonly queue: string;
  /** Higher is served earlier; those alike in the order of their coming. */
  readonly priority: number;
  /** Repeated while the call waits; without it whatever else the flow plays. */
  readonly music?: Prompt;
  /** No more than so many wait, as this call sees it; the queue's own limit counts as well. */
  readonly maxSize?: number;
  /** The longest that this call waits; that of the queue when absent. */
  readonly timeout?: number;
  /** For whoever serves it; serialisable. */
  readonly data?: unknown;
}

/** Who ended a talk: `caller` is he who waited, `agent` who served him. */
export type QueueTalkEnd = 'caller' | 'agent' | 'hangupKey' | 'timeLimit' | 'transfer' | 'system';

/** Expected ends of waiting in a queue. Durations are milliseconds. */
export type QueueResult =
  | {
      readonly type: 'bridged';
      readonly talkTime: number;
      readonly endedBy: QueueTalkEnd;
      readonly waited: number;
      /** The id of the call that served it. */
      readonly agentCall: string;
    }
  /** It had enough; `position` is where it stood. */
  | { readonly type: 'left'; readonly waited: number; readonly position: number }
  /** So many wait already. */
  | { readonly type: 'full'; readonly size: number }
  | { readonly type: 'timeout'; readonly waited: number }
  | { readonly type: 'hangup'; readonly waited: number }
  /** The flow went on. */
  | { readonly type: 'cancelled'; readonly waited: number };

/** How a call serves a queue. Durations are milliseconds. */
export interface DequeueRequest {
  readonly queue: string;
  /** This call alone, by its id; the next when absent. */
  readonly call?: string;
  /** How long it waits for somebody to come; 0 does not wait. */
  readonly timeout: number;
  /** The longest that both talk. */
  readonly timeLimit?: number;
  /** A key of the one who serves: ends the talk, and not his call. */
  readonly hangupKey?: string;
  /** Both sides: who serves left, who waited right. */
  readonly record?: RecordingFile & { readonly channels?: 'stereo' | 'mixed' };
  /** What the one who waited hears before both talk. */
  readonly whisper?: QueueWhisper;
}

/** A prompt; or anything that is done with the call of the one who waited, until it resolves or `signal` aborts. */
export type QueueWhisper =
  | { readonly prompt: Prompt }
  | { readonly run: (call: CallControl, signal: AbortSignal) => Promise<void> };

/** Expected ends of serving a queue. */
export type DequeueResult =
  | {
      readonly type: 'answered';
      readonly talkTime: number;
      readonly endedBy: QueueTalkEnd;
      /** How long the caller had waited. */
      readonly waited: number;
      /** The id of the call that waited. */
      readonly call: string;
      readonly data?: unknown;
      readonly recording?: { readonly path: string; readonly duration: number };
    }
  /** Nobody came within `timeout`. */
  | { readonly type: 'empty' }
  | { readonly type: 'hangup' }
  /** The flow went on. */
  | { readonly type: 'cancelled' };

/** What flows are told. Durations are milliseconds. */
export type QueueEvent =
  /** The caller is in the queue, or stands elsewhere in it: 1 is next. */
  | {
      readonly type: 'queue.position';
      readonly queue: string;
      readonly position: number;
      /** How many wait. */
      readonly size: number;
      /** Since it came. */
      readonly waited: number;
      /** What those who were served lately have waited. */
      readonly averageWait: number;
    }
  /** Somebody serves the caller, who hears music no more; the whisper, if there is one, comes first. */
  | { readonly type: 'queue.taken'; readonly queue: string; readonly call: string }
  /** Both talk from now on; `call` is the other's. */
  | {
      readonly type: 'queue.bridged';
      readonly queue: string;
      readonly call: string;
      readonly waited: number;
      /** For the one who serves: what the caller's flow gave. */
      readonly data?: unknown;
    }
  /** Whoever served him has gone before both talked: he waits on, where he stood. */
  | { readonly type: 'queue.returned'; readonly queue: string };

/** What may be done with a call that waits. */
export interface QueuePlace {
  /** It waits no more; nothing when somebody serves it already. */
  leave(): void;
}

/** A call as a queue needs it. */
export interface QueueCall extends DialCaller {
  readonly state: CallControl['state'];
  /** As its flow has it. */
  readonly control: CallControl;
  /** While it talks. */
  talk: Conversation | undefined;
  /** The items of a prompt in the call's language. */
  resolve(prompt: Prompt): Promise<readonly PlayItem[]>;
  reportError(thrown: unknown): void;
}

/** A queue as of now. Durations are milliseconds. */
export interface QueueStatus {
  readonly name: string;
  readonly maxSize: number;
  /** Calls that wait, the next first. */
  readonly members: readonly QueueMember[];
  /** Calls that wait for somebody to serve. */
  readonly agents: number;
  /** Calls of those who are served. */
  readonly talking: number;
  /** What those who were served lately had waited. */
  readonly averageWait: number;
}

export interface QueueMember {
  /** Its id. */
  readonly call: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** 1 is next. */
  readonly position: number;
  readonly waited: number;
  readonly priority: number;
  readonly data?: unknown;
}

/** What happens in queues, for those who count. */
export type QueueFact =
  | { readonly type: 'entered'; readonly size: number }
  | { readonly type: 'bridged'; readonly waited: number; readonly inTime: boolean }
  | { readonly type: 'talked'; readonly duration: number }
  | { readonly type: 'left' | 'hungUp' | 'timedOut'; readonly waited: number }
  | { readonly type: 'full' };

export type QueueListener = (queue: string, fact: QueueFact) => void;
