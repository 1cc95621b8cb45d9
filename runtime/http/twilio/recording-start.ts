import type { CallHandle, LiveRecording, StatusSubscription } from '../../service/live-control';
import { recordingReport } from '../../twiml/status-parameters';
import type { RequestParameters } from './parameters';
import type { ResourceParts } from './port';
import { API_VERSION } from './route';

/** How a recording is made, and who is told of it. */
export interface RecordingWish {
  readonly channels: 1 | 2;
  readonly callback: StatusSubscription | undefined;
  readonly source: 'StartCallRecordingAPI' | 'OutboundAPI';
}

/** A recording that the REST API has begun. Times are milliseconds since the epoch. */
export interface BegunRecording extends RecordingWish {
  readonly live: LiveRecording;
  readonly call: string;
  readonly started: number;
}

export function recordingWish(
  given: RequestParameters,
  source: RecordingWish['source'],
): RecordingWish {
  const url = given.url('RecordingStatusCallback', 21609);
  const method = given.method('RecordingStatusCallbackMethod');
  const events = given.words('RecordingStatusCallbackEvent');
  // The caller and the callee can be told apart, or not; one of them alone is not recorded.
  given.oneOf('RecordingTrack', ['both']);
  const channels = given.oneOf('RecordingChannels', ['mono', 'dual']) ?? 'mono';
  return {
    channels: channels === 'dual' ? 2 : 1,
    source,
    callback:
      url === undefined
        ? undefined
        : {
            url,
            ...(method === undefined ? {} : { method }),
            events: events.length === 0 ? ['completed'] : events,
          },
  };
}

/** Recordings that the REST API has begun, as long as their calls are in progress. */
export class BegunRecordings {
  private readonly byCall = new Map<string, BegunRecording[]>();

  constructor(private readonly parts: Pick<ResourceParts, 'account' | 'book' | 'base' | 'clock'>) {}

  of(call: string): readonly BegunRecording[] {
    return this.byCall.get(call) ?? [];
  }

  async begin(handle: CallHandle, wish: RecordingWish): Promise<BegunRecording> {
    const { clock, book } = this.parts;
    const started = clock.now();
    const live = await handle.startRecording({
      channels: wish.channels === 2 ? 'stereo' : 'mixed',
    });
    const begun = { ...wish, live, call: handle.id, started };
    const others = this.byCall.get(handle.id);
    if (others === undefined) {
      this.byCall.set(handle.id, [begun]);
      book.onOver(handle.id, () => this.byCall.delete(handle.id));
    } else {
      others.push(begun);
    }
    this.tell(handle, begun, 'in-progress', undefined);
    book.onRecorded(handle.id, live.path, ({ path, duration }) => {
      this.tell(handle, begun, path === undefined ? 'absent' : 'completed', duration);
    });
    return begun;
  }

  private tell(
    handle: CallHandle,
    { callback, live, channels, source, started }: BegunRecording,
    status: 'in-progress' | 'completed' | 'absent',
    duration: number | undefined,
  ): void {
    if (callback === undefined || callback.events?.includes(status) !== true) return;
    const { account, base } = this.parts;
    const report = recordingReport(
      { status, path: live.path, duration, started, channels, source },
      {
        recordingUrl: (sid) => `${base()}/${API_VERSION}/Accounts/${account.sid}/Recordings/${sid}`,
      },
    );
    handle.tell(callback, report);
  }
}
