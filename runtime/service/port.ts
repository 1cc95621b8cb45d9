import type { CallRecord } from '../call/call-record';
import type { CallStatus } from '../call/call-status';
import type { LiveConferences } from '../call/conference/port';
import type { HappeningListener } from '../call/happenings';
import type { QueueStatus } from '../call/queue/port';
import type { CodecName } from '../core/audio';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import type { FlowName, TrunkName } from '../core/register';
import type { CallHistory, DeadLetters, EventFeed } from '../events/port';
import type { FlowLog } from '../flow/flow-log';
import type { Flow } from '../flow/load';
import type { OriginateResult } from '../flow/originate';
import type { MachineOptions, MediaNetwork } from '../media/port';
import type { RecordingFiles } from '../media/recording-files';
import type { PromptLibrary, SpeechCounts } from '../prompt/port';
import type { Recognizer } from '../recognize/port';
import type { Resolver } from '../sip/resolve/port';
import type { LocationService } from '../sip/server/port';
import type { TimerValues } from '../sip/transaction/port';
import type { DatagramNetwork, Listener } from '../sip/transport/port';
import type { QueueNumbers } from '../store/queue-table';
import type { OpenSocket } from '../stream/port';
import type { Trunks } from '../trunk/port';
import type { WebClient } from '../web/port';
import type { ReloadReport } from './content';
import type { ServiceData } from './data';
import type { CallHandle, CallTarget, StatusSubscription } from './live-control';

