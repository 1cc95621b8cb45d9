import type { PlayItem } from '../../core/audio';
import { DefectError } from '../../core/errors';
import { namedTone } from '../../core/tones';
import type { BridgeEnd } from '../bridge-end';
import { codecKind } from '../codec/registry';
import { SpeechDetector } from '../detect/speech';
import { frameRateFor } from '../frame-feed';
import type { EncodedClips } from '../encoded-clips';
import type { Pacer } from '../pacer';
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
import { recordSides, type SidesServices } from '../recorded-sides';
import { RtpSession } from '../session';
import { ConferenceSound } from './conference-sound';
import { Mixer, type Voice } from './mixer';

/** Milliseconds of a round. */
const ROUND = 20;
/** What a conference gets from its engine. */
export interface ConferenceContext extends SidesServices {
  readonly pacer: Pacer;
  readonly clips: EncodedClips;
}

/**
 * Sessions of one engine of which each hears all others. Each brings its frame of a round in its own tick, and gets
 * the mix of the round before: whatever moment of the 20 ms its tick has, all frames of that round are there.
 */
export class SessionConference implements MediaConference {
  private readonly members = new Map<RtpSession, Party>();
  private readonly epoch: number;
  private mixer = new Mixer(8_000);
  private readonly sound: ConferenceSound;
  private readonly recordings = new Set<Recording>();
  private closed = false;

  constructor(
    readonly context: ConferenceContext,
    private readonly options: ConferenceOptions = {},
  ) {
    this.epoch = context.clock.now();
    this.sound = new ConferenceSound(context, (time) => this.roundAt(time), this.mixer);
  }

  get parties(): number {
    return this.members.size;
  }

  join(session: MediaSession, options: PartyOptions = {}): ConferenceParty {
    if (!(session instanceof RtpSession)) {
      throw new DefectError('a conference needs sessions of its own engine');
    }
    if (session.bridged) throw new DefectError('a session is in a bridge or a conference already');
    const party = new Party(this, session, options);
    if (this.closed || session.closed) {
      party.leave();
      return party;
    }
    this.members.set(session, party);
    session.joinBridge(
      new ConferenceEnd(
        () => this.gone(party),
        () => this.adapt(),
      ),
    );
    party.attach(this.mixer);
    this.adapt();
    return party;
  }

  play(items: readonly PlayItem[], options?: PlaybackOptions): Playback {
    const playback = this.sound.play(items, options);
    if (this.closed) this.sound.close();
    return playback;
  }

  record(options: RecordingOptions): Recording {
    const { context, sound, recordings } = this;
    const recorder = recordSides(
      context,
      // The silences and the keys are each party's own.
      { ...options, endSilence: 0, startSilence: 0, finishOn: '', channels: 'peer' },
      {
        left: sound,
        beep: () => sound.play([{ type: 'tone', tone: namedTone('beep') }]).done,
        onEnded: () => recordings.delete(recorder),
      },
    );
    recordings.add(recorder);
    if (this.closed) recorder.stop();
    return recorder;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const recorder of [...this.recordings]) recorder.stop();
    this.sound.close();
    for (const party of [...this.members.values()]) party.leave();
  }

  /** The round that a tick is in. */
  roundAt(time: number): number {
    // Never negative: a tick may be of a moment before the conference was made.
    return Math.floor((time - this.epoch) / ROUND) + 8;
  }

  remove(party: Party): void {
    if (this.members.get(party.session) !== party) return;
    this.members.delete(party.session);
    party.session.leaveBridge();
    this.addressAll();
    this.adapt();
  }

  /** Says whom each coach is heard by: those of them that are here. */
  addressAll(): void {
    for (const party of this.members.values()) {
      const { coaches } = party.settings;
      const audience = coaches?.flatMap((each) => this.voiceOf(each) ?? []);
      this.mixer.address(party.voice, audience === undefined ? undefined : new Set(audience));
    }
  }

  speaking(party: Party, speaking: boolean): void {
    const { onSpeech } = this.options;
    if (onSpeech !== undefined) party.session.notify(() => onSpeech(party.session, speaking));
  }

  private voiceOf(session: MediaSession): Voice | undefined {
    for (const party of this.members.values()) {
      if (party.session === session) return party.voice;
    }
    return undefined;
  }

  private gone(party: Party): void {
    party.leave();
    const { onLeft } = this.options;
    if (onLeft !== undefined) party.session.notify(() => onLeft(party.session));
  }

  /**
   * Mixes at the highest rate that anybody profits from: what only one party can say or hear reaches nobody, so
   * it is the second highest.
   */
  private adapt(): void {
    const rates = [...this.members.keys()].map(({ format }) =>
      format === undefined ? 8_000 : frameRateFor(codecKind(format.name).sampleRate(format)),
    );
    const [, second] = rates.sort((a, b) => b - a);
    const rate = second ?? 8_000;
    if (rate !== this.mixer.sampleRate) {
      this.mixer = new Mixer(rate);
      for (const party of this.members.values()) party.attach(this.mixer);
      this.sound.attach(this.mixer);
    }
    this.addressAll();
  }
}

