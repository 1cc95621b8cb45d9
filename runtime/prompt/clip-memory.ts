import type { AudioClip } from '../core/audio';

/** Clips by any key, the least recently used going first when they exceed `limit` bytes. */
export class ClipMemory {
  private readonly clips = new Map<string, AudioClip>();
  private bytes = 0;

  constructor(private readonly limit: number) {}

  /** Bytes of sound in memory. */
  get size(): number {
    return this.bytes;
  }

  get(key: string): AudioClip | undefined {
    const clip = this.clips.get(key);
    if (clip === undefined) return undefined;
    this.clips.delete(key);
    this.clips.set(key, clip);
    return clip;
  }

  /** A clip that is larger than the limit by itself is not kept. */
  set(key: string, clip: AudioClip): void {
    this.remove(key);
    if (clip.samples.byteLength > this.limit) return;
    this.clips.set(key, clip);
    this.bytes += clip.samples.byteLength;
    for (const oldest of this.clips.keys()) {
      if (this.bytes <= this.limit) break;
      this.remove(oldest);
    }
  }

  clear(): void {
    this.clips.clear();
    this.bytes = 0;
  }

  private remove(key: string): void {
    const clip = this.clips.get(key);
    if (clip === undefined) return;
    this.clips.delete(key);
    this.bytes -= clip.samples.byteLength;
  }
}
