import { isToneCountry } from '../core/tones';
import type { Verb } from '../document/verbs';
import type { DialInput } from '../flow/outcomes';
import { conferenceVerb } from './conference';
import { given } from './given';
import { numberParty, partiesOf } from './parties';
import { recordingStatus } from './record';
import { verbOf } from './sounds';
import type { TwimlElement } from './twiml-element';

/** As many as `dial` calls at once. */
const MOST_PARTIES = 10;

/** `<Dial>`: others, a conference, or the next who waits in a queue. */
export function dialVerbs(element: TwimlElement): Verb[] {
  const [room] = element.children.filter(({ key }) => key === 'Conference' || key === 'Queue');
  if (room !== undefined) {
    if (element.children.length > 1) {
      element.tell(`<${room.name}> stands alone in a <Dial>: the others are skipped.`);
    }
    return room.key === 'Conference' ? conferenceVerb(element, room) : queueVerb(element, room);
  }
  const nouns = element.children.filter(({ key }) => ['Number', 'Client', 'Sip'].includes(key));
  const parties =
    nouns.length === 0 && element.text !== ''
      ? numberParty(element, element.text)
      : nouns.flatMap((noun) => partiesOf(noun));
  if (parties.length === 0) {
    element.tell('<Dial> has nobody to call: it is skipped.');
    return [];
  }
  if (parties.length > MOST_PARTIES) {
    element.tell(`<Dial> calls ${MOST_PARTIES} at most: the others are skipped.`);
  }
  return [
    verbOf(element, {
      verb: 'dial',
      input: dialInput(element),
      parties: parties.slice(0, MOST_PARTIES),
      ...given({ action: element.target(), recordingStatus: recordingStatus(element) }),
    }),
  ];
}

function dialInput(element: TwimlElement): Omit<DialInput, 'to'> {
  const number = element.string('callerId')?.replace(/^client:/, '');
  const country = element.string('ringTone')?.toLowerCase();
  const known = country === undefined ? undefined : toneCountry(country);
  if (country !== undefined && known === undefined) {
    element.tell(`The tones of '${country}' are not known here: the configured ones are heard.`);
  }
  return {
    timeout: element.integer('timeout') ?? 30_000,
    timeLimit: element.integer('timeLimit') ?? 14_400_000,
    answerOnBridge: element.flag('answerOnBridge'),
    ...(element.flag('sequential') ? { strategy: 'sequential' } : {}),
    ...(number === undefined || number === '' ? {} : { callerId: { number } }),
    ...(known === undefined ? {} : { ringback: { prompt: { tone: 'ringback', country: known } } }),
    ...(element.flag('hangupOnStar') ? { hangupKey: '*' } : {}),
    ...given({ record: dialRecord(element) }),
  };
}

/** Twilio's `uk` is `gb`. */
function toneCountry(written: string): string | undefined {
  const country = written === 'uk' ? 'gb' : written.replace(/-old$/, '');
  return isToneCountry(country) ? country : undefined;
}

/** Undefined for no recording. */
export function dialRecord(
  element: TwimlElement,
): { readonly channels: 'stereo' | 'mixed' } | undefined {
  const record = element.string('record');
  if (record === undefined || record === 'do-not-record' || record === 'false') return undefined;
  return { channels: record.endsWith('-dual') ? 'stereo' : 'mixed' };
}

function queueVerb(element: TwimlElement, queue: TwimlElement): Verb[] {
  if (queue.text === '') {
    queue.tell('<Queue> has no name: the <Dial> is skipped.');
    return [];
  }
  return [
    verbOf(element, {
      verb: 'dialQueue',
      queue: queue.text,
      timeout: element.integer('timeout') ?? 30_000,
      timeLimit: element.integer('timeLimit') ?? 14_400_000,
      ...(element.flag('hangupOnStar') ? { hangupKey: '*' } : {}),
      ...given({
        action: element.target(),
        record: dialRecord(element),
        recordingStatus: recordingStatus(element),
        whisper: queue.target('url', 'method'),
      }),
    }),
  ];
}
