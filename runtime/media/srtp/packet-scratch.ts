/** Bytes; longer than what a session sends or could understand. */
const SIZE = 4_096;

/** Room for one packet at a time, and its beginnings of each length, so that a packet needs no object of its own. */
export class PacketScratch {
  readonly bytes = new Uint8Array(SIZE);
  private readonly views: (Uint8Array | undefined)[] = [];

  /** The first `size` bytes. */
  view(size: number): Uint8Array {
    let view = this.views[size];
    if (view === undefined) {
      view = this.bytes.subarray(0, size);
      this.views[size] = view;
    }
    return view;
  }
}
