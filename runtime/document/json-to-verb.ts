import type { JsonVerbName } from './json-verbs';
import type { DialledParty, StatusCallback, Verb, VerbPlace, WebTarget } from './verbs';

type Members = Readonly<Record<string, unknown>>;

/** Members that say what happens with an outcome, and are no input of the actor. */
const own = ['action', 'reportEmpty', 'status', 'recordingStatus', 'wait', 'whisper', 'label'];
const ownOfSome: Readonly<Partial<Record<JsonVerbName, readonly string[]>>> = {
  gather: ['partial'],
  recordCall: ['id'],
  dial: ['to'],
};

/** Members that are known, each of its type, as the interpreter takes them. */
export function toVerb(name: JsonVerbName, members: Members, place: VerbPlace): Verb {
  const taken = [...own, ...(ownOfSome[name] ?? [])];
  const input = Object.fromEntries(
    Object.entries(members).filter(([member]) => !taken.includes(member)),
  );
  // The schema of the verb has seen to the types of its members, which the compiler cannot follow.
  return { place, ...bodyOf(name, members, input) } as unknown as Verb;
}

function bodyOf(name: JsonVerbName, members: Members, input: Members): object {
  const { action, status, recordingStatus, wait, whisper, partial } = members;
  const reporting = action === undefined ? {} : { action: targetOf(action) };
  switch (name) {
    case 'gather':
      return {
        verb: name,
        input: partial === undefined ? input : { ...input, partial: true },
        reportsEmpty: members['reportEmpty'] === true,
        ...reporting,
        ...(partial === undefined ? {} : { partial: targetOf(partial) }),
      };
    case 'record':
      return {
        verb: name,
        input,
        reportsEmpty: members['reportEmpty'] === true,
        ...reporting,
        ...statusOf('status', status, ['completed']),
      };
    case 'recordCall':
      return {
        verb: name,
        name: members['id'] ?? 'recording',
        input,
        ...statusOf('status', status, ['completed']),
      };
    case 'dial':
      return {
        verb: name,
        input,
        parties: partiesOf(members['to']),
        ...reporting,
        ...statusOf('recordingStatus', recordingStatus, ['completed']),
      };
    case 'conference':
      return {
        verb: name,
        input,
        ...(members['label'] === undefined ? {} : { label: members['label'] }),
        ...(wait === undefined ? {} : { wait: targetOf(wait) }),
        ...reporting,
        ...statusOf('status', status, ['start', 'end', 'join', 'leave']),
        ...statusOf('recordingStatus', recordingStatus, ['completed']),
      };
    case 'enqueue':
    case 'dialQueue':
      return {
        verb: name,
        ...input,
        ...(wait === undefined ? {} : { wait: targetOf(wait) }),
        ...(whisper === undefined ? {} : { whisper: targetOf(whisper) }),
        ...reporting,
        ...statusOf('recordingStatus', recordingStatus, ['completed']),
      };
    case 'transfer':
      return { verb: name, input, ...reporting };
    case 'stream': {
      const { id = 'stream', mode = 'connect', track = 'inbound', parameters = {} } = members;
      const { encoding, sampleRate, url } = members;
      return {
        ...{ verb: name, name: id, mode, url, track, parameters },
        ...(encoding === undefined ? {} : { encoding }),
        ...(sampleRate === undefined ? {} : { sampleRate }),
        ...reporting,
        ...statusOf('status', status, ['started', 'stopped', 'error']),
      };
    }
    case 'stop':
      return { verb: name, what: members['what'], name: members['id'] };
    case 'leave':
      return { verb: name };
    case 'document':
      return { verb: name, target: { url: members['url'], method: members['method'] ?? 'POST' } };
    default:
      return { verb: name, input };
  }
}

function targetOf(value: unknown): WebTarget {
  if (typeof value === 'string') return { url: value, method: 'POST' };
  const { url, method = 'POST' } = value as Partial<WebTarget>;
  return { url: url ?? '', method };
}

function statusOf(
  member: 'status' | 'recordingStatus',
  value: unknown,
  events: readonly string[],
): Partial<Record<typeof member, StatusCallback>> {
  if (value === undefined) return {};
  const { events: asked } = value as Partial<StatusCallback>;
  return { [member]: { ...targetOf(value), events: asked ?? events } };
}

function partiesOf(to: unknown): DialledParty[] {
  return (Array.isArray(to) ? to : [to]).map((party: unknown) => partyOf(party));
}

function partyOf(given: unknown): DialledParty {
  if (typeof given === 'string') return { to: given, kind: kindOf(given) };
  const { to = '', whisper, status, ...rest } = given as Partial<DialledParty>;
  return {
    to,
    kind: kindOf(to),
    ...rest,
    ...(whisper === undefined ? {} : { whisper: targetOf(whisper) }),
    ...statusOf('status', status, ['initiated', 'ringing', 'answered', 'completed']),
  };
}

function kindOf(to: string): DialledParty['kind'] {
  if (/^(?:sips?|tel):/i.test(to)) return 'sip';
  return /^\+?[\d().\s-]+$/.test(to) ? 'number' : 'client';
}
