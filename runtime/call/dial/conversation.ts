import { DefectError } from '../../core/errors';
import type { CodecName } from '../../sdp/port';
import type { IncomingRefer } from '../../sip/ua/port';
import type { Bridge } from '../bridge';
import type { LegEnd, LegFacts } from '../call-record';
import type { Leg } from '../leg';
import { OutgoingLeg } from '../outgoing-leg';
import type { DialCaller } from './caller';
import type { DialParty, GivenLeg, PendingTransfer, Replacement, TransferHost } from './party';

export interface ConversationOwner {
  /** Nobody is left whom the caller could talk with. */
  onOver(endedBy: 'callee' | 'system' | 'transfer'): void;
  /** Gives back what the first callee took of any limit. */
  releaseFirst(): void;
  /** The first callee is another's from now on. */
  letGo(leg: OutgoingLeg): void;
}

/**
 * A caller and whom he talks with, from the answer to the end: either may be replaced meanwhile, by a transfer or by
 * somebody who comes in his place.
 */
export class Conversation {
  /** Set while a party that has asked for a transfer still waits for its outcome. */
  pending: PendingTransfer | undefined;
  private callee: DialParty | undefined;
  /** The callee has asked for a transfer and hung up. */
  private calleeLeft = false;
  /** The callee that a transferring caller has left to others. */
  private givenAway: string | undefined;
  /** Who has been replaced, and waits to be told so before his leg ends. */
  private readonly leaving = new Set<DialParty>();
  private readonly releases: (() => void)[] = [];
  private over = false;
  /** The other's, where the callee is the caller of another call. */
  private other: Conversation | undefined;
  /** The other talks with somebody else, and has the bridge; it is to be told. */
  private replaced = false;

  constructor(
    private readonly caller: DialCaller,
    callee: OutgoingLeg | undefined,
    private connection: Bridge,
    private readonly owner: ConversationOwner,
  ) {
    this.callee = callee;
    this.releases.push(() => owner.releaseFirst());
  }

  /** The conversations of two callers who talk with each other: each is the other's callee. */
  static between(
    [first, firstOwner]: readonly [DialCaller, ConversationOwner],
    [second, secondOwner]: readonly [DialCaller, ConversationOwner],
    bridge: Bridge,
  ): readonly [Conversation, Conversation] {
    const here = new Conversation(first, undefined, bridge, firstOwner);
    const there = new Conversation(second, undefined, bridge, secondOwner);
    here.callee = there.asParty(here);
    there.callee = here.asParty(there);
    return [here, there];
  }

  get bridge(): Bridge {
    return this.connection;
  }

  /** Whether both still talk. */
  get stands(): boolean {
    return !this.over && !this.replaced && this.givenAway === undefined;
  }

  /** The other's conversation, and its call, where the callee is the caller of another call. */
  get partner(): { readonly conversation: Conversation; readonly host: TransferHost } | undefined {
    const { other } = this;
    return other === undefined ? undefined : { conversation: other, host: other.caller.host };
  }

  /** The caller has left his callee to others. */
  get abandoned(): boolean {
    return this.givenAway !== undefined;
  }

  /** Whom the flow has reached. */
  get target(): string {
    return this.givenAway ?? this.callee?.target ?? '';
  }

  /** The callee, where it is a leg of ours. */
  get calleeLeg(): OutgoingLeg | undefined {
    return this.callee instanceof OutgoingLeg ? this.callee : undefined;
  }

  /** Whom the callee was called as, for whoever is called in his name. */
  get calleeUri(): string {
    return this.calleeLeg?.leg.session.request.to.uriText ?? this.target;
  }

  /** The caller's leg, while he waits for whom a callee who has hung up has referred him to. */
  get leftAlone(): Leg | undefined {
    return this.calleeLeft && !this.over ? this.caller.leg : undefined;
  }

  codecOf(party: 'caller' | 'callee'): CodecName | undefined {
    return (party === 'caller' ? this.caller.leg : this.callee?.leg)?.media.codec;
  }

  /** Whether this party may leave by a transfer: a leg of ours can be taken elsewhere, another call cannot. */
  canLose(leaver: 'caller' | 'callee'): boolean {
    return this.stands && (leaver === 'callee' || this.callee instanceof OutgoingLeg);
  }

  /**
   * Puts somebody in the callee's place, as a transfer does: the conversation goes on with him, and his end is its
   * end. The callee before is ended for this reason.
   */
  replaceCallee(next: DialParty, why: LegEnd, { release, after }: Replacement = {}): void {
    const { callee } = this;
    if (!this.stands || callee === undefined) throw new DefectError('nobody is bridged');
    this.connection.replaceLeg(callee.leg, next.leg);
    this.part();
    this.callee = next;
    if (release !== undefined) this.releases.push(release);
    if (next instanceof OutgoingLeg) this.adopt(next);
    this.dismiss(callee, why, after);
  }

