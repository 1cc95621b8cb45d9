import type { CallControl } from '../call/port';

/** What a media stream is to be. Durations are milliseconds. */
export interface StreamRequest {
  /** `wss://…` or `ws://…`. */
  readonly url: string;
  /** The flow's word for it, for events and logs. */
  readonly name: string;
  /** `talk`: the app hears the call, and is heard by the caller; `listen`: it hears alone. */
  readonly mode: 'talk' | 'listen';
  /** What the app hears: what the caller says, what he is sent, or both, each as a track of its own. */
  readonly track: 'inbound' | 'outbound' | 'both';
  readonly encoding: StreamEncoding;
  readonly sampleRate: StreamRate;
  /** `customParameters` of the start message. */
  readonly parameters: Readonly<Record<string, string>>;
  /** How long the app may take to answer the handshake. */
  readonly timeout: number;
}

/** µ-law (G.711), or linear with 16 bits, little-endian. */
export type StreamEncoding = 'mulaw' | 'l16';
/** Samples a second; µ-law has 8 000 alone. */
export type StreamRate = 8_000 | 16_000 | 24_000;

/** Why a stream is over that nobody ended. */
export type StreamFailure =
  | 'badUrl'
  /** The address is private, link-local or the like, and not allowed. */
  | 'forbiddenAddress'
  | 'unknownHost'
  /** Nobody listens there. */
  | 'refused'
  | 'tls'
  /** The handshake was not answered in time. */
  | 'timeout'
  /** It was answered by another status than 101. */
  | 'rejected'
  /** The connection broke, or the app closed it with an error. */
  | 'closed'
  /** Too many messages that are none. */
  | 'garbage'
  /** A message is larger than {@link StreamLimits.maxMessage}. */
  | 'tooLarge'
  /** More sound than could ever be kept. */
  | 'flood'
  /** The app has not read for {@link StreamLimits.stall}. */
  | 'stalled';

export type StreamEnd =
  | { readonly type: 'ended'; readonly endedBy: 'app' | 'flow'; readonly duration: number }
  | {
      readonly type: 'failed';
      readonly reason: StreamFailure;
      /** One sentence, without secrets of the URL. */
      readonly message: string;
      /** Since its start; 0 when it never began. */
      readonly duration: number;
    };

/** Told of what comes of a stream; must not throw. */
export interface StreamListener {
  /** The app is there, and sound goes to and fro. */
  onStarted(streamSid: string): void;
  /** A message of the app's own: any JSON. */
  onMessage(message: unknown): void;
  /** It is over; also one that never began. */
  onEnded?(end: StreamEnd, streamSid: string): void;
}

/** A stream in progress. */
export interface MediaStream {
  /** How it ends. Rejects when the call cannot be heard, with `CALLCHART_CALL_ENDED` for one. */
  readonly done: Promise<StreamEnd>;
  /** Forgets what the app has said and the caller has not heard yet. */
  clear(): void;
  /** Sends the app a message of the flow's own: any JSON. Nothing before the start. */
  send(message: unknown): void;
  /** Tells the app of a key. */
  digit(digit: string): void;
  /** Says good-bye. Idempotent. */
  stop(): void;
}

/** Opens media streams of calls. */
export interface MediaStreams {
  open(call: CallControl, request: StreamRequest, listener: StreamListener): MediaStream;
  /** Those in progress, the ones that are only waiting for their connection to close included. */
  readonly count: number;
}

/** Bounds of each stream. */
export interface StreamLimits {
  /** Bytes of a message. */
  readonly maxMessage: number;
  /** Milliseconds of sound of the app's that wait to be heard. */
  readonly maxWaiting: number;
  /** And bytes of it, encoded. */
  readonly maxWaitingBytes: number;
  /** Marks that wait for their sound. */
  readonly maxMarks: number;
  /** Bytes that may wait in the connection before sound is held back, and then lost. */
  readonly maxUnsent: number;
  /** Milliseconds that it may be so before the stream is given up. */
  readonly stall: number;
  /** Messages that cannot be understood, before the connection is closed. */
  readonly maxGarbage: number;
  /** Milliseconds that the app may take to close the connection. */
  readonly closing: number;
}

export const streamLimits: StreamLimits = {
  maxMessage: 4_194_304,
  maxWaiting: 600_000,
  maxWaitingBytes: 10_485_760,
  maxMarks: 1_000,
  maxUnsent: 65_536,
  stall: 10_000,
  maxGarbage: 100,
  closing: 2_000,
};

/** A WebSocket as a stream needs it. */
export interface StreamSocket {
  send(text: string): void;
  /** Bytes that were given to {@link send} and are not with the system yet. */
  readonly unsent: number;
  /** Begins the closing handshake. */
  close(code: number, reason: string): void;
  /** At once. Idempotent. */
  terminate(): void;
}

/** Told by a socket, in this order; nothing after `onClosed`, which comes once. */
export interface SocketHandler {
  onOpen(): void;
  onText(text: string): void;
  onClosed(why: SocketEnd): void;
}

export type SocketEnd =
  /** A closing handshake; 1005 is one without a code. */
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: StreamFailure; readonly message: string };

/** Opens a connection, which tells of itself later: never before this has returned. */
export type OpenSocket = (options: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxMessage: number;
  readonly handler: SocketHandler;
}) => StreamSocket;
