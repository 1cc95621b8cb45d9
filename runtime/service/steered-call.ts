import type { CallStatus } from '../call/call-status';
import { CallEndedError } from '../call/errors';
import type { LiveCall } from '../call/live-call';
import type { CallInfo } from '../call/port';
import { CallchartError } from '../core/errors';
import type { FlowResult, FlowRun } from '../flow/run-flow';
import type { StatusReport } from '../document/reports';
import type { MachineOptions, MachineResult, Playback } from '../media/port';
import type { Prompt } from '../prompt/port';
import type { CallHandle, CallTarget, LiveRecording, StatusSubscription } from './live-control';
import type { FlowAssignment } from './assignments';

export interface SteeredCallParts {
  /** What a call is given to. Throws `CALLCHART_UNKNOWN_FLOW` and the like. */
  assign(target: CallTarget): FlowAssignment;
  run(
    assignment: FlowAssignment,
    call: LiveCall,
    answeredBy: MachineResult | undefined,
    since: number,
  ): FlowRun;
  /** Throws `CALLCHART_BAD_URL`. */
  follow(call: LiveCall, status: StatusSubscription): void;
  /** Throws `CALLCHART_BAD_URL`. */
  tell(call: LiveCall, status: StatusSubscription, report: StatusReport): void;
  /** The call is over. */
  onEnded(id: string): void;
}

/** A live call with the flow that has it now, steered by that flow and from outside of it. */
export class SteeredCall implements CallHandle {
  answeredBy: MachineResult | undefined;
  private flow: FlowRun | undefined;
  private next: FlowAssignment | undefined;
  private over = false;
  private playback: Playback | undefined;
  private recorded: Map<string, LiveRecording> | undefined;

  /** @param first undefined where no flow has the call: a gateway does, or whom it talks with. */
  constructor(
    private readonly call: LiveCall,
    private readonly parts: SteeredCallParts,
    private first: FlowAssignment | undefined,
  ) {
    // What it plays is of the first one's prompts, whatever flow has it later.
    call.onEnd(() => this.ended());
  }

  get id(): string {
    return this.call.info.id;
  }

  get info(): CallInfo {
    return this.call.info;
  }

  get status(): CallStatus {
    return this.call.status;
  }

  /** Runs the flow that it was given to, and those that follow; resolves when the last is over. Never rejects. */
  async through(answeredBy?: MachineResult): Promise<FlowResult> {
    const { call, parts } = this;
    this.answeredBy = answeredBy;
    const first = this.takeNext() ?? this.first;
    if (first === undefined) return { type: 'left', state: '', settled: true };
    if (first !== this.first) call.changeFlow(first.flow);
    let assignment = first;
    for (;;) {
      this.flow = parts.run(assignment, call, answeredBy, this.info.started);
      const result = await this.flow.done;
      if (assignment !== this.first) assignment.end();
      const next = this.takeNext();
      if (result.type !== 'replaced' || next === undefined) {
        this.flow = undefined;
        this.over = true;
        this.first?.end();
        next?.end();
        return result;
      }
      call.changeFlow(next.flow);
      assignment = next;
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
  async redirect(target: CallTarget): Promise<void> {
    if (this.over || this.call.state === 'ended') throw new CallEndedError();
    if (this.first === undefined) {
      throw new CallchartError(
        'CALLCHART_CALL_STATE',
        'this call has no flow: a gateway route has it, and only hanging up is possible',
      );
    }
    const next = this.parts.assign(target);
    // Of several in a row the last counts.
    this.next?.end();
    this.next = next;
    // A call that nobody has answered yet begins with it.
    this.flow?.release();
  }

  hangup(reason?: string): void {
    this.call.hangup(reason);
  }

  async play(
    prompt: Prompt,
    { loop = 1, gain }: { readonly loop?: number; readonly gain?: number } = {},
  ): Promise<void> {
    this.mustBeAnswered();
    this.playback = await this.call.announce(prompt, {
      loop: loop === 0 ? Infinity : loop,
      ...(gain === undefined ? {} : { gain }),
    });
  }

  stopPlaying(): void {
    this.playback?.stop();
    this.playback = undefined;
  }

  async sendDigits(digits: string): Promise<void> {
    this.mustBeAnswered();
    await this.call.sendDigits(digits, keyTime, keyTime);
  }

  get held(): boolean {
    return this.call.held;
  }

  get muted(): boolean {
    return this.call.muted;
  }

  async hold(held: boolean, music?: Prompt): Promise<void> {
    this.mustBeAnswered();
    await this.call.setHeld(held, music);
  }

  mute(muted: boolean): void {
    this.mustBeAnswered();
    this.call.setMuted(muted);
  }

  get recordings(): readonly LiveRecording[] {
    return this.recorded === undefined ? [] : [...this.recorded.values()];
  }

  async startRecording(
    options: Parameters<CallHandle['startRecording']>[0] = {},
  ): Promise<LiveRecording> {
    this.mustBeAnswered();
    const { id, path, recording } = await this.call.startRecording(options);
    let state: LiveRecording['state'] = 'recording';
    const live: LiveRecording = {
      ...{ id, path },
      get state() {
        return state;
      },
      stop: async () => {
        recording.stop();
        await recording.done;
      },
      pause: () => {
        if (state === 'recording') state = 'paused';
        recording.pause();
      },
      resume: () => {
        if (state === 'paused') state = 'recording';
        recording.resume();
      },
    };
    (this.recorded ??= new Map<string, LiveRecording>()).set(id, live);
    const finished = (): void => {
      state = 'completed';
      this.recorded?.delete(id);
    };
    recording.done.then(finished, finished);
    return live;
  }

  follow(status: StatusSubscription): void {
    if (this.call.state === 'ended') throw new CallEndedError();
    this.parts.follow(this.call, status);
  }

  tell(status: StatusSubscription, report: StatusReport): void {
    this.parts.tell(this.call, status, report);
  }

  async detectMachine(options?: MachineOptions): Promise<MachineResult> {
    this.mustBeAnswered();
    const detection = await this.call.detectMachine(options);
    const result = await detection.done;
    this.answeredBy = result;
    return result;
  }

  endLeg(leg: string): boolean {
    return this.call.endLeg(leg);
  }

  send(event: { readonly type: string; readonly [key: string]: unknown }): boolean {
    return this.flow?.send(event) ?? false;
  }

  private takeNext(): FlowAssignment | undefined {
    const { next } = this;
    this.next = undefined;
    return next;
  }

  private mustBeAnswered(): void {
    if (this.call.state === 'ended') throw new CallEndedError();
    if (this.call.state === 'answered') return;
    throw new CallchartError('CALLCHART_CALL_STATE', 'this call is not answered yet');
  }

  private ended(): void {
    this.parts.onEnded(this.id);
    // A call that nobody answered never got as far as a flow.
    if (this.flow !== undefined) return;
    this.over = true;
    this.first?.end();
    this.next?.end();
    this.next = undefined;
  }
}

/** Milliseconds of a key that is sent, and between two. */
const keyTime = 100;
