import type { NetworkAddress } from '../core/address';
import type { CodecName, PlayItem, RecordingFormat } from '../core/audio';
import type { Fingerprint, MediaSecurity, SrtpSuite } from '../core/media-agreement';
import type { CodecFormat } from './codec/port';

export type { CodecName, Fingerprint, MediaSecurity, RecordingFormat, SrtpSuite };

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What offer and answer agreed on for the one audio stream of a leg. Durations are milliseconds. */
export interface MediaParameters {
  readonly remote: {
    readonly rtp: NetworkAddress;
    /** Absent when the peer multiplexes or gave none: then RTP port + 1. */
    readonly rtcp?: NetworkAddress;
  };
  /** What we send. */
  readonly codec: CodecFormat & {
    readonly payloadType: number;
    /** The payload type that we receive, where the answer maps it differently. */
    readonly receivePayloadType?: number;
  };
  /** What the peer may send besides, under these payload types of ours: all that both sides named. */
  readonly alternatives?: readonly (CodecFormat & { readonly payloadType: number })[];
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
  /** RTP and RTCP share the RTP port (RFC 5761), in both directions. */
  readonly rtcpMux?: boolean;
  /** Absent: plain RTP. */
  readonly security?: MediaSecurity;
}

/** Anything that stops by itself or on request. */
export interface Playback {
  readonly done: Promise<PlaybackResult>;
  /** Silence from the next packet on. Idempotent. */
  stop(): void;
  /** Silence until {@link resume}; the position stays. Idempotent, as that is. */
  pause(): void;
  resume(): void;
  /** To `position` milliseconds of the round, or, with `relative`, so far on or back; kept within the items. */
  seek(position: number, options?: { readonly relative?: boolean }): void;
  /** dB, from the next packet on; -60 to 20, 0 at first. */
  setGain(gain: number): void;
}

/** A playback of which only the beginning is there: a long text that is still being spoken. Played once. */
export interface OpenPlayback extends Playback {
  /**
   * Items that follow without a gap; with `last`, no more do, and {@link Playback.done} resolves at their end. Until
   * then it is silent where it has run out, and keeps its place. Nothing once it has ended.
   */
  append(items: readonly PlayItem[], last: boolean): void;
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
  /** dB, -60 to 20; 0. */
  readonly gain?: number;
}

export interface RecordingOptions {
  /** The finished file; while it grows it has the ending `.part`. */
  readonly path: string;
  /** 16-bit WAV when absent. */
  readonly format?: RecordingFormat;
  /** Samples a second; 8 000. */
  readonly sampleRate?: 8_000 | 16_000 | 48_000;
  /**
   * `peer`: what the peer says, one channel. `stereo`: the peer left and what we send right, aligned to 20 ms.
   * `mixed`: both in one channel. `peer`; of a bridge always `stereo`, or `mixed`.
   * One of the peer and one of both may go on at a time; another of the same kind ends the one before.
   */
  readonly channels?: 'peer' | 'stereo' | 'mixed';
  /** Of a session: ends no other, and no other ends it; false. */
  readonly beside?: boolean;
  /**
   * Milliseconds of silence left at beginning, 5 000 at the most, and end; the rest is cut off. Nothing is when
   * absent.
   */
  readonly trim?: number;
  /** Milliseconds without speech from the start after which it ends with `silence`; 0 never, as when absent. */
  readonly startSilence?: number;
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
  /** Nothing is written until {@link resume}; idempotent, as that is. */
  pause(): void;
  resume(): void;
}

export interface RecordingResult {
  readonly type: 'maxDuration' | 'silence' | 'finishOn' | 'stopped' | 'failed';
  /** The whole, closed file; with `failed` what could be kept, or undefined if nothing could. */
  readonly path: string | undefined;
  /** Milliseconds of sound in the file. */
  readonly duration: number;
  /** Highest absolute sample, 0 to 32 767. */
  readonly peak: number;
  readonly format?: RecordingFormat;
  readonly channels?: RecordingOptions['channels'];
  /** Whether anybody spoke in it. */
  readonly speech?: boolean;
  /** Where it was paused: `at` milliseconds of the file, for so long; also where the machine stood still. */
  readonly pauses?: readonly { readonly at: number; readonly duration: number }[];
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
  /** The peer began or ceased to speak; only while {@link MediaSession.detect} asks for it. */
  onSpeech?(speaking: boolean): void;
  /** A signal of a network or a fax machine; only while {@link MediaSession.detect} asks for it. */
  onTone?(tone: DetectedTone): void;
  /** The session is over for no reason of its owner's: its worker has died, its keys could not be agreed. */
  onFailed?(reason: string): void;
}

/** Of a fax machine that calls (CNG, T.30) or answers (CED), or of a network. */
export type DetectedTone = 'cng' | 'ced' | 'dial' | 'ringback' | 'busy' | 'congestion' | 'sit';

