/** RFC 3551 §3: the numbers for those who have none; RFC 5761 §4 leaves 64 to 95 to RTCP, so 35 to 63 come next. */
const dynamic: readonly number[] = [...range(96, 127), ...range(35, 63)];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/**
 * What each payload type of a session means, since it was first named by either side: it is never given another
 * meaning by us (RFC 3264 §8.3.2). Formats are named as `a=rtpmap` does, in lower case.
 */
export class PayloadTypes {
  private readonly byNumber = new Map<number, string>();
  private readonly byFormat = new Map<string, number>();

  /** The peer, or we, have named it so. What a peer gives another meaning has that from then on. */
  note(payloadType: number, map: string): void {
    const format = map.toLowerCase();
    const before = this.byNumber.get(payloadType);
    if (before === format) return;
    if (before !== undefined && this.byFormat.get(before) === payloadType) {
      this.byFormat.delete(before);
    }
    this.byNumber.set(payloadType, format);
    // Several numbers may mean one format: the first is ours to use.
    if (!this.byFormat.has(format)) this.byFormat.set(format, payloadType);
  }

  /**
   * The number that we offer a format under: the one it has, else the one we like, else a free one; undefined when
   * all are taken.
   */
  take(map: string, liked: number): number | undefined {
    const has = this.byFormat.get(map.toLowerCase());
    if (has !== undefined) return has;
    const free = [liked, ...dynamic].find((number) => !this.byNumber.has(number));
    if (free !== undefined) this.note(free, map);
    return free;
  }
}
