import type { Clock, TimerHandle } from '../../core/clock';
import type { Logger } from '../../core/logger';
import type { Random } from '../../core/random';
import { InlineMediaEngine } from '../engine';
import { Pacer } from '../pacer';
import type {
  ConferenceParty,
  MachineDetection,
  MediaBridge,
  MediaConference,
  MediaHandler,
  MediaNetwork,
  MediaSession,
  MediaStatistics,
  MediaTap,
  OpenPlayback,
  PartyOptions,
  Playback,
  Recording,
} from '../port';
import { diskFiles, type RecordingFiles } from '../recording-files';
import { RtpSession } from '../session';
import { ringsOver } from '../tap';
import { DropTally } from './drop-tally';
import { factsOf } from './errors';
import { HostNetwork } from './host-network';
import type {
  Command,
  Id,
  PartySettings,
  PlaybackCommand,
  Report,
  ThreadSettings,
} from './protocol';

/** Milliseconds between two reports; each tells of one part of the sessions, so that none takes long. */
const REPORT_INTERVAL = 100;
const PARTS = 10;

export interface MediaHostParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly network: MediaNetwork;
  readonly settings: Pick<ThreadSettings, 'mediaTimeout' | 'anyHost' | 'certificate'>;
  readonly files?: RecordingFiles;
  /** To the signalling thread. */
  readonly post: (report: Report) => void;
}

/** What a media thread does: an engine of its own that obeys commands from the signalling thread. */
export class MediaHost {
  private readonly engine: InlineMediaEngine;
  private readonly network: HostNetwork;
  private readonly pacer: Pacer;
  private readonly drops = new DropTally();
  private readonly sessions = new Map<Id, MediaSession>();
  private readonly ids = new WeakMap<MediaSession, Id>();
  private readonly playbacks = new Map<Id, Playback | OpenPlayback>();
  private readonly recordings = new Map<Id, Recording>();
  private readonly detections = new Map<Id, MachineDetection>();
  private readonly echoes = new Map<Id, () => void>();
  private readonly taps = new Map<Id, Pick<MediaTap, 'close'>>();
  private readonly bridges = new Map<Id, MediaBridge>();
  private readonly conferences = new Map<Id, MediaConference>();
  private readonly parties = new Map<Id, ConferenceParty>();
  private readonly lastTold = new Map<Id, MediaStatistics>();
  private timer: TimerHandle | undefined;
  private part = 0;

  constructor(private readonly parts: MediaHostParts) {
    const { clock, random, logger, network, settings, files } = parts;
    this.pacer = new Pacer({ clock, logger, period: 20, slots: 1, catchUp: 3 });
    this.network = new HostNetwork(network, this.pacer);
    this.engine = new InlineMediaEngine({
      clock,
      random,
      logger,
      network: this.network,
      files: files ?? diskFiles,
      mediaTimeout: settings.mediaTimeout,
      anyHost: settings.anyHost,
      ...(settings.certificate === undefined ? {} : { certificate: settings.certificate }),
    });
    this.engine.clips.onShared = (encoding) => parts.post({ type: 'encoding', encoding });
    parts.post({ type: 'ready', codecs: this.engine.codecs });
    this.report();
  }

