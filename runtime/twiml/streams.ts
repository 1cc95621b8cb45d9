import type { Verb } from '../document/verbs';
import { given } from './given';
import { parametersOf } from './parties';
import { recordingVerb } from './record';
import { verbOf } from './sounds';
import type { TwimlElement } from './twiml-element';

/** `<Start>`: beside what follows. */
export function startVerbs(element: TwimlElement): Verb[] {
  return element.children.flatMap((child) => {
    if (child.key === 'Recording') return [recordingVerb(child)];
    return child.key === 'Stream' ? streamVerbs(child, 'start') : [];
  });
}

/** `<Connect>`: the call belongs to the stream until either side ends it. */
export function connectVerbs(element: TwimlElement): Verb[] {
  const [stream, ...others] = element.children.filter(({ key }) => key === 'Stream');
  if (others.length > 0) element.tell('<Connect> takes one <Stream>: the others are skipped.');
  if (stream === undefined) return [];
  return streamVerbs(stream, 'connect').map((verb) => ({
    ...verb,
    ...given({ action: element.target() }),
  }));
}

/** `<Stop>`: by the names that were given. */
export function stopVerbs(element: TwimlElement): Verb[] {
  return element.children.flatMap((child): Verb[] => {
    if (child.key !== 'Recording' && child.key !== 'Stream') return [];
    const what = child.key === 'Stream' ? 'stream' : 'recordCall';
    return [verbOf(child, { verb: 'stop', what, name: child.string('name') ?? '' })];
  });
}

function streamVerbs(element: TwimlElement, mode: 'start' | 'connect'): Verb[] {
  const url = element.string('url')?.trim() ?? '';
  if (!/^wss?:\/\/[^\s/]/i.test(url) || !URL.canParse(url)) {
    element.tell(`'url' of <Stream> must be a URL of wss or ws, not '${url}': it is skipped.`);
    return [];
  }
  const format = soundOf(element);
  const target = element.target('statusCallback', 'statusCallbackMethod');
  return [
    verbOf(element, {
      verb: 'stream',
      mode,
      name: element.string('name') ?? '',
      url,
      track: trackOf(element, mode),
      parameters: parametersOf(element),
      ...format,
      ...(target === undefined
        ? {}
        : { status: { ...target, events: ['started', 'stopped', 'error'] } }),
    }),
  ];
}

/** Twilio: what goes both ways hears the caller alone. */
function trackOf(
  element: TwimlElement,
  mode: 'start' | 'connect',
): 'inbound' | 'outbound' | 'both' {
  const track = element.string('track') ?? 'inbound_track';
  if (mode === 'connect' && track !== 'inbound_track') {
    element.tell(`'track' of a <Stream> in <Connect> is always inbound_track.`);
    return 'inbound';
  }
  return track === 'both_tracks' ? 'both' : track === 'outbound_track' ? 'outbound' : 'inbound';
}

function soundOf(element: TwimlElement): {
  encoding?: 'mulaw' | 'l16';
  sampleRate?: 8_000 | 16_000 | 24_000;
} {
  const format = element.string('audioFormat')?.toLowerCase();
  const encoding =
    format === undefined ? undefined : ENCODINGS.get(format.replace(/^audio\/(x-)?/, ''));
  if (format !== undefined && encoding === undefined) {
    element.tell(`'audioFormat' must be audio/x-mulaw or audio/x-l16, not '${format}'.`);
  }
  const rate = element.string('sampleRate')?.trim();
  const sampleRate = rate === undefined ? undefined : RATES.find((known) => String(known) === rate);
  if (rate !== undefined && sampleRate === undefined) {
    element.tell(`'sampleRate' must be one of ${RATES.join(', ')}, not '${rate}': it is 8000 now.`);
  }
  return given({ encoding, sampleRate });
}

const RATES = [8_000, 16_000, 24_000] as const;
const ENCODINGS: ReadonlyMap<string, 'mulaw' | 'l16'> = new Map([
  ['mulaw', 'mulaw'],
  ['pcmu', 'mulaw'],
  ['l16', 'l16'],
]);