export interface DetectOptions {
  /** Begin and end of speech, for {@link MediaHandler.onSpeech}. */
  readonly speech?: {
    /** Milliseconds of sound until it counts as speech; 100. */
    readonly onset?: number;
    /** Milliseconds of silence until speech counts as over; 500. */
    readonly hangover?: number;
  };
  /** For {@link MediaHandler.onTone}. */
  readonly tones?: boolean;
}

/** Milliseconds; the names that answering machine detection has elsewhere. */
export interface MachineOptions {
  /** Silence at first that makes it unknown; 3 500. */
  readonly initialSilence?: number;
  /** A greeting this long is a machine's; 1 500. */
  readonly greeting?: number;
  /** Silence after a greeting that makes it a human; 800. */
  readonly afterGreetingSilence?: number;
  /** Of it all; 5 000. */
  readonly totalTime?: number;
  /** Sound shorter than this is no word; 100. */
  readonly minimumWordLength?: number;
  /** Silence that parts two words; 50. */
  readonly betweenWordsSilence?: number;
  /** More words are a machine's; 3. */
  readonly maximumWords?: number;
  /** With a machine, wait so long for its beep or the end of its greeting; 0, as when absent, does not. */
  readonly beepTimeout?: number;
}

export interface MachineResult {
  readonly type: 'human' | 'machine' | 'fax' | 'unknown' | 'stopped';
  /** Why, for the record: `silence-after-greeting`, `long-greeting`, `words`, `initial-silence`, `total-time`, … */
  readonly reason: string;
  /** Milliseconds from the start. */
  readonly decidedAt: number;
  /** With `machine`, when {@link MachineOptions.beepTimeout} asked: when its beep ended; undefined if none came. */
  readonly beepAt?: number | undefined;
}

/** Something that listens until it knows, or is stopped. */
export interface MachineDetection {
  readonly done: Promise<MachineResult>;
  /** Settles with `stopped`. Idempotent. */
  stop(): void;
}

export interface TapOptions {
  /** Samples a second of both directions. */
  readonly sampleRate: 8_000 | 16_000 | 24_000 | 48_000;
  /** What {@link MediaTap.read} gives: what the peer says, what it is sent, or both mixed. */
  readonly hear: 'peer' | 'own' | 'both' | 'nothing';
  /** Milliseconds that wait for whoever reads, or for the peer, at most; 500. More is not taken. */
  readonly buffer?: number;
}

/**
 * A way for other parts to have a call's audio and to give some: 20 ms frames of 16-bit mono. It never holds up
 * a packet: whoever reads too slowly loses the oldest frames, whoever writes too much is told so.
 */
export interface MediaTap {
  /** Samples of a frame. */
  readonly frameSize: number;
  /** Copies the next frame; false when there is none yet. */
  read(frame: Int16Array): boolean;
  /** Told when there is something to read, at most once each 20 ms; without it, poll. */
  onReadable: (() => void) | undefined;
  /** Gives samples to be heard by the peer, in place of a bridge but behind a prompt. Returns how many were taken. */
  write(samples: Int16Array): number;
  /** Milliseconds that wait to be sent. */
  readonly waiting: number;
  /** Milliseconds that have been sent since the tap was made: for marks. */
  readonly played: number;
  /** Frames that were lost because nobody read them. */
  readonly lost: number;
  /** Forgets what waits to be sent: a barge-in. */
  clear(): void;
  /** Idempotent; the session's close closes it. */
  close(): void;
  readonly closed: boolean;
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
  /** Digits by who told of them first: RFC 4733, SIP INFO, the sound itself. */
  readonly digitsByForm: {
    readonly event: number;
    readonly info: number;
    readonly inband: number;
  };
  /** Of payloads. */
  readonly octetsSent: number;
  readonly octetsReceived: number;
  readonly packetsDuplicated: number;
  /** Frames of 20 ms that a substitute stood in for, and those that in-band FEC brought back. */
  readonly framesConcealed: number;
  readonly framesRecovered: number;
  /** Milliseconds that sound waits in the jitter buffer on average, and at most waited; 0 while nobody listened. */
  readonly delay: number;
  readonly maxDelay: number;
  /** ITU-T G.107: what we hear, 1 to 4.5; undefined while nothing was heard. */
  readonly mos: number | undefined;
  /** What the peer hears, by its reports. */
  readonly remoteMos: number | undefined;
  /** Mean level of the peer's speech in dBov, undefined while nothing was measured. */
  readonly level: number | undefined;
  /** Milliseconds in which the peer spoke, as far as anybody listened. */
  readonly talkTime: number;
  /** `none`, `sdes` or `dtls`, with the suite where it is known: `sdes AES_CM_128_HMAC_SHA1_80`. */
  readonly security: string;
  /** What was not taken, by reason. */
  readonly drops: Readonly<Record<string, number>>;
}

/** The forms in which a digit can be sent by the media. */
export type DigitForm = 'auto' | 'event' | 'inband';

