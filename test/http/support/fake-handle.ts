import type { CallStatus } from '../../../runtime/call/call-status';
import type { CallInfo } from '../../../runtime/call/port';
import type { MachineResult } from '../../../runtime/media/port';
import type { CallHandle, LiveRecording } from '../../../runtime/service/live-control';

/** A call in progress that writes down what is done with it. */
export class FakeHandle implements CallHandle {
  readonly id: string;
  readonly status: CallStatus;
  readonly done: unknown[] = [];
  readonly recordings: LiveRecording[] = [];
  /** Thrown by whatever comes next. */
  failure: Error | undefined;
  takes = true;
  /** While set, playing waits for it. */
  gate: Promise<void> | undefined;
  private enter: () => void = () => undefined;
  /** Resolves when something has begun to play. */
  readonly entered = new Promise<void>((resolve) => {
    this.enter = resolve;
  });

  constructor(status: Partial<CallStatus>, number: number) {
    this.id = status.id ?? `call-${number}`;
    this.status = {
      id: this.id,
      callId: `${this.id}@127.0.0.1`,
      direction: 'inbound',
      from: 'sip:alice@127.0.0.1',
      dialled: 'menu',
      state: 'answered',
      flow: 'menu',
      flowState: 'asking',
      started: new Date(Date.UTC(2026, 0, 5, 9, 0, number)).toISOString(),
      duration: 2_000,
      talked: 1_000,
      legs: [],
      ...status,
    };
  }

  get info(): CallInfo {
    return { id: this.id } as CallInfo;
  }

  hangup(reason?: string): void {
    this.note('hangup', reason);
  }
  async redirect(target: unknown): Promise<void> {
    this.note('redirect', target);
  }
  async play(prompt: unknown, options?: unknown): Promise<void> {
    this.enter();
    await this.gate;
    this.note('play', prompt, options);
  }
  stopPlaying(): void {
    this.note('stopPlaying');
  }
  async sendDigits(digits: string): Promise<void> {
    this.note('sendDigits', digits);
  }
  held = false;
  muted = false;

  async hold(held: boolean, music?: unknown): Promise<void> {
    this.note('hold', held, music);
    this.held = held;
  }
  mute(muted: boolean): void {
    this.note('mute', muted);
    this.muted = muted;
  }
  follow(status: unknown): void {
    this.note('follow', status);
  }

  async startRecording(options?: unknown): Promise<LiveRecording> {
    this.note('startRecording', options);
    const recording = new FakeRecording(`${this.id}-${this.recordings.length + 1}`);
    this.recordings.push(recording);
    return recording;
  }

  tell(status: unknown, report: unknown): void {
    this.note('tell', status, report);
  }

  async detectMachine(options?: unknown): Promise<MachineResult> {
    this.note('detectMachine', options);
    return { type: 'human', reason: 'silence-after-greeting', decidedAt: 900 };
  }

  endLeg(leg: string): boolean {
    this.note('endLeg', leg);
    return true;
  }

  send(event: { readonly type: string }): boolean {
    this.note('send', event);
    return this.takes;
  }

  private note(...what: unknown[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.done.push(what);
  }
}

class FakeRecording implements LiveRecording {
  state: LiveRecording['state'] = 'recording';
  constructor(readonly id: string) {}

  get path(): string {
    return `/srv/recordings/${this.id}.wav`;
  }

  async stop(): Promise<void> {
    this.state = 'completed';
  }
  pause(): void {
    this.state = 'paused';
  }
  resume(): void {
    this.state = 'recording';
  }
}
