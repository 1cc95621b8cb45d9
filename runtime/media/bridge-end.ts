import type { PressSource } from './dtmf/press-filter';
import type { PacketRelay } from './rtp-input';

/** What a leg tells the bridge that it stands on: the packets of its peer, its keys, its end. */
export interface BridgeEnd extends PacketRelay {
  /** A key went down, once a press; `duration` is for how long it has been, in milliseconds, or was. */
  onPress(source: PressSource, digit: string, duration: number): void;
  /** A key that is reported by telephone events is still down, after so many milliseconds. */
  onHold(duration: number): void;
  /** It is up again. */
  onRelease(duration: number): void;
  /** Something else was agreed for what the session sends and receives. */
  onConfigure?(): void;
  /** The session closes. */
  onClose(): void;
}
