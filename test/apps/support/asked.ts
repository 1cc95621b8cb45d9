import type { NextFunction, Request, Response } from 'express';

/** What apps are told that tells what happened: the same in a simulation and over a network. */
const telling = [
  ...['CallStatus', 'Direction', 'Digits', 'FinishedOnKey', 'SpeechResult', 'AnsweredBy'],
  ...['DialCallStatus', 'DialBridged', 'QueueResult', 'DequeueResult', 'QueuePosition'],
  ...['CurrentQueueSize', 'StatusCallbackEvent', 'FriendlyName', 'ReasonParticipantLeft'],
  ...['ErrorCode'],
];
/** What differs from call to call: only of which kind it is. */
const sids = ['RecordingSid', 'ConferenceSid', 'QueueSid', 'DialCallSid', 'ParentCallSid'];

/** A request as a line of a transcript. */
export function asked(
  method: string,
  url: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const { pathname, search } = new URL(url, 'http://app.example');
  const values = telling.flatMap((name) => {
    const value = parameters[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const names = sids.flatMap((name) => {
    const value = parameters[name];
    return value === undefined ? [] : [`${name}=${value.replace(/[0-9a-f]{32}$/, '…')}`];
  });
  const query = method === 'GET' ? '' : search;
  return [method, `${pathname}${query}`, ...values, ...names].join(' ');
}

/** Keeps what an app is asked, in order. */
export class AskedList {
  readonly lines: string[] = [];
  readonly parameters: Readonly<Record<string, string>>[] = [];

  private watchers: (() => void)[] = [];

  add(method: string, url: string, parameters: Readonly<Record<string, string>>): void {
    this.parameters.push(parameters);
    this.lines.push(asked(method, url, parameters));
    const { watchers } = this;
    this.watchers = [];
    for (const look of watchers) look();
  }

  /** For an app that listens. Behind the parser of forms. */
  readonly middleware = (request: Request, _response: Response, next: NextFunction): void => {
    const { method, originalUrl } = request;
    const given = (method === 'GET' ? request.query : request.body) as Record<string, string>;
    this.add(method, originalUrl, given ?? {});
    next();
  };

  /** Resolves when a line begins with this. */
  until(line: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.lines.some((each) => each.startsWith(line))) resolve();
        else this.watchers.push(look);
      };
      look();
    });
  }
}
