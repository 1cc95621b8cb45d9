import type { SipRequest } from '../message/message';
import { InviteServerMachine } from './invite-server';
import { branchKey, flat, isLegacy, legacyKey, mergeKey } from './keys';
import type { ServerMachine } from './server-machine';

/**
 * Finds server machines as RFC 3261 §17.2.3 says. The machines of one branch and sent-by (an INVITE
 * and its CANCEL) form a chain, so that a CANCEL finds its target without knowing its method.
 */
export class ServerIndex {
  private readonly chains = new Map<string, ServerMachine>();
  /** INVITEs of RFC 2543 clients by what their ACK has in common with them. */
  private readonly legacyAcks = new Map<string, InviteServerMachine>();
  /** Requests outside a dialog, by which {@link add} knows those that have come twice. */
  private readonly merges = new Map<string, ServerMachine>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The key under which {@link find} and {@link add} know a request. */
  keyOf(request: SipRequest): string {
    const via = request.topVia;
    return isLegacy(via) ? legacyKey(request, request.to.tag) : branchKey(via);
  }

  find(key: string, method: string): ServerMachine | undefined {
    let machine = this.chains.get(key);
    while (machine !== undefined && machine.method !== method) machine = machine.sibling;
    return machine;
  }

  /** RFC 3261 §17.2.3: the INVITE that an ACK belongs to. */
  findForAck(ack: SipRequest): InviteServerMachine | undefined {
    if (isLegacy(ack.topVia)) {
      // There the To tag is the one of the response, not of the INVITE.
      const machine = this.legacyAcks.get(legacyKey(ack, undefined));
      return machine?.localTag === ack.to.tag ? machine : undefined;
    }
    const machine = this.find(branchKey(ack.topVia), 'INVITE');
    return machine instanceof InviteServerMachine ? machine : undefined;
  }

  /** RFC 3261 §9.2: what a CANCEL is for, as if its method were any but CANCEL and ACK. */
  findForCancel(key: string): ServerMachine | undefined {
    let machine = this.chains.get(key);
    while (machine?.method === 'CANCEL') machine = machine.sibling;
    return machine;
  }

  /**
   * RFC 3261 §8.2.2.2: a request that matches no machine has come before by another way if it is
   * outside a dialog and From tag, Call-ID and CSeq are those of a machine.
   * @returns whether it has.
   */
  add(key: string, machine: ServerMachine, request: SipRequest): boolean {
    machine.key = flat(key);
    machine.sibling = this.chains.get(machine.key);
    this.chains.set(machine.key, machine);
    this.count += 1;
    if (machine instanceof InviteServerMachine && isLegacy(request.topVia)) {
      machine.ackKey = flat(legacyKey(request, undefined));
      this.legacyAcks.set(machine.ackKey, machine);
    }
    if (!this.canMerge(request)) return false;
    const merge = flat(mergeKey(request));
    if (this.merges.has(merge)) return true;
    machine.mergeKey = merge;
    this.merges.set(merge, machine);
    return false;
  }

  remove(machine: ServerMachine): void {
    this.count -= 1;
    this.unchain(machine);
    if (machine.ackKey !== undefined) this.legacyAcks.delete(machine.ackKey);
    if (machine.mergeKey !== undefined) this.merges.delete(machine.mergeKey);
  }

  /** Empties the index and returns what was in it. */
  clear(): readonly ServerMachine[] {
    const all: ServerMachine[] = [];
    for (let machine of this.chains.values()) {
      all.push(machine);
      while (machine.sibling !== undefined) all.push((machine = machine.sibling));
    }
    this.chains.clear();
    this.legacyAcks.clear();
    this.merges.clear();
    this.count = 0;
    return all;
  }

  /** A CANCEL has the tags, Call-ID and CSeq of its INVITE: it cannot tell whether it was merged. */
  private canMerge(request: SipRequest): boolean {
    return request.method !== 'CANCEL' && request.to.tag === undefined;
  }

  private unchain(machine: ServerMachine): void {
    const first = this.chains.get(machine.key);
    if (first === machine) {
      if (machine.sibling === undefined) this.chains.delete(machine.key);
      else this.chains.set(machine.key, machine.sibling);
      return;
    }
    let before = first;
    while (before !== undefined && before.sibling !== machine) before = before.sibling;
    if (before !== undefined) before.sibling = machine.sibling;
  }
}
