import type { NetworkAddress } from '../core/address';
import type { PlayItem } from '../core/audio';

/** Encodings as SDP names them. */
export type CodecName = 'PCMU' | 'PCMA';

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What offer and answer agreed on for the one audio stream of a leg. Durations are milliseconds. */
export interface MediaParameters {
  readonly remote: {
    readonly rtp: NetworkAddress;
    /** Absent when the peer multiplexes or gave none: then RTP port + 1. */
    readonly rtcp?: NetworkAddress;
  };
  readonly codec: {
    readonly name: CodecName;
    readonly payloadType: number;
    readonly clockRate: number;
    /** The payload type that we receive, where the answer maps it differently. */
    readonly receivePayloadType?: number;
  };
  /** Absent when the peer cannot receive RFC 4733 events. */
  readonly telephoneEvent?: {
    readonly payloadType: number;
    readonly receivePayloadType?: number;
    readonly clockRate: number;
  };
  /**
   * The payload type of comfort noise (RFC 3389) that the peer agreed to; absent when it did not, and then a
   * bridge leaves out the other leg's.
   */
  readonly comfortNoise?: number;
  /** From our side: `recvonly` means that we must not send. */
  readonly direction: MediaDirection;
  /** Of the packets we send: 20. */
  readonly ptime: number;
}

/** Anything that stops by itself or on request. */
export interface Playback {
  readonly done: Promise<PlaybackResult>;
  /** Silence from the next packet on. Idempotent. */
  stop(): void;
}

export interface PlaybackResult {
  readonly type: 'completed' | 'stopped';
  /** How far into the items it came, in milliseconds. */
  readonly position: number;
}

export interface PlaybackOptions {
  /** How often the whole list is played; 1. `Infinity` until stopped. */
  readonly loop?: number;
  /** Milliseconds to skip at the start of the first round. */
  readonly offset?: number;
}

export interface RecordingOptions {
  /** The finished file; while it grows it has the ending `.part`. */
  readonly path: string;
  /** Milliseconds. */
  readonly maxDuration: number;
  /** Milliseconds of silence that end it; 0 never does. */
  readonly endSilence: number;
  /** Any of these digits ends it, and is not heard in it. */
  readonly finishOn: string;
  /** Plays a beep first, which is not recorded. */
  readonly beep: boolean;
}

export interface Recording {
  readonly done: Promise<RecordingResult>;
  stop(): void;
}

export interface RecordingResult {
  readonly type: 'maxDuration' | 'silence' | 'finishOn' | 'stopped' | 'failed';
  /** The whole, closed WAV file; with `failed` what could be kept, or undefined if nothing could. */
  readonly path: string | undefined;
  /** Milliseconds of sound in the file. */
  readonly duration: number;
  /** Highest absolute sample, 0 to 32 767. */
  readonly peak: number;
  /** With `finishOn`. */
  readonly digit?: string;
  /** With `failed`: for the log and the record. */
  readonly error?: Error;
}

export interface MediaHandler {
  /** One key press, once, however many packets report it. `duration` in milliseconds. */
  onDigit(digit: string, duration: number): void;
  /** No RTP came for `mediaTimeout` although the direction lets the peer send. */
  onTimeout(): void;
}

/** For the call record; counts are packets, times milliseconds. */
export interface MediaStatistics {
  readonly codec: CodecName | undefined;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly packetsLate: number;
  readonly packetsDiscarded: number;
  readonly jitter: number;
  /** From the peer's RTCP; undefined while none came. */
  readonly roundTrip: number | undefined;
  /** What the peer reported as lost of ours, as a fraction of 0 to 1. */
  readonly remoteLoss: number | undefined;
  readonly digits: number;
}

/** The audio of one leg. All methods are safe after {@link close}. */
export interface MediaSession {
  /** What SDP announces: the literal address and the RTP port (RTCP is the next). */
  readonly local: NetworkAddress;
  /** Starts, or changes, what is sent and received. May be called at every offer and answer. */
  configure(parameters: MediaParameters): void;
  /** Ends a playback in progress and starts another. */
  play(items: readonly PlayItem[], options?: PlaybackOptions): Playback;
  record(options: RecordingOptions): Recording;
  /** Sends RFC 4733 events; `duration` and `gap` in milliseconds. Rejects when the peer takes none. */
  sendDigits(digits: string, duration: number, gap: number): Promise<void>;
  /** A digit reported by signalling (SIP INFO); subject to the same one-press rule. */
  reportDigit(digit: string, duration: number): void;
  /** Sends received audio back until the returned function is called. */
  echo(): () => void;
  /**
   * Gets each received 20 ms frame, decoded at 8 kHz, in play-out order; for meters and files. The
   * samples are only valid during the call: the next frame comes in the same array.
   */
  listen(listener: (frame: Int16Array) => void): () => void;
  statistics(): MediaStatistics;
  /** Sends RTCP BYE, stops all, gives the ports back. Idempotent. */
  close(): MediaStatistics;
}

export interface MediaSessionOptions {
  /** The literal address to bind or, for a wildcard, to announce. */
  readonly localHost: string;
  readonly handler: MediaHandler;
}

export interface BridgeOptions {
  /**
   * Whether keys of one leg are sent on to the other as RFC 4733 events; true. They are reported to both legs'
   * handlers of {@link MediaHandler.onDigit} as ever: the bridge takes none away.
   */
  readonly relayDigits?: boolean;
  /** A key that the other leg cannot be sent as an event: the owner may send it as SIP INFO. */
  readonly onUnsentDigit?: (to: MediaSession, digit: string, duration: number) => void;
}

/** Two legs that hear each other. */
export interface MediaBridge {
  /**
   * Both sides of the conversation in one stereo WAV: the first leg left, the second right, aligned over the
   * whole time. `beep` is heard by both; `finishOn` and `endSilence` are not for it.
   */
  record(options: RecordingOptions): Recording;
  /** The legs are as they were before. Idempotent; closing either session closes it. */
  close(): void;
}

/** Creates sessions: inline now, in worker threads later. */
export interface MediaEngine {
  /** Rejects with `CALLCHART_MEDIA_PORTS_EXHAUSTED` (status 503) when no port is free. */
  createSession(options: MediaSessionOptions): Promise<MediaSession>;
  readonly openSessions: number;
  /**
   * Lets two sessions of this engine hear each other: packets go on at once, with their own sequence numbers and
   * time stamps for each leg, recoded where the legs speak different codecs. A prompt played to one leg is heard
   * by it in place of the other. Throws a defect when either is bridged already. With a session that is
   * closed the bridge is closed from the start.
   */
  bridge(first: MediaSession, second: MediaSession, options?: BridgeOptions): MediaBridge;
  close(): Promise<void>;
}

/** Two sockets, the RTP one even and the RTCP one odd (RFC 3550 §11), or their simulation. */
export interface MediaSockets {
  readonly local: NetworkAddress;
  sendRtp(packet: Uint8Array, host: string, port: number): void;
  sendRtcp(packet: Uint8Array, host: string, port: number): void;
  /** The bytes are only valid during the call. Assigned by the session; unset on release. */
  receiver: MediaReceiver | undefined;
  /** Gives the ports back. Idempotent. */
  release(): void;
}

export interface MediaReceiver {
  onRtp(packet: Uint8Array, host: string, port: number): void;
  onRtcp(packet: Uint8Array, host: string, port: number): void;
}

/** Where media sockets come from: UDP, or the in-memory network of the simulation. */
export interface MediaNetwork {
  allocate(localHost: string): Promise<MediaSockets>;
  readonly open: number;
  close(): Promise<void>;
}
