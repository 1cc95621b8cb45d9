import type { PlayItem } from '../../core/audio';
import type { Clock } from '../../core/clock';
import { CallchartError } from '../../core/errors';
import type { Random } from '../../core/random';
import type { MediaConference, MediaEngine, MediaSession } from '../../media/port';
import type { Prompt, PromptLibrary } from '../../prompt/port';
import type { ConferenceFact } from '../happenings';
import type { EndedBy, Member } from './member';
import type { ConferenceEvent, ConferenceParticipant, LiveConference } from './port';

export interface RoomServices {
  readonly clock: Clock;
  readonly random: Random;
  /** What a party that waits hears, where its flow says nothing else; silence when absent. */
  readonly holdMusic?: Prompt | undefined;
  /** What else apps call a call, by its id. */
  readonly callAlias?: ((id: string) => string) | undefined;
  readonly media: MediaEngine;
  readonly prompts: PromptLibrary;
}

type PlainFact = Exclude<ConferenceFact['type'], 'conference.left' | 'conference.ended'>;
type EndReason = Extract<ConferenceFact, { readonly type: 'conference.ended' }>['reason'];

/**
 * One conference by its name, from the first party to the last: who is there, whether it has started, what those
 * hear who wait.
 */
export class ConferenceRoom implements LiveConference {
  readonly since: number;
  started = false;
  private readonly members = new Map<string, Member>();
  private readonly sound: MediaConference;
  private told = 0;
  /** Set while everybody has to leave. */
  private ending: EndReason | undefined;
  private closed = false;

  constructor(
    readonly id: string,
    readonly name: string,
    private readonly services: RoomServices,
    private readonly onEmpty: () => void,
  ) {
    this.since = services.clock.now();
    this.sound = services.media.conference({
      onSpeech: (session, speaking) => {
        const speaker = [...this.members.values()].find((each) => each.caller.session === session);
        if (speaker === undefined) return;
        const type = speaking ? 'conference.speaking' : 'conference.silent';
        this.tell({ type, conference: name, call: speaker.caller.id });
        this.changed(speaker, type);
      },
    });
  }

  /** What a party that waits hears. */
  get holdMusic(): Prompt | undefined {
    return this.services.holdMusic;
  }

  /** Whether a call is called that by apps. */
  isAlias(name: string, call: string): boolean {
    return this.services.callAlias?.(call) === name;
  }

  get parties(): number {
    return this.members.size;
  }

  enter(member: Member): void {
    const { request, caller } = member;
    this.members.set(caller.id, member);
    member.join(this.sound, this.coached(request.coach));
    for (const other of this.members.values()) {
      const { coaching } = other;
      if (coaching !== undefined && member.is(coaching)) other.coach(this.coached(coaching));
    }
    const starts = !this.started && request.startOnEnter;
    if (starts) this.started = true;
    const { parties } = this;
    this.updateMusic();
    this.changed(member, 'conference.joined');
    if (starts) {
      this.changed(member, 'conference.started');
      this.tell({ type: 'conference.started', conference: this.name, parties });
    }
    const joined = { type: 'conference.joined', call: caller.id, parties } as const;
    this.tell({ ...joined, conference: this.name }, member);
    if (this.started && parties > 1) void this.playToAll(request.joinTone, member);
  }

  /** The member has gone, for whatever reason; what that means for the others. */
  left(member: Member, reason: EndedBy): void {
    const { caller, request } = member;
    if (this.members.get(caller.id) !== member) return;
    this.members.delete(caller.id);
    this.report(member, { type: 'conference.left', reason });
    if (this.members.size === 0) {
      this.report(member, { type: 'conference.ended', reason: this.ending ?? 'last' });
      this.close();
      return;
    }
    const { parties } = this;
    const event = { type: 'conference.left', call: caller.id, parties } as const;
    this.tell({ ...event, conference: this.name });
    if (this.ending !== undefined) return;
    if (member.endOnExit) {
      this.endAll('moderator');
      return;
    }
    this.updateMusic();
    if (this.started) void this.playToAll(request.leaveTone, member);
  }

  /** The items of a prompt, asked for when they are needed. */
  resolve(prompt: Prompt, { caller: { language } }: Member): Promise<readonly PlayItem[]> {
    return this.services.prompts.resolve(prompt, { language });
  }

  /** Something is so of a party, which those outside are told. */
  changed(member: Member, type: PlainFact): void {
    this.report(member, { type });
  }

  // LiveConference

  get participants(): readonly ConferenceParticipant[] {
    return Array.from(this.members.values(), ({ facts }) => facts);
  }

  mute(party: string, muted: boolean): void {
    this.party(party).mute(muted);
  }

  deafen(party: string, deaf: boolean): void {
    this.party(party).deafen(deaf);
  }

  async hold(party: string, held: boolean, music?: Prompt): Promise<void> {
    return this.party(party).hold(held, music);
  }

  endOnExit(party: string, ends: boolean): void {
    this.party(party).endOnExit = ends;
  }

  coach(party: string, whom: string | undefined): void {
    const member = this.party(party);
    member.coaching = whom;
    member.coach(this.coached(whom));
  }

  kick(party: string): void {
    this.party(party).leave('kicked');
  }

  async announce(prompt: Prompt, party?: string): Promise<void> {
    if (party !== undefined) {
      await this.party(party).caller.announce(prompt);
      return;
    }
    const items = await this.services.prompts.resolve(prompt);
    if (!this.closed) this.sound.play(items);
  }

  end(): void {
    this.endAll('api');
  }

  private party(name: string): Member {
    const member =
      this.members.get(name) ?? [...this.members.values()].find((each) => each.is(name));
    if (member !== undefined) return member;
    throw new CallchartError(
      'CALLCHART_UNKNOWN_PARTICIPANT',
      `there is no party "${name}" in the conference "${this.name}"`,
    );
  }

  private endAll(reason: EndReason): void {
    this.ending ??= reason;
    for (const member of [...this.members.values()]) member.leave('ended');
  }

  /** Music for those who wait for the start, and for whoever is alone. */
  private updateMusic(): void {
    const waiting = !this.started || this.members.size === 1;
    for (const member of this.members.values()) member.wait(waiting, !this.started);
  }

  private coached(name: string | undefined): readonly MediaSession[] | undefined {
    if (name === undefined) return undefined;
    // A coach whose agent is not there yet, or has gone, is heard by nobody.
    return [...this.members.values()].flatMap((each) =>
      each.is(name) ? [each.caller.session] : [],
    );
  }

  private async playToAll(tone: Prompt | undefined, member: Member): Promise<void> {
    if (tone === undefined) return;
    try {
      const items = await this.resolve(tone, member);
      if (!this.closed) this.sound.play(items);
    } catch (error) {
      member.caller.reportError(error);
    }
  }

  private tell(event: ConferenceEvent, except?: Member): void {
    for (const member of [...this.members.values()]) {
      if (member !== except) member.caller.emit(event);
    }
  }

  private report(
    { caller, facts: participant }: Member,
    fact:
      | { readonly type: PlainFact }
      | { readonly type: 'conference.left'; readonly reason: EndedBy }
      | { readonly type: 'conference.ended'; readonly reason: EndReason },
  ): void {
    const { id: conference, name, told: sequence } = this;
    this.told += 1;
    caller.tell({ ...fact, conference, name, sequence, participant });
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.sound.close();
    this.onEmpty();
  }
}
