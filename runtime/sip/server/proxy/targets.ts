import { MessageError } from '../../message/message-error';
import { parseUri, sameUri, type SipUri, type Uri } from '../../message/uri';
import type { ForwardTarget } from '../port';

/** A target whose URI was read. */
export interface ReadTarget {
  readonly target: ForwardTarget;
  readonly uri: Uri;
}

/**
 * The target set of one request (RFC 3261 §16.5): none is in it twice, `most` at the most in all, in groups of
 * equal q with the highest first.
 */
export class TargetSet {
  private readonly known: ReadTarget[] = [];
  private groups: ReadTarget[][] = [];
  /** What of the group that is tried now was not yet. */
  private group: ReadTarget[] = [];

  /**
   * @param secure the request is for a sips URI: others are no targets for it (RFC 3261 §16.7 step 4).
   * @param most branches of one request.
   */
  constructor(
    private readonly secure: boolean,
    private readonly most: number,
  ) {}

  /** Of the group that is tried now. */
  get waiting(): number {
    return this.group.length;
  }

  /** Whether a target may be added at all, as far as its scheme tells. */
  takes(uri: string): boolean {
    return this.secure ? /^sips:/i.test(uri) : true;
  }

  /** Adds targets before those that wait in further groups, and says how many were new. */
  add(targets: readonly ForwardTarget[]): number {
    let count = 0;
    const added: ReadTarget[][] = [];
    const sorted = targets.length > 1 ? [...targets].sort((a, b) => b.q - a.q) : targets;
    for (const target of sorted) {
      if (this.known.length >= this.most || !this.takes(target.uri)) continue;
      const read = readTarget(target);
      if (read === undefined || this.isKnown(read)) continue;
      this.known.push(read);
      count += 1;
      const group = added[added.length - 1];
      if (group?.[0]?.target.q === target.q) group.push(read);
      else added.push([read]);
    }
    this.groups.unshift(...added);
    return count;
  }

  /** Puts another way to a target that failed in its place (RFC 5626 §7), where there is still room. */
  replace(target: ForwardTarget): boolean {
    const read = this.known.length < this.most ? readTarget(target) : undefined;
    if (read === undefined) return false;
    this.known.push(read);
    this.group.unshift(read);
    return true;
  }

  /** The next of the group. */
  next(): ReadTarget | undefined {
    return this.group.shift();
  }

  /** Goes on to the next group; false when there is none. */
  nextGroup(): boolean {
    const group = this.groups.shift();
    if (group === undefined) return false;
    this.group = group;
    return true;
  }

  /** No further branch is wanted. */
  clear(): void {
    this.groups = [];
    this.group = [];
  }

  /** Two phones behind two NATs may well have one URI; they have two flows. */
  private isKnown({ target, uri }: ReadTarget): boolean {
    return this.known.some((each) => each.target.flow === target.flow && sameUri(each.uri, uri));
  }
}

/** Undefined for one whose URI cannot be read: nothing can be sent to it. */
function readTarget(target: ForwardTarget): ReadTarget | undefined {
  try {
    return { target, uri: requestUriOf(parseUri(target.uri)) };
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}

/** RFC 3261 §19.1.1, table 1: neither a method parameter nor headers may stand in a request URI. */
function requestUriOf(uri: Uri): Uri {
  if (uri.scheme === 'tel' || (uri.headers.length === 0 && !uri.params.has('method'))) return uri;
  const params = new Map(uri.params);
  params.delete('method');
  const plain: SipUri = { ...uri, params, headers: [] };
  return plain;
}
