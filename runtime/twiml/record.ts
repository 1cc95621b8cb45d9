import type { StatusCallback, Verb } from '../document/verbs';
import { given } from './given';
import { verbOf } from './sounds';
import type { TwimlElement } from './twiml-element';

/** Silence that is left at both ends where it is cut off, milliseconds: a word that begins softly is not cut. */
const TRIMMED = 250;

/** `<Record>`: what the caller says, until he is silent, presses a key, or the time is over. */
export function recordVerbs(element: TwimlElement): Verb[] {
  const silence = element.integer('timeout') ?? 5_000;
  const beep = element.flag('playBeep');
  return [
    verbOf(element, {
      verb: 'record',
      input: {
        beep,
        maxDuration: element.integer('maxLength') ?? 3_600_000,
        endSilence: silence,
        startSilence: silence,
        finishOn: element.string('finishOnKey') ?? '',
        ...(element.string('trim') === 'trim-silence' ? { trim: TRIMMED } : {}),
      },
      action: element.target() ?? { url: '', method: element.method() },
      reportsEmpty: false,
      ...given({ status: recordingStatus(element) }),
    }),
  ];
}

/** `<Start><Recording>`: both sides, beside what follows. */
export function recordingVerb(element: TwimlElement): Verb {
  return verbOf(element, {
    verb: 'recordCall',
    name: element.string('name') ?? '',
    input: { channels: element.string('channels') === 'mono' ? 'mixed' : 'stereo' },
    ...given({ status: recordingStatus(element) }),
  });
}

/** Who is told of a recording. */
export function recordingStatus(element: TwimlElement): StatusCallback | undefined {
  const target = element.target('recordingStatusCallback', 'recordingStatusCallbackMethod');
  if (target === undefined) return undefined;
  return { ...target, events: element.words('recordingStatusCallbackEvent') };
}