  receive(command: Command): void {
    switch (command.type) {
      case 'create':
        void this.create(command);
        return;
      case 'create-guest':
        void this.createGuest(command);
        return;
      case 'configure':
        this.sessions.get(command.session)?.configure(command.parameters);
        return;
      case 'play':
        this.play(command);
        return;
      case 'playback':
        steer(this.playbacks.get(command.playback), command.command);
        return;
      case 'record':
        this.record(command);
        return;
      case 'recording':
        this.recordings.get(command.recording)?.[command.command]();
        return;
      case 'send-digits':
        this.sendDigits(command);
        return;
      case 'report-digit':
        this.sessions.get(command.session)?.reportDigit(command.digit, command.duration);
        return;
      case 'mute':
        this.sessions.get(command.session)?.setMuted(command.muted);
        return;
      case 'echo': {
        const session = this.sessions.get(command.session);
        if (session !== undefined) this.echoes.set(command.echo, session.echo());
        return;
      }
      case 'end-echo':
        take(this.echoes, command.echo)?.();
        return;
      case 'detect':
        this.sessions.get(command.session)?.detect(command.options);
        return;
      case 'detect-machine':
        this.detectMachine(command);
        return;
      case 'stop-detection':
        this.detections.get(command.detection)?.stop();
        return;
      case 'tap': {
        const session = this.sessions.get(command.session);
        if (!(session instanceof RtpSession)) return;
        const pump = session.taps.attach(command.options, ringsOver(command.memory), command.place);
        this.taps.set(command.tap, pump);
        return;
      }
      case 'close-tap':
        take(this.taps, command.tap)?.close();
        return;
      case 'bridge':
        this.bridge(command);
        return;
      case 'close-bridge':
        take(this.bridges, command.bridge)?.close();
        return;
      case 'conference':
        this.makeConference(command.conference);
        return;
      case 'join': {
        const session = this.sessions.get(command.session);
        const conference = this.conferences.get(command.conference);
        if (session === undefined || conference === undefined) return;
        const settings = this.partyOptions(command.settings);
        this.parties.set(command.party, conference.join(session, settings));
        return;
      }
      case 'update-party':
        this.parties.get(command.party)?.update(this.partyOptions(command.settings));
        return;
      case 'leave':
        take(this.parties, command.party)?.leave();
        return;
      case 'close-conference':
        take(this.conferences, command.conference)?.close();
        return;
      case 'close':
        void this.close(command.session);
        return;
      case 'encoding':
        this.engine.clips.offer(command.encoding);
        return;
      case 'shut-down':
        void this.shutDown();
    }
  }

  // ── sessions ────────────────────────────────────────────────────────────────────────────────────

  private async create({
    session: id,
    localHost,
    detectDigits,
  }: Extract<Command, { type: 'create' }>): Promise<void> {
    try {
      const session = await this.engine.createSession({
        localHost,
        handler: this.handlerOf(id),
        ...(detectDigits === undefined ? {} : { detectDigits }),
      });
      this.keep(id, session);
      const { local } = session;
      this.parts.post({ type: 'created', id, local, statistics: session.statistics() });
    } catch (thrown) {
      this.parts.post({ type: 'refused', id, error: factsOf(thrown) });
    }
  }

  /** Never waits: whatever follows for the guest finds it. */
  private async createGuest({
    session: id,
    codec,
    memory,
  }: Extract<Command, { type: 'create-guest' }>): Promise<void> {
    const sockets = this.network.invite(codec, memory);
    const session = await this.engine.createSession({
      localHost: sockets.local.host,
      handler: { onDigit: () => undefined, onTimeout: () => undefined },
      detectDigits: 'never',
    });
    session.configure(sockets.parameters);
    this.keep(id, session);
  }

  private keep(id: Id, session: MediaSession): void {
    this.sessions.set(id, session);
    this.ids.set(session, id);
  }

  private handlerOf(id: Id): MediaHandler {
    const { post } = this.parts;
    return {
      onDigit: (digit, duration) => post({ type: 'digit', id, digit, duration }),
      onTimeout: () => post({ type: 'timeout', id }),
      onSpeech: (speaking) => post({ type: 'speech', id, speaking }),
      onTone: (tone) => post({ type: 'tone', id, tone }),
      onFailed: (reason) => post({ type: 'failed', id, reason }),
    };
  }

  private async close(id: Id): Promise<void> {
    const session = take(this.sessions, id);
    if (session === undefined) return;
    this.lastTold.delete(id);
    const statistics = await session.close();
    this.parts.post({ type: 'closed', id, statistics });
  }

  // ── what runs in a session ──────────────────────────────────────────────────────────────────────

  private play(command: Extract<Command, { type: 'play' }>): void {
    const { target, playback: id, items, options } = command;
    const session = this.sessions.get(target);
    const playback =
      command.as === 'open'
        ? session?.playOpen(items, options)
        : command.as === 'over'
          ? session?.playOver(items, options)
          : (session ?? this.conferences.get(target))?.play(items, options);
    if (playback === undefined) return;
    this.playbacks.set(id, playback);
    void playback.done.then((result) => {
      this.playbacks.delete(id);
      this.parts.post({ type: 'played', id, result });
    });
  }

  private record({ target, recording: id, options }: Extract<Command, { type: 'record' }>): void {
    const recorder =
      this.sessions.get(target) ?? this.bridges.get(target) ?? this.conferences.get(target);
    if (recorder === undefined) return;
    const recording = recorder.record(options);
    this.recordings.set(id, recording);
    void recording.done.then(({ error, ...result }) => {
      this.recordings.delete(id);
      const facts = error === undefined ? undefined : factsOf(error);
      this.parts.post({ type: 'recorded', id, result, error: facts });
    });
  }