  /** The callee is another's from now on; what is left is to wait for the end of the caller. */
  giveAway(): GivenLeg {
    const { callee } = this;
    if (!this.stands || !(callee instanceof OutgoingLeg)) {
      throw new DefectError('nobody to give away');
    }
    this.connection.close();
    this.callee = undefined;
    this.givenAway = callee.target;
    this.owner.letGo(callee);
    const releases = this.releases.splice(0);
    return {
      leg: callee,
      release: () => {
        for (const release of releases) release();
      },
    };
  }

  /** Both callees leave, and the two callers talk with each other. */
  join(other: Conversation, why: LegEnd, after: Promise<void>): void {
    const { callee } = other;
    if (!other.stands || callee === undefined) throw new DefectError('nobody is bridged');
    other.connection.close();
    other.part();
    this.replaceCallee(other.asParty(this), why, { after });
    other.connection = this.connection;
    other.callee = this.asParty(other);
    other.dismiss(callee, why, after);
  }

  /** The transfer came to nothing: on as before, if both are still there. */
  transferFailed(): void {
    if (this.calleeLeft) this.owner.onOver('transfer');
  }

  // What the parties do.

  isCallee(leg: OutgoingLeg): boolean {
    return leg === this.callee;
  }

  onRefer(leg: OutgoingLeg, refer: IncomingRefer): void {
    if (leg === this.callee) this.caller.onRefer(refer, 'callee');
    else refer.reject(603);
  }

  onLegEnded(leg: OutgoingLeg, facts: LegFacts): void {
    if (leg !== this.callee || this.over) return;
    // RFC 5589 §6.1: who has asked for a transfer may leave it to us.
    if (this.pending?.leaver === 'callee') this.calleeLeft = true;
    else this.owner.onOver(facts.end.by === 'callee' ? 'callee' : 'system');
  }

  /** A callee that is no leg of ours has left. */
  partyEnded(party: DialParty): void {
    if (this.callee === party && !this.over) this.owner.onOver('callee');
  }

  /** The caller has hung up, or somebody has come in his place. */
  callerLeft(): void {
    if (this.pending?.leaver === 'caller') this.pending.keep(this.giveAway());
  }

  /** Everybody who is left goes. Idempotent. */
  end(why: LegEnd): void {
    if (this.over) return;
    this.over = true;
    // It is the other's where that goes on, with somebody else or towards him.
    const kept = this.replaced || this.other?.pending?.leaver === 'callee';
    if (!kept) this.connection.close();
    this.callee?.end(why);
    for (const each of this.leaving) each.end(why);
    if (!this.abandoned) this.pending?.cancel();
    for (const release of this.releases.splice(0)) release();
  }

  /** Whom the other talks with. */
  private asParty(other: Conversation): DialParty {
    const { caller } = this;
    this.other = other;
    return {
      leg: caller.leg,
      target: caller.info.from.uri,
      end: () => {
        if (this.over) return;
        if (this.replaced) this.owner.onOver('transfer');
        else if (this.other !== other) return;
        // RFC 5589 §6.1, as for a leg of ours.
        else if (this.pending?.leaver === 'callee') this.calleeLeft = true;
        else this.owner.onOver('callee');
      },
    };
  }

  /** The other call is left to itself: somebody comes in its place. */
  private part(): void {
    const { other } = this;
    if (other === undefined) return;
    this.other = other.other = undefined;
    other.replaced = true;
  }

  private adopt(leg: OutgoingLeg): void {
    const { caller } = this;
    leg.handOver({
      onProgress: () => undefined,
      onAnswered: () => undefined,
      onDigit: (each, digit, duration) => {
        if (each === this.callee) caller.tellKey(digit, duration, 'callee');
      },
      onRefer: (each, refer) => this.onRefer(each, refer),
      onEnded: (each) => {
        if (each.facts === undefined) return;
        caller.noteLeg(each.facts);
        this.onLegEnded(each, each.facts);
      },
    });
  }

  private dismiss(callee: DialParty, why: LegEnd, after: Promise<void> | undefined): void {
    this.calleeLeft = false;
    if (after === undefined) {
      callee.end(why);
      return;
    }
    this.leaving.add(callee);
    void after.then(() => {
      this.leaving.delete(callee);
      callee.end(why);
    });
  }
}
