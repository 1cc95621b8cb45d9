import type { Server } from '../service/port';

/** What the API asks of the server of calls. */
export type CallService = Pick<
  Server,
  | 'flows'
  | 'listeners'
  | 'open'
  | 'trunks'
  | 'location'
  | 'draining'
  | 'queues'
  | 'describeQueue'
  | 'removeQueue'
  | 'conferences'
  | 'liveCalls'
  | 'onHappening'
  | 'place'
  | 'call'
  | 'reload'
  | 'drain'
>;

export type { CallchartEvent, CallchartEventType } from '../events/event';
