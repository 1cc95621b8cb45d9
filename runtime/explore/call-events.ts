import type { AnyEventObject, AnyMachineSnapshot, AnyStateNode } from 'xstate';
import type { CallActorName } from '../flow/actors';
import type { HappeningActor } from './graph';

/** An event that may come to a machine at rest, whatever its actors do. */
export interface PossibleEvent {
  readonly event: AnyEventObject;
  readonly words: string;
  /** What it carries is made up. */
  readonly guessed: boolean;
  /** It comes from the call, and to the flow itself alone. */
  readonly ofCall: boolean;
}

const keys = Array.from('1234567890*#');

/** Events of the call, each with the actor that has to run for it to come. */
function callEvents(running: (name: CallActorName) => HappeningActor | undefined): PossibleEvent[] {
  const one = (event: AnyEventObject, words: string): PossibleEvent => ({
    event,
    words,
    guessed: false,
    ofCall: true,
  });
  const found = [
    one({ type: 'call.held' }, 'the caller puts the call on hold'),
    one({ type: 'call.resumed' }, 'the caller takes the call back'),
  ];
  // What listens to keys takes them before the machine sees them.
  const taken = running('gather') ?? running('record');
  const waits = taken?.callActor === 'gather' && !takesKeys(taken.input);
  if (taken === undefined || waits) {
    const stops = member(running('play')?.input, 'stopOn');
    for (const digit of keys) {
      if (typeof stops === 'string' && stops.includes(digit)) continue;
      found.push(one({ type: 'dtmf', digit, duration: 100 }, `the caller presses ${digit}`));
    }
  }
  const dial = running('dial');
  if (dial !== undefined) {
    const to = member(dial.input, 'to');
    const first: unknown = Array.isArray(to) ? to[0] : to;
    const target = String(member(first, 'to') ?? first);
    const leg = 'leg-1';
    found.push(one({ type: 'dial.ringing', target, leg }, `${target} rings`));
    found.push(one({ type: 'dial.answered', target, leg }, `${target} answers`));
    for (const digit of keys) {
      const event = { type: 'dtmf', digit, duration: 100, leg: 'callee' };
      found.push(one(event, `the callee presses ${digit}`));
    }
  }
  const meeting = running('conference');
  if (meeting !== undefined) {
    const conference = String(member(meeting.input, 'name'));
    const call = 'another';
    found.push(
      one({ type: 'conference.started', conference, parties: 2 }, 'the conference begins'),
      one({ type: 'conference.joined', conference, call, parties: 2 }, 'another party comes'),
      one({ type: 'conference.left', conference, call, parties: 1 }, 'another party goes'),
      one({ type: 'conference.speaking', conference, call }, 'a party speaks'),
      one({ type: 'conference.silent', conference, call }, 'a party falls silent'),
    );
  }
  const waiting = running('enqueue');
  const serving = running('dialQueue');
  const queue = String(member((waiting ?? serving)?.input, 'queue'));
  const call = 'another';
  const waited = 20_000;
  if (waiting !== undefined) {
    const stands = { type: 'queue.position', queue, position: 1, size: 1, waited, averageWait: 0 };
    found.push(
      one(stands, 'the caller is next in the queue'),
      one({ type: 'queue.taken', queue, call }, 'somebody serves the caller'),
      one({ type: 'queue.returned', queue }, 'whoever served the caller has gone'),
    );
  }
  if (waiting !== undefined || serving !== undefined) {
    const bridged = { type: 'queue.bridged', queue, call, waited };
    found.push(one(bridged, 'both talk'));
  }
  if (member(running('gather')?.input, 'partial') === true) {
    found.push(one({ type: 'speech.partial', text: 'sample' }, 'the caller speaks'));
  }
  const listen = running('listen');
  if (listen !== undefined) {
    found.push(
      one({ type: 'speech.started' }, 'the caller begins to speak'),
      one({ type: 'speech.ended', duration: 2_000 }, 'the caller ceases to speak'),
      one({ type: 'tone.detected', tone: 'fax' }, 'a fax machine is heard'),
    );
  }
  const stream = running('stream');
  if (stream !== undefined) {
    const given = member(stream.input, 'name');
    const name = typeof given === 'string' ? given : 'stream';
    found.push(
      one({ type: 'stream.started', stream: name, streamSid: 'MZ0' }, 'the app takes the stream'),
      {
        ...one({ type: 'stream.message', stream: name, message: {} }, 'the app sends a message'),
        guessed: true,
      },
    );
  }
  return found;
}

/**
 * The events that the states of a snapshot have a word for: the call's as far as they can come now, and the flow's own.
 *
 * @param samples what the flow's own events carry, as far as somebody said so.
 * @param inner events that the machine raises itself, and that nobody else sends.
 */
export function possibleEvents(
  snapshot: AnyMachineSnapshot,
  actors: readonly HappeningActor[],
  samples: readonly AnyEventObject[],
  inner: ReadonlySet<string>,
): PossibleEvent[] {
  const descriptors = descriptorsOf(snapshot);
  if (descriptors.size === 0) return [];
  const wanted = [...descriptors].map(matcher);
  const isWanted = (type: string): boolean => wanted.some((matches) => matches(type));
  const found = callEvents((name) => actors.find(({ callActor }) => callActor === name)).filter(
    ({ event }) => isWanted(event.type),
  );
  const given = new Set(samples.map(({ type }) => type));
  for (const event of samples) {
    if (isWanted(event.type))
      found.push({ event, words: `'${event.type}' comes`, guessed: false, ofCall: false });
  }
  for (const type of descriptors) {
    if (type.includes('*') || isCallEvent(type) || inner.has(type) || given.has(type)) continue;
    found.push({ event: { type }, words: `'${type}' comes`, guessed: true, ofCall: false });
  }
  return found;
}

function takesKeys(gather: unknown): boolean {
  const input = member(gather, 'input');
  const digits = !Array.isArray(input) || input.includes('digits');
  return digits && member(gather, 'bargeIn') !== false;
}

const callEventTypes = /^(?:call|dial|stream|conference|queue|speech|tone)\.|^dtmf$/;

function isCallEvent(type: string): boolean {
  return callEventTypes.test(type);
}

/** What the states say under `on`, without what XState itself sends. */
function descriptorsOf(snapshot: AnyMachineSnapshot): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of snapshot._nodes as readonly AnyStateNode[]) {
    for (const descriptor of node.transitions.keys()) {
      if (!descriptor.startsWith('xstate.') && descriptor !== '') found.add(descriptor);
    }
  }
  return found;
}

/** XState's wildcards: `*`, and `dial.*` for all that begin so. */
function matcher(descriptor: string): (type: string) => boolean {
  if (descriptor === '*') return () => true;
  if (!descriptor.endsWith('.*')) return (type) => type === descriptor;
  const prefix = descriptor.slice(0, -1);
  return (type) => type.startsWith(prefix) || type === prefix.slice(0, -1);
}

export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
