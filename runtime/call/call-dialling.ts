import { CallchartError } from '../core/errors';
import type { Recording, RecordingOptions } from '../media/port';
import type { CallListeners } from './call-listeners';
import type { LegFacts } from './call-record';
import type { CallSetup } from './call-setup';
import type { LegStatus } from './call-status';
import type { PlayItem } from '../core/audio';
import type { Prompt } from '../prompt/port';
import type { KeyListener } from './dial/caller';
import type { Conversation } from './dial/conversation';
import { Dial, type DialReport, type DialRequest } from './dial/dial';
import type { TransferHost } from './dial/party';
import type { CallFact } from './happenings';
import type { Leg } from './leg';
import type {
  DequeueRequest,
  DequeueResult,
  QueueCall,
  QueuePlace,
  QueueRequest,
  QueueResult,
} from './queue/port';
import type { CallControl, CallEnd, CallEvent, CallInfo, RecordingFile } from './port';
import type { RecordKeeper } from './record-keeper';
import type { DialogReference } from '../sip/message/dialog-reference';
import type { IncomingRefer } from '../sip/ua/port';
import type { CallServices } from './services';
import { receiveRefer } from './transfer/receive-refer';
import { isNamed, type FindSide, type TransferSide } from './transfer/side';

/** The call that dials. */
export interface DiallingOwner extends CallControl {
  readonly info: CallInfo;
  readonly language: string | undefined;
  readonly state: CallControl['state'];
  readonly leg: Leg;
  answer(): Promise<void>;
  ring(options: { readonly earlyMedia: boolean }): Promise<void>;
  onEnd(listener: (end: CallEnd) => void): () => void;
  emit(event: CallEvent): void;
  tell(fact: CallFact): void;
  newRecording(file: RecordingFile): Pick<RecordingOptions, 'path' | 'format'>;
  terminate(cause: string, status: number, reason: string): void;
  reportError(thrown: unknown): void;
}

/** What a call does with others, one dial at a time, as dialling sees the call. */
export class CallDialling implements QueueCall {
  talk: Conversation | undefined;
  private current: Dial | undefined;
  /** It waits in a queue, or serves one. */
  private queueing = false;
  private keys: KeyListener | undefined;

  constructor(
    private readonly call: DiallingOwner,
    private readonly parts: {
      readonly services: CallServices;
      readonly keeper: RecordKeeper;
      readonly listeners: CallListeners;
      /** A getter: it is made after this. */
      readonly setup: () => CallSetup;
      readonly find: FindSide;
    },
  ) {}

  /** While two talk. */
  get bridged(): Conversation | undefined {
    return this.current?.conversation ?? (this.talk?.stands === true ? this.talk : undefined);
  }

  /** Whom the call is connected to, or tries to reach. */
  get legs(): readonly LegStatus[] {
    return (this.current?.legs ?? []).flatMap(({ status }) => status ?? []);
  }

  /** Ends a leg that rings or talks, as its own end would; false when there is none with this id. */
  endLeg(id: string): boolean {
    const leg = this.current?.legs.find((each) => each.id === id);
    leg?.end({ by: 'system', cause: 'ended', status: 200, reason: '' });
    return leg !== undefined;
  }

  async connect(request: DialRequest, signal?: AbortSignal): Promise<DialReport> {
    this.mustBeFree();
    if (this.call.state === 'ended') {
      return { result: { type: 'cancelled' }, status: 487, reason: '' };
    }
    const { keeper, services } = this.parts;
    const release = keeper.hold();
    try {
      this.current = new Dial(this, request, services, signal);
      const report = await this.current.done;
      const { result, status } = report;
      services.logger.info({ call: this.call.info.id, result: result.type, status }, 'dial ended');
      return report;
    } catch (error) {
      this.call.reportError(error);
      throw error;
    } finally {
      this.current = undefined;
      release();
    }
  }

  /** Waits in a queue, and talks with whoever serves it; the call is answered. */
  enqueue(
    request: QueueRequest,
    signal?: AbortSignal,
    onPlace?: (place: QueuePlace) => void,
  ): Promise<QueueResult> {
    const { queues } = this.parts.services;
    return this.queue(request.queue, () => queues.enter(this, request, signal, onPlace));
  }

  /** Serves whoever waits in a queue; the call is answered. */
  dequeue(request: DequeueRequest, signal?: AbortSignal): Promise<DequeueResult> {
    const { queues } = this.parts.services;
    return this.queue(request.queue, () => queues.serve(this, request, signal));
  }

