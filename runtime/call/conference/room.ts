import type { PlayItem } from '../../core/audio';
import type { MediaConference, MediaEngine } from '../../media/port';
import type { Prompt, PromptLibrary } from '../../prompt/port';
import type { Member } from './member';
import type { ConferenceEvent } from './port';

export interface RoomServices {
  /** What a party that waits hears, where its flow says nothing else; silence when absent. */
  readonly holdMusic?: Prompt | undefined;
  readonly media: MediaEngine;
  readonly prompts: PromptLibrary;
}

/**
 * One conference by its name, from the first party to the last: who is there, whether it has started, what those
 * hear who wait.
 */
export class ConferenceRoom {
  private readonly members = new Map<string, Member>();
  private readonly sound: MediaConference;
  private started = false;
  private closed = false;

  constructor(
    readonly name: string,
    private readonly services: RoomServices,
    private readonly onEmpty: () => void,
  ) {
    this.sound = services.media.conference({
      onSpeech: (session, speaking) => {
        const speaker = [...this.members.values()].find((each) => each.caller.session === session);
        if (speaker === undefined) return;
        const type = speaking ? 'conference.speaking' : 'conference.silent';
        this.tell({ type, conference: name, call: speaker.caller.id });
      },
    });
  }

  /** What a party that waits hears. */
  get holdMusic(): Prompt | undefined {
    return this.services.holdMusic;
  }

  get parties(): number {
    return this.members.size;
  }

  enter(member: Member): void {
    const { request, caller } = member;
    this.members.set(caller.id, member);
    member.join(this.sound, this.coached(request.coach));
    for (const other of this.members.values()) {
      if (other.request.coach === caller.id) other.coach(this.coached(caller.id));
    }
    const starts = !this.started && request.startOnEnter;
    if (starts) this.started = true;
    const { parties } = this;
    this.updateMusic();
    if (starts) this.tell({ type: 'conference.started', conference: this.name, parties });
    const joined = { type: 'conference.joined', call: caller.id, parties } as const;
    this.tell({ ...joined, conference: this.name }, member);
    if (this.started && parties > 1) void this.announce(request.joinTone, member);
  }

  /** The member has gone, for whatever reason; what that means for the others. */
  left(member: Member): void {
    const { caller, request } = member;
    if (this.members.get(caller.id) !== member) return;
    this.members.delete(caller.id);
    if (this.members.size === 0) {
      this.close();
      return;
    }
    const { parties } = this;
    const event = { type: 'conference.left', call: caller.id, parties } as const;
    this.tell({ ...event, conference: this.name });
    if (request.endOnExit) {
      for (const other of [...this.members.values()]) other.leave('ended');
      return;
    }
    this.updateMusic();
    if (this.started) void this.announce(request.leaveTone, member);
  }

  /** The items of a prompt, asked for when they are needed. */
  resolve(prompt: Prompt, { caller: { language } }: Member): Promise<readonly PlayItem[]> {
    return this.services.prompts.resolve(prompt, { language });
  }

  /** Music for those who wait for the start, and for whoever is alone. */
  private updateMusic(): void {
    const waiting = !this.started || this.members.size === 1;
    for (const member of this.members.values()) member.wait(waiting, !this.started);
  }

  private coached(id: string | undefined): readonly Member['caller']['session'][] | undefined {
    if (id === undefined) return undefined;
    const member = this.members.get(id);
    // A coach whose agent is not there yet, or has gone, is heard by nobody.
    return member === undefined ? [] : [member.caller.session];
  }

  private async announce(tone: Prompt | undefined, member: Member): Promise<void> {
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

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.sound.close();
    this.onEmpty();
  }
}
