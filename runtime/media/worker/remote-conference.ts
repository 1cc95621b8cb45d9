import type { PlayItem } from '../../core/audio';
import { DefectError, describeError } from '../../core/errors';
import type {
  ConferenceOptions,
  ConferenceParty,
  MediaConference,
  MediaSession,
  PartyOptions,
  Playback,
  PlaybackOptions,
  Recording,
  RecordingOptions,
} from '../port';
import { Guest } from './guest';
import type { MediaWorker, Remote } from './media-worker';
import type { Id, PartySettings, Report } from './protocol';
import { RemotePlayback } from './remote-playback';
import { RemoteRecording } from './remote-recording';
import { RemoteSession, type Company, type RemoteContext } from './remote-session';

/**
 * A conference in a media thread: that of its first party. Those of other threads are guests there.
 */
export class RemoteConference implements MediaConference, Remote {
  private readonly id: Id;
  private readonly members = new Map<Id, RemoteParty>();
  private worker: MediaWorker | undefined;
  private open = true;

  /** @param place where it is held when something is played before anybody has joined. */
  constructor(
    readonly context: RemoteContext,
    private readonly options: ConferenceOptions,
    private readonly place: () => MediaWorker | undefined,
  ) {
    this.id = context.newId();
  }

  get parties(): number {
    return this.members.size;
  }

  join(session: MediaSession, options: PartyOptions = {}): ConferenceParty {
    if (!(session instanceof RemoteSession)) {
      throw new DefectError('a conference needs sessions of its own engine');
    }
    if (session.company !== undefined) {
      throw new DefectError('a session is in a bridge or a conference already');
    }
    const worker = this.open && !session.closed ? this.settle(session.worker) : undefined;
    if (worker === undefined) return GONE;
    const guest = session.worker === worker ? undefined : new Guest(session, worker, this.context);
    const party = new RemoteParty(this, session, worker, guest);
    this.members.set(party.sessionId, party);
    session.company = party;
    const { id: conference } = this;
    const settings = this.settingsOf(options);
    worker.post({
      ...{ type: 'join', conference, party: party.id },
      ...{ session: party.sessionId, settings },
    });
    return party;
  }

  play(items: readonly PlayItem[], options?: PlaybackOptions): Playback {
    const playback = new RemotePlayback(this.context.newId(), this.home());
    playback.start(this.id, items, options);
    return playback;
  }

  record(options: RecordingOptions): Recording {
    const recording = new RemoteRecording(this.context.newId(), options, this.home());
    recording.start(this.id);
    return recording;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    for (const party of [...this.members.values()]) party.leave();
    this.worker?.post({ type: 'close-conference', conference: this.id });
    this.worker?.forget(this.id);
  }

  receive(report: Report): void {
    // Who is gone the party hears from its own session, which is closed here before it is there.
    if (report.type !== 'party-speech') return;
    const session = this.members.get(report.session)?.session;
    const { onSpeech } = this.options;
    if (session !== undefined) this.tell(() => onSpeech?.(session, report.speaking));
  }

  /** Its thread is gone, and with it all sound: those who live on elsewhere are alone. */
  onDeath(): void {
    this.open = false;
    for (const party of [...this.members.values()]) party.onGone();
  }

  settingsOf({ coaches, ...rest }: PartyOptions): PartySettings {
    if (coaches === undefined) return rest;
    const ids = [...this.members.values()].filter(({ session }) => coaches.includes(session));
    return { ...rest, coaches: ids.map(({ sessionId }) => sessionId) };
  }

  remove(party: RemoteParty): void {
    this.members.delete(party.sessionId);
  }

  /** Of a party that did not leave by itself. */
  gone(session: RemoteSession): void {
    const { onLeft } = this.options;
    this.tell(() => onLeft?.(session));
  }

  private home(): MediaWorker | undefined {
    if (!this.open) return undefined;
    if (this.worker !== undefined) return this.worker;
    const place = this.place();
    return place === undefined ? undefined : this.settle(place);
  }

  private settle(worker: MediaWorker): MediaWorker {
    if (this.worker === undefined) {
      this.worker = worker;
      worker.watch(this.id, this);
      worker.post({ type: 'conference', conference: this.id });
    }
    return this.worker;
  }

  private tell(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      this.context.logger.error({ error: describeError(thrown) }, 'a media handler failed');
    }
  }
}

class RemoteParty implements ConferenceParty, Company {
  readonly id: Id;
  left = false;

  constructor(
    private readonly conference: RemoteConference,
    readonly session: RemoteSession,
    private readonly worker: MediaWorker,
    private readonly guest: Guest | undefined,
  ) {
    this.id = conference.context.newId();
  }

  /** Of the session that takes part: its own, or its guest's. */
  get sessionId(): Id {
    return this.guest?.id ?? this.session.id;
  }

  update(options: PartyOptions): void {
    if (this.left) return;
    const settings = this.conference.settingsOf(options);
    this.worker.post({ type: 'update-party', party: this.id, settings });
  }

  leave(): void {
    if (this.left) return;
    this.left = true;
    if (this.session.company === this) this.session.company = undefined;
    this.worker.post({ type: 'leave', party: this.id });
    this.guest?.leave();
    this.conference.remove(this);
  }

  onGone(): void {
    if (this.left) return;
    this.leave();
    this.conference.gone(this.session);
  }
}

const GONE: ConferenceParty = {
  update: () => undefined,
  leave: () => undefined,
  left: true,
};