/** What a server is made of, where it is not the machine's own: a simulation replaces these. */
export interface ServerParts {
  readonly version: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  readonly timers?: TimerValues;
  readonly datagrams?: DatagramNetwork;
  readonly mediaNetwork?: MediaNetwork;
  /** Where URIs lead; DNS when absent. */
  readonly resolver?: Resolver;
  /** Users and bindings; the database of the data directory when absent. */
  readonly data?: ServiceData;
  readonly recordingFiles?: RecordingFiles;
  readonly prompts?: PromptLibrary;
  /** That of the configuration when absent. */
  readonly recognizer?: Recognizer;
  /** Asks web servers; closed with the server. One as the configuration says when absent. */
  readonly web?: WebClient;
  /** Loads a flow's file, anew each time; Node's `require` when absent. */
  readonly requireFlow?: ((file: string) => unknown) | undefined;
  /** Gets the record of each call, once. */
  readonly onRecord: (record: CallRecord) => void;
  /** Gets what each call's flow was given; nothing is kept of it when absent. */
  readonly onFlowLog?: (log: FlowLog) => void;
  /** Called once everything is closed, and waited for. */
  readonly onClosed?: () => Promise<void>;
  /** How media streams connect; WebSockets of the package `ws` when absent. */
  readonly openStreamSocket?: OpenSocket | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What is open right now: all zero when nothing leaks. */
export interface OpenCounts {
  readonly calls: number;
  readonly flows: number;
  readonly sessions: number;
  readonly transactions: number;
  /** Requests that the proxy has forwarded and that have no final response yet. */
  readonly forwarded: number;
  /** Calls through trunks and to hosts elsewhere, as the guard against toll fraud counts them. */
  readonly outboundCalls: number;
  readonly mediaSessions: number;
  readonly mediaPorts: number;
  /** Media threads; those that run while the server does are no leak. */
  readonly mediaWorkers: number;
  /** Recognisers' connections and streams, those included that are closing. */
  readonly recognitions: number;
  /** Media streams to apps, those included whose connection is closing. */
  readonly streams: number;
  /** Requests to web servers that are in flight, or wait. */
  readonly webRequests: number;
  /** Older flows and prompts that calls in progress, or flows whose new version cannot be served, still use. */
  readonly replacedFlows: number;
}

/** A call that the server is to place into a flow. Durations are milliseconds. */
export interface OriginateRequest {
  /** A registered user, a number for the trunk, a SIP or tel URI; or several, of whom the first who answers counts. */
  readonly to: string | readonly string[];
  /** The flow that talks to whoever answers: its machine's input is `{ call, input }`. */
  readonly flow: FlowName;
  readonly trunk?: TrunkName;
  readonly input?: unknown;
  /** Whom the callee sees. */
  readonly callerId?: {
    readonly number?: string;
    readonly displayName?: string;
    readonly anonymous?: boolean;
  };
  readonly headers?: Readonly<Record<string, string>>;
  /** For whoever asks who calls; the trunk's own as well, where there is one. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Finds out who has answered first: the machine's input has `answeredBy` then. `{}` takes all defaults. */
  readonly machineDetection?: MachineOptions;
  /** What is offered, in this order, where the trunk allows it; `media.codecs`. */
  readonly codecs?: readonly CodecName[];
  /** How long it may ring: 30 000. */
  readonly timeout?: number;
}

/** A call that the server is to place, and what it is given to once somebody has answered. */
export interface PlaceRequest extends Omit<OriginateRequest, 'flow' | 'input'> {
  readonly target: CallTarget;
  /** Told how it goes, from its beginning. */
  readonly status?: StatusSubscription;
}

export type PlacedCall =
  | {
      /** Callchart's id of the call. */
      readonly id: string;
      /** Resolves when it is over. */
      readonly done: Promise<OriginateResult>;
    }
  /** The server takes no call now. */
  | { readonly refused: OriginateResult & { readonly type: 'unreachable' } };

/** A queue as of now, and what has come of the calls in it. */
export interface ServedQueue extends Omit<QueueStatus, 'maxSize'> {
  /** Undefined of one that is neither described nor in use. */
  readonly maxSize: number | undefined;
  /** Since it was used first; absent of one that never was, and where nothing is kept. */
  readonly numbers?: QueueNumbers;
}

/** A running server. */
export interface Server {
  /** What new calls get, sorted by name. */
  readonly flows: readonly Flow[];
  readonly listeners: readonly Listener[];
  readonly open: OpenCounts;
  /** Where the API is, `http://127.0.0.1:8080`; undefined when there is none. */
  readonly api: string | undefined;
  /** New calls are refused, because the server is being stopped. */
  readonly draining: boolean;
  readonly trunks: Trunks;
  readonly location: LocationService;
  /** How the voices do; undefined where nobody speaks. */
  readonly speech: SpeechCounts | undefined;
  /** The conferences that calls are in, to be looked at and steered. */
  readonly conferences: LiveConferences;
  /** The calls in progress, with what their audio is like, the oldest first. */
  liveCalls(): readonly CallStatus[];
  /** The queues that are described, in use, or were used, sorted by name. */
  queues(): readonly ServedQueue[];
  /** Makes a queue, or lets so many wait in one, until the server ends. */
  describeQueue(name: string, maxSize: number): void;
  /** Forgets a queue with its numbers; false where somebody is in it, or the configuration describes it. */
  removeQueue(name: string): boolean;
  /**
   * What has happened with calls: kept where `events` is configured, else the last of it in memory; with neither that nor
   * `http` only from the first look at this on.
   */
  readonly events: EventFeed;
  /** The calls that are over; undefined unless `http` or `events` is configured. */
  readonly history: CallHistory | undefined;
  /** What subscribers of events did not get; undefined when there are no subscribers. */
  readonly letters: DeadLetters | undefined;
  /** What happens with calls from now on, in order for each, until the returned function is called. */
  onHappening(listener: HappeningListener): () => void;
  /**
   * Places a call into a flow, and resolves when it is over. Rejects with `CALLCHART_UNKNOWN_FLOW` or
   * `CALLCHART_UNKNOWN_TRUNK`.
   */
  originate(options: OriginateRequest): Promise<OriginateResult>;
  /** The same with any target, without waiting for the end. Throws as `originate` rejects. */
  place(request: PlaceRequest): PlacedCall;
  /** A call in progress, by Callchart's id of it. */
  call(id: string): CallHandle | undefined;
  /**
   * Reads flows, prompts, certificates and keys again. New calls get what was read; those in progress go on with the
   * flow, the version and the prompts that they began with. What cannot be used stays as it was. Never rejects; two
   * at once are one after the other. The configuration is not read again.
   */
  reload(): Promise<ReloadReport>;
  /** New calls get 503 from now on; resolves when the others have ended, or have been ended after `timeout` ms. */
  drain(timeout: number): Promise<void>;
  /** Ends what is left and gives everything back. */
  close(): Promise<void>;
}
