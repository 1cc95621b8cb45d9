/** What waits for its time; both members belong to the heap once it is in there. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  due: number;
  /** The place in the heap, -1 outside. */
  place: number;
}

/** A binary heap, the earliest first, whose members know their place: any can be moved or removed. */
export class ExpiryHeap<T extends Expiring> {
  private readonly items: T[] = [];

  get first(): T | undefined {
    return this.items[0];
  }

  get size(): number {
    return this.items.length;
  }

  /** Puts it in, or to its right place after `due` was changed. */
  set(item: T, due: number): void {
    const before = item.due;
    item.due = due;
    if (item.place < 0) {
      this.items.push(item);
      this.rise(item, this.items.length - 1);
    } else if (due < before) this.rise(item, item.place);
    else if (due > before) this.sink(item, item.place);
  }

  remove(item: T): void {
    const { place } = item;
    if (place < 0) return;
    item.place = -1;
    const last = this.items.pop() as T;
    if (last === item) return;
    // The one that fills the gap may belong further up or further down.
    this.rise(last, place);
    if (last.place === place) this.sink(last, place);
  }

  private rise(item: T, from: number): void {
    const { items } = this;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = items[parent] as T;
      if (above.due <= item.due) break;
      items[place] = above;
      above.place = place;
      place = parent;
    }
    items[place] = item;
    item.place = place;
  }

  private sink(item: T, from: number): void {
    const { items } = this;
    const size = items.length;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && (items[child + 1] as T).due < (items[child] as T).due) child += 1;
      const below = items[child] as T;
      if (below.due >= item.due) break;
      items[place] = below;
      below.place = place;
      place = child;
    }
    items[place] = item;
    item.place = place;
  }
}