  private async queue<T extends { readonly type: string }>(
    queue: string,
    work: () => Promise<T>,
  ): Promise<T> {
    this.mustBeFree();
    const { keeper, services } = this.parts;
    const release = keeper.hold();
    this.queueing = true;
    try {
      const result = await work();
      services.logger.info({ call: this.call.info.id, queue, result: result.type }, 'queue left');
      return result;
    } catch (error) {
      this.call.reportError(error);
      throw error;
    } finally {
      this.queueing = false;
      release();
    }
  }

  private mustBeFree(): void {
    if (this.current === undefined && !this.queueing) return;
    const what = this.queueing ? 'is in a queue, or serves one' : 'dials';
    throw new CallchartError('CALLCHART_CALL_BUSY', `the call ${what} already: one at a time`);
  }

  /** A key of the caller's; false when it is not for a conversation. */
  press(digit: string, duration: number): boolean {
    const { keys } = this;
    keys?.(digit, duration);
    return keys !== undefined;
  }

  // DialCaller

  get info(): CallInfo {
    return this.call.info;
  }

  get language(): string | undefined {
    return this.call.language;
  }

  get state(): CallControl['state'] {
    return this.call.state;
  }

  get leg(): Leg {
    return this.call.leg;
  }

  get maxForwards(): number | undefined {
    const session = this.parts.setup().leg?.session;
    return session?.direction === 'incoming' ? session.request.maxForwards : undefined;
  }

  onRefer(refer: IncomingRefer, leaver: 'caller' | 'callee'): void {
    const side = this.side(leaver);
    // Who talks with a flow is the flow's to transfer.
    if (side === undefined) refer.reject(603);
    else receiveRefer(side, refer, this.parts.services, this.parts.find);
  }

  /** The end of the conversation that a dialog belongs to. */
  sideOf(reference: DialogReference): TransferSide | 'alone' | undefined {
    const session = this.parts.setup().leg?.session;
    const sides = [this.side('caller'), this.side('callee')];
    const named = sides.find((side) => side !== undefined && isNamed(side.session, reference));
    if (named !== undefined) return named;
    return session !== undefined && isNamed(session, reference) ? 'alone' : undefined;
  }

  private side(leaver: 'caller' | 'callee'): TransferSide | undefined {
    const { bridged: conversation, call, host } = this;
    if (conversation === undefined) return undefined;
    const { partner } = conversation;
    if (leaver === 'caller') {
      const { user, trunk } = call.info;
      const { session } = call.leg;
      // Who talks with another call leaves it as its callee.
      if (partner !== undefined) return { ...partner, leaver: 'callee', session, user, trunk };
      return { host, conversation, leaver, session, user, trunk };
    }
    const { calleeLeg } = conversation;
    if (calleeLeg === undefined) return undefined;
    const { placed, trunk } = calleeLeg.options;
    const { session } = calleeLeg.leg;
    return { host, conversation, leaver, session, user: placed.user, trunk };
  }

  get host(): TransferHost {
    const { call, parts } = this;
    return {
      info: call.info,
      maxForwards: this.maxForwards,
      noteLeg: (facts) => parts.keeper.noteLeg(facts),
      note: (note) => parts.keeper.note(note),
      tell: (fact) => call.tell(fact),
      leave: () => call.terminate('transferred', 200, ''),
    };
  }

  get control(): CallControl {
    return this.call;
  }

  resolve(prompt: Prompt): Promise<readonly PlayItem[]> {
    const { language } = this.call;
    return this.parts.services.prompts.resolve(prompt, { language });
  }

  reportError(thrown: unknown): void {
    this.call.reportError(thrown);
  }

  answer(): Promise<void> {
    return this.call.answer();
  }

  ring(options: { readonly earlyMedia: boolean }): Promise<void> {
    return this.call.ring(options);
  }

  progress(status: number): void {
    if (this.call.state === 'ringing') this.parts.setup().progress(status);
  }

  onEnd(listener: (end: CallEnd) => void): () => void {
    return this.call.onEnd(listener);
  }

  emit(event: CallEvent): void {
    this.call.emit(event);
  }

  tell(fact: CallFact): void {
    this.call.tell(fact);
  }

  tellKey(digit: string, duration: number, leg: 'caller' | 'callee'): void {
    const { listeners } = this.parts;
    listeners.guard(() => listeners.offer({ type: 'dtmf', digit, duration, leg }));
  }

  divertKeys(listener: KeyListener): () => void {
    this.keys = listener;
    return () => {
      if (this.keys === listener) this.keys = undefined;
    };
  }

  noteLeg(facts: LegFacts): void {
    this.parts.keeper.noteLeg(facts);
  }

  newRecording(file: RecordingFile): Pick<RecordingOptions, 'path' | 'format'> {
    return this.call.newRecording(file);
  }

  follow(recording: Recording): void {
    this.parts.keeper.follow(recording);
  }
}
