import type { StatusCallback, Verb } from '../document/verbs';
import { given } from './given';
import { statusOf } from './parties';
import { recordingStatus } from './record';
import { verbOf } from './sounds';
import type { TwimlElement } from './twiml-element';

/** `<Dial><Conference>`. */
export function conferenceVerb(dial: TwimlElement, element: TwimlElement): Verb[] {
  if (element.text === '') {
    element.tell('<Conference> has no name: the <Dial> is skipped.');
    return [];
  }
  const beep = element.string('beep') ?? 'true';
  // An empty URL: silence.
  const silent = element.string('waitUrl') === '';
  const wait = silent ? undefined : element.target('waitUrl', 'waitMethod');
  const records = element.string('record') === 'record-from-start' || recordsLeg(dial);
  return [
    verbOf(dial, {
      verb: 'conference',
      input: {
        name: element.text,
        ...(element.flag('muted') ? { muted: true } : {}),
        ...(element.flag('startConferenceOnEnter') ? {} : { startOnEnter: false }),
        ...(element.flag('endConferenceOnExit') ? { endOnExit: true } : {}),
        ...(beep === 'false' || beep === 'onExit' ? { joinTone: false } : {}),
        ...(beep === 'false' || beep === 'onEnter' ? { leaveTone: false } : {}),
        ...(silent ? { waitMusic: false } : {}),
        ...(records ? { record: true } : {}),
        ...(dial.flag('hangupOnStar') ? { leaveKey: '*' } : {}),
        ...given({ label: element.string('participantLabel') }),
        ...given({ maxParties: element.integer('maxParticipants') }),
        timeLimit: dial.integer('timeLimit') ?? 14_400_000,
      },
      ...given({
        action: dial.target(),
        label: element.string('participantLabel'),
        coach: element.string('coach'),
        wait,
        status: statusOf(element) ?? eventCallback(element),
        recordingStatus: recordingStatus(element) ?? recordingStatus(dial),
      }),
    }),
  ];
}

/** The older way to be told. */
function eventCallback(element: TwimlElement): StatusCallback | undefined {
  const url = element.string('eventCallbackUrl');
  return url === undefined ? undefined : { url, method: 'POST', events: ['start', 'end'] };
}

function recordsLeg(dial: TwimlElement): boolean {
  const record = dial.string('record') ?? 'do-not-record';
  return record !== 'do-not-record' && record !== 'false';
}