class Party implements ConferenceParty {
  settings: PartyOptions;
  voice!: Voice;
  left = false;
  private mixer: Mixer | undefined;
  private deafen: () => void = () => undefined;
  private readonly speech: SpeechDetector;
  private speaking = false;

  constructor(
    private readonly conference: SessionConference,
    readonly session: RtpSession,
    options: PartyOptions,
  ) {
    this.settings = options;
    this.speech = new SpeechDetector({}, (speaking) => {
      this.speaking = speaking;
      conference.speaking(this, speaking);
    });
  }

  /** Takes part in the mix of another rate. */
  attach(mixer: Mixer): void {
    const { conference, session } = this;
    this.detach();
    this.mixer = mixer;
    const voice = (this.voice = mixer.add());
    this.apply();
    this.deafen = session.hear(mixer.sampleRate, (frame, time, kind) => {
      mixer.put(voice, frame, conference.roundAt(time));
      // A muted party is not heard, so it does not speak.
      this.speech.hear(frame, this.settings.muted === true ? 'silence' : kind);
    });
    session.feed({
      sampleRate: mixer.sampleRate,
      // A stream that goes on in silence keeps phones from taking it for a hold.
      pull: (frame, time) => {
        if (this.settings.deaf === true) frame.fill(0);
        else mixer.mix(voice, conference.roundAt(time) - 1, frame);
        return true;
      },
    });
  }

  update(options: PartyOptions): void {
    if (this.left) return;
    this.settings = { ...this.settings, ...options };
    this.apply();
    this.conference.addressAll();
  }

  leave(): void {
    if (this.left) return;
    this.left = true;
    this.detach();
    this.session.feed(undefined);
    if (this.speaking) this.conference.speaking(this, false);
    this.conference.remove(this);
  }

  private apply(): void {
    const { muted, gain } = this.settings;
    this.voice.muted = muted === true;
    this.voice.gain = gain === undefined || gain === 0 ? 1 : 10 ** (gain / 20);
  }

  private detach(): void {
    this.deafen();
    this.deafen = () => undefined;
    this.mixer?.remove(this.voice);
    this.mixer = undefined;
  }
}

/** What a session tells of itself while it is in a conference: its sound comes by frames, its end matters. */
class ConferenceEnd implements BridgeEnd {
  constructor(
    readonly onClose: () => void,
    readonly onConfigure: () => void,
  ) {}

  onAudio(): void {
    // The mixer has it decoded.
  }

  onOther(): void {
    // Keys are the owner's, and are not passed on.
  }

  onPress(): void {
    // As above.
  }

  onHold(): void {
    // As above.
  }

  onRelease(): void {
    // As above.
  }
}