  private sendDigits(command: Extract<Command, { type: 'send-digits' }>): void {
    const { sending, digits, duration, gap, form } = command;
    const sent = this.sessions.get(command.session)?.sendDigits(digits, duration, gap, form);
    sent?.then(
      () => this.parts.post({ type: 'digits-sent', id: sending, error: undefined }),
      (thrown: unknown) => {
        this.parts.post({ type: 'digits-sent', id: sending, error: factsOf(thrown) });
      },
    );
  }

  private detectMachine(command: Extract<Command, { type: 'detect-machine' }>): void {
    const { session, detection: id, options } = command;
    const detection = this.sessions.get(session)?.detectMachine(options);
    if (detection === undefined) return;
    this.detections.set(id, detection);
    void detection.done.then((result) => {
      this.detections.delete(id);
      this.parts.post({ type: 'detected', id, result });
    });
  }

  // ── sessions together ───────────────────────────────────────────────────────────────────────────

  private bridge(command: Extract<Command, { type: 'bridge' }>): void {
    const { bridge: id, relayDigits } = command;
    const first = this.sessions.get(command.first);
    const second = this.sessions.get(command.second);
    if (first === undefined || second === undefined) return;
    const bridge = this.engine.bridge(first, second, {
      ...(relayDigits === undefined ? {} : { relayDigits }),
      onUnsentDigit: (to, digit, duration) => {
        const session = to === first ? command.first : command.second;
        this.parts.post({ type: 'unsent-digit', id, session, digit, duration });
      },
    });
    this.bridges.set(id, bridge);
  }

  private makeConference(conference: Id): void {
    const { post } = this.parts;
    const tell = (session: MediaSession, what: (id: Id) => Report): void => {
      const id = this.ids.get(session);
      if (id !== undefined) post(what(id));
    };
    const made = this.engine.conference({
      onSpeech: (session, speaking) => {
        tell(session, (member) => ({
          type: 'party-speech',
          id: conference,
          session: member,
          speaking,
        }));
      },
      onLeft: (session) => {
        tell(session, (member) => ({ type: 'party-left', id: conference, session: member }));
      },
    });
    this.conferences.set(conference, made);
  }

  private partyOptions({ coaches, ...rest }: PartySettings): PartyOptions {
    if (coaches === undefined) return rest;
    return { ...rest, coaches: coaches.flatMap((id) => this.sessions.get(id) ?? []) };
  }

  // ── the thread ──────────────────────────────────────────────────────────────────────────────────

  private report(): void {
    const { parts, network, drops, sessions, lastTold } = this;
    this.part = (this.part + 1) % PARTS;
    const statistics: [Id, MediaStatistics][] = [];
    for (const [id, session] of sessions) {
      if (id % PARTS !== this.part || session.local.port === 0) continue;
      const now = session.statistics();
      const last = lastTold.get(id);
      if (last !== undefined && !differ(now, last)) continue;
      lastTold.set(id, now);
      statistics.push([id, now]);
    }
    if (this.part === 0 || statistics.length > 0) {
      const report = { ports: network.open, statistics, drops: drops.take() };
      parts.post({ type: 'report', report });
    }
    this.timer = parts.clock.setTimeout(() => this.report(), REPORT_INTERVAL);
  }

  private async shutDown(): Promise<void> {
    this.parts.clock.clearTimeout(this.timer);
    await this.engine.close();
    this.pacer.close();
    this.drops.close();
    this.parts.post({ type: 'ended' });
  }
}

function steer(playback: Playback | OpenPlayback | undefined, command: PlaybackCommand): void {
  if (playback === undefined) return;
  switch (command.do) {
    case 'seek':
      playback.seek(command.position, { relative: command.relative });
      return;
    case 'gain':
      playback.setGain(command.gain);
      return;
    case 'append':
      if ('append' in playback) playback.append(command.items, command.last);
      return;
    default:
      playback[command.do]();
  }
}

function take<T>(map: Map<Id, T>, id: Id): T | undefined {
  const value = map.get(id);
  map.delete(id);
  return value;
}

/** The counters that move while a call does. */
function differ(a: MediaStatistics, b: MediaStatistics): boolean {
  return (
    a.packetsSent !== b.packetsSent ||
    a.packetsReceived !== b.packetsReceived ||
    a.packetsDiscarded !== b.packetsDiscarded ||
    a.digits !== b.digits ||
    a.codec !== b.codec
  );
}
