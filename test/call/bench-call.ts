import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from '../../runtime/call/call-record';
import { Calls } from '../../runtime/call/calls';
import type { CallSource } from '../../runtime/call/info';
import type { LiveCall } from '../../runtime/call/live-call';
import type { CallFlow, CallServices } from '../../runtime/call/services';
import type { LogFields, Logger } from '../../runtime/core/logger';
import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { RecordingFolder } from '../../runtime/store/recording-folder';
import { FakeMediaEngine } from '../support/fake-media';
import { FakePrompts } from '../support/fake-prompts';
import { FakeIncomingSession, type FakeSessionOptions } from '../support/fake-session';

/** What a telephone offers. */
export function offer(lines: readonly string[] = [], port = 4000, formats = '0 8 101'): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.10',
    's=-',
    'c=IN IP4 192.0.2.10',
    't=0 0',
    `m=audio ${port} RTP/AVP ${formats}`,
    'a=rtpmap:101 telephone-event/8000',
    ...lines,
    '',
  ].join('\r\n');
}

/** A registry of calls with everything round it faked, on a virtual clock. */
export class CallBench {
  readonly clock = new VirtualClock();
  readonly media = new FakeMediaEngine();
  readonly prompts = new FakePrompts();
  readonly records: CallRecord[] = [];
  readonly log: { level: string; message: string; fields: LogFields }[] = [];
  readonly calls: Calls;

  constructor(changes: Partial<CallServices> = {}) {
    const write =
      (level: string) =>
      (fields: LogFields, message: string): void => {
        this.log.push({ level, message, fields });
      };
    const logger: Logger = {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    };
    this.calls = new Calls(
      {
        clock: this.clock,
        random: new SeededRandom(1),
        logger,
        media: this.media,
        prompts: this.prompts,
        recordings: new RecordingFolder(join(tmpdir(), 'callchart-test-recordings')),
        audio: { codecs: ['PCMU', 'PCMA'], preference: 'theirs', ptime: 20, telephoneEvent: true },
        ...changes,
      },
      (record) => this.records.push(record),
    );
  }

  /** A call that comes in; with the usual offer unless `offer` says otherwise. */
  incoming(
    options: FakeSessionOptions = {},
    flow?: CallFlow,
    source?: CallSource,
  ): { call: LiveCall; session: FakeIncomingSession } {
    const session = new FakeIncomingSession({ offer: offer(), ...options });
    return { call: this.calls.begin(session, flow, source), session };
  }

  /** Nothing of any call is left. */
  expectNothingLeft(): void {
    expect(this.calls.count).toBe(0);
    expect(this.media.openSessions).toBe(0);
    expect(this.clock.pending).toBe(0);
  }

  get only(): CallRecord {
    expect(this.records).toHaveLength(1);
    return this.records[0]!;
  }
}
