import type { Playback } from '../media/port';
import type { ActorCommand } from './activity';
import type { PlayControls } from './outcomes';

/** Milliseconds by which a key goes on or back when the flow does not say. */
const usualSkip = 5_000;
/** dB of one press of `louder`, and the limits of a playback. */
const gainStep = 3;
const [quietest, loudest] = [-60, 20];

/** What steers a playback that is heard: the caller's keys, and what the flow sends to the actor. */
export class PlaySteering {
  private paused = false;
  private gain: number;

  constructor(
    private readonly playback: Playback,
    private readonly controls: PlayControls,
    gain: number,
  ) {
    this.gain = gain;
  }

  /** A key of the caller's; false when it steers nothing. */
  press(digit: string): boolean {
    const { playback, controls } = this;
    const { skip = usualSkip } = controls;
    switch (digit) {
      case controls.pause:
        this.pause(!this.paused);
        return true;
      case controls.back:
        playback.seek(-skip, { relative: true });
        return true;
      case controls.forward:
        playback.seek(skip, { relative: true });
        return true;
      case controls.restart:
        playback.seek(0);
        return true;
      case controls.louder:
        this.turn(this.gain + gainStep);
        return true;
      case controls.quieter:
        this.turn(this.gain - gainStep);
        return true;
      default:
        return false;
    }
  }

  /** What the flow sent; anything else is nothing to a playback. */
  tell(command: ActorCommand): void {
    switch (command.type) {
      case 'pause':
      case 'resume':
        this.pause(command.type === 'pause');
        break;
      case 'seek':
        if (typeof command['position'] === 'number') this.playback.seek(command['position']);
        break;
      case 'skip':
        if (typeof command['duration'] === 'number') {
          this.playback.seek(command['duration'], { relative: true });
        }
        break;
      case 'gain':
        if (typeof command['gain'] === 'number') this.turn(command['gain']);
        break;
    }
  }

  private pause(paused: boolean): void {
    this.paused = paused;
    if (paused) this.playback.pause();
    else this.playback.resume();
  }

  private turn(gain: number): void {
    this.gain = Math.max(quietest, Math.min(loudest, gain));
    this.playback.setGain(this.gain);
  }
}