/** The audio of one leg. All methods are safe after {@link close}. */
export interface MediaSession {
  /** What SDP announces: the literal address and the RTP port (RTCP is the next). */
  readonly local: NetworkAddress;
  /** Starts, or changes, what is sent and received. May be called at every offer and answer. */
  configure(parameters: MediaParameters): void;
  /** Ends a playback in progress and starts another. */
  play(items: readonly PlayItem[], options?: PlaybackOptions): Playback;
  /** The same with items that are not all there yet; `offset` may lie in what is appended. */
  playOpen(items: readonly PlayItem[], options?: Omit<PlaybackOptions, 'loop'>): OpenPlayback;
  /** In place of all else that the peer would hear; a playback waits where it is. Another one ends this one. */
  playOver(items: readonly PlayItem[], options?: PlaybackOptions): Playback;
  /** Silence in place of the peer for bridges, conferences, recordings, taps and echoes; keys are heard as ever. */
  setMuted(muted: boolean): void;
  record(options: RecordingOptions): Recording;
  /**
   * Sends digits; `duration` and `gap` in milliseconds. `event` is RFC 4733 and rejects when the peer takes none,
   * `inband` is their tones, `auto`, as when absent, events where the peer takes them, else tones.
   */
  sendDigits(digits: string, duration: number, gap: number, form?: DigitForm): Promise<void>;
  /** A digit reported by signalling (SIP INFO); subject to the same one-press rule. */
  reportDigit(digit: string, duration: number): void;
  /** Sends received audio back until the returned function is called. */
  echo(): () => void;
  /**
   * Looks for speech and tones from now on, in place of what was looked for before; undefined ends it. What was
   * looked for before and still is goes on: who speaks is not told to begin again.
   */
  detect(options: DetectOptions | undefined): void;
  /** Who has answered: one at a time, a second one stops the first. */
  detectMachine(options?: MachineOptions): MachineDetection;
  tap(options: TapOptions): MediaTap;
  /**
   * Gets each received 20 ms frame, decoded at 8 kHz, in play-out order; for meters and files. The
   * samples are only valid during the call: the next frame comes in the same array.
   */
  listen(listener: (frame: Int16Array) => void): () => void;
  /** As of a second ago at most. */
  statistics(): MediaStatistics;
  /** Sends RTCP BYE, stops all, gives the ports back. Idempotent. The statistics are final; never rejects. */
  close(): Promise<MediaStatistics>;
}

export interface MediaSessionOptions {
  /** The literal address to bind or, for a wildcard, to announce. */
  readonly localHost: string;
  readonly handler: MediaHandler;
  /** Will be bridged or mixed with this one: best beside it, in the same worker. */
  readonly near?: MediaSession | undefined;
  /**
   * Whether digits are heard in the sound: `auto`, as when absent, only while the peer has not agreed to telephone
   * events.
   */
  readonly detectDigits?: 'auto' | 'always' | 'never';
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
   * Both sides of the conversation in one stereo file: the first leg left, the second right, aligned over the
   * whole time; or mixed. `beep` is heard by both; `finishOn` and the silences are not for it.
   */
  record(options: RecordingOptions): Recording;
  /** The legs are as they were before. Idempotent; closing either session closes it. */
  close(): void;
}

/** How a party takes part. */
export interface PartyOptions {
  /** Is not heard; false. */
  readonly muted?: boolean;
  /** Hears nothing; false. */
  readonly deaf?: boolean;
  /** Is heard by these alone, and hears all (a coach); by all when absent. */
  readonly coaches?: readonly MediaSession[] | undefined;
  /** dB of what it says, -60 to 20; 0. */
  readonly gain?: number;
}

export interface ConferenceParty {
  /** What is not named stays as it is. */
  update(options: PartyOptions): void;
  /** The session lives on. Idempotent; the session's close is a leave. */
  leave(): void;
  readonly left: boolean;
}

export interface ConferenceOptions {
  /** Told when a party begins or ceases to speak. */
  readonly onSpeech?: (session: MediaSession, speaking: boolean) => void;
  /** Told of a party that has gone by itself: its session was closed. */
  readonly onLeft?: (session: MediaSession) => void;
}

/** Several legs of which each hears all others. */
export interface MediaConference {
  readonly parties: number;
  /** Throws a defect when the session is in a bridge or a conference already. */
  join(session: MediaSession, options?: PartyOptions): ConferenceParty;
  /** Heard by all who are not deaf, mixed with what is said; ends a playback in progress. */
  play(items: readonly PlayItem[], options?: PlaybackOptions): Playback;
  /** All that is said and played, mixed; `finishOn`, the silences and `channels` are not for it. */
  record(options: RecordingOptions): Recording;
  /** Everybody leaves. Idempotent. */
  close(): void;
}

/** Creates sessions: inline, or in worker threads. */
export interface MediaEngine {
  /** Of the certificate that DTLS-SRTP shows; undefined where there is none, and then it cannot be offered. */
  readonly fingerprint: Fingerprint | undefined;
  /** Encodings that can be offered here: Opus needs a binding that may not load. */
  readonly codecs: readonly CodecName[];
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
  conference(options?: ConferenceOptions): MediaConference;
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
