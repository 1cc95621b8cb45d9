import type { Recording, RecordingOptions } from '../../media/port';
import type { IncomingRefer } from '../../sip/ua/port';
import type { LegFacts } from '../call-record';
import type { CallFact } from '../happenings';
import type { Leg } from '../leg';
import type { CallEnd, CallEvent, CallInfo, CallControl, RecordingFile } from '../port';
import type { TransferHost } from './party';

export type KeyListener = (digit: string, duration: number) => void;

/** What dialling needs of the call that dials. */
export interface DialCaller {
  readonly info: CallInfo;
  /** Of what is played for it. */
  readonly language?: string | undefined;
  readonly state: CallControl['state'];
  /** Throws `CALLCHART_CALL_ENDED` when the call is over. */
  readonly leg: Leg;
  /** Of its INVITE; undefined for a call of ours. */
  readonly maxForwards: number | undefined;
  answer(): Promise<void>;
  ring(options: { readonly earlyMedia: boolean }): Promise<void>;
  /** Another provisional response than those of {@link ring}. */
  progress(status: number): void;
  onEnd(listener: (end: CallEnd) => void): () => void;
  /** Tells the flow. */
  emit(event: CallEvent): void;
  /** Tells those outside of the call. */
  tell(fact: CallFact): void;
  /** Tells the flow of a key, which nobody keeps when the flow has no use for it. */
  tellKey(digit: string, duration: number, leg: 'caller' | 'callee'): void;
  /** The caller's keys go there, and wait for nobody, until the returned function is called. */
  divertKeys(listener: KeyListener): () => void;
  /** One of the two who talk asks for a transfer. */
  onRefer(refer: IncomingRefer, leaver: 'caller' | 'callee'): void;
  noteLeg(facts: LegFacts): void;
  /** Stands in the record. */
  reportError(thrown: unknown): void;
  /** Where its conversation is transferred. */
  readonly host: TransferHost;
  /** The next file of the call. */
  newRecording(file: RecordingFile): Pick<RecordingOptions, 'path' | 'format'>;
  /** The recording stands in the record, which waits for its end. */
  follow(recording: Recording): void;
}
