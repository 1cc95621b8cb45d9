import type { MachineMap, TransitionMap } from '../flow/machine-map';
import { plain } from './text';
import type { Outcome, OutcomeKind } from './picture';

/** Outcomes that mean that nothing usable came from the caller. */
const missed = new Set(['noInput', 'invalid', 'tooShort', 'noSpeech', 'silence']);

/** Outcomes with which somebody or something else has said no. */
const failures = new Set([
  'busy',
  'noAnswer',
  'rejected',
  'unreachable',
  'failed',
  'notSupported',
  'declinedByScreening',
  'cancelled',
  'full',
  'machine',
  'fax',
  'unknown',
]);

/**
 * An outcome without a choice that raises an error: a defect of the flow, which the checker reports. It leads nowhere,
 * so that nobody who looks at a picture misses it.
 */
export function isDrawn({ choice }: TransitionMap): boolean {
  return choice !== 'unmatched';
}

/** The sign of a transition. `map` says what it is beside: an unguarded one behind guarded ones is their `otherwise`. */
export function outcomeOf(transition: TransitionMap, map: MachineMap): Outcome {
  const text = textOf(transition, map);
  return {
    transition: transition.id,
    text,
    kind: text.endsWith('otherwise') ? 'otherwise' : outcomeKind(transition),
    full: fullOf(transition, text),
  };
}

function textOf(transition: TransitionMap, map: MachineMap): string {
  const { kind, choice, guard, invoke, event } = transition;
  const several = map.transitions.some(
    (other) =>
      other.from === transition.from && other.invoke !== invoke && other.invoke !== undefined,
  );
  const of = several && invoke !== undefined ? `${actorName(transition, map)}: ` : '';
  const condition = guard === undefined ? '' : `if ${words(guard)}`;
  switch (kind) {
    case 'error':
      return `${of}error${guard === undefined ? '' : ` ${condition}`}`;
    case 'done':
      if (choice !== undefined) return of + (isKey(choice) ? choice : words(choice));
      if (guard !== undefined) return of + condition;
      if (isLastOfGuarded(transition, map)) return `${of}otherwise`;
      return several ? `${of}done` : '';
    case 'finished':
      if (guard !== undefined) return condition;
      return isLastOfGuarded(transition, map) ? 'otherwise' : 'finished';
    case 'always':
      if (guard !== undefined) return condition;
      return isLastOfGuarded(transition, map) ? 'otherwise' : '';
    case 'after':
    case 'event': {
      const name =
        kind === 'after' ? plain(transition.label.replace(/ \[.*$/, '')) : eventWords(event);
      return condition === '' ? name : `${name} ${condition}`;
    }
  }
}

export function outcomeKind({ kind, choice, guard }: TransitionMap): OutcomeKind {
  if (kind === 'error') return 'error';
  if (kind === 'after') return 'time';
  if (kind === 'event') return 'event';
  if (choice === undefined) return guard === undefined ? 'done' : 'condition';
  if (isKey(choice)) return 'key';
  if (choice === 'otherwise') return 'otherwise';
  if (choice === 'hangup') return 'event';
  if (missed.has(choice)) return 'missed';
  return failures.has(choice) ? 'failure' : 'success';
}

export function isKey(choice: string): boolean {
  return /^[0-9*#]+$/.test(choice);
}

/** `mayTryAgain` is `may try again`, `isOpen` is `is open`. */
export function words(name: string): string {
  return plain(name)
    .replace(/[_-]+/g, ' ')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, (_, before: string, after: string) => {
      return `${before} ${after.toLowerCase()}`;
    });
}

function eventWords(event: string): string {
  if (event === '*') return 'any event';
  if (event === 'call.ended') return 'call ended';
  return plain(event);
}

function actorName({ from, invoke }: TransitionMap, map: MachineMap): string {
  const state = map.states.find(({ name }) => name === from);
  const found = state?.invokes.find(({ id }) => id === invoke);
  return found === undefined ? '' : words(found.src);
}

/** Behind others for the same event that have a condition. */
function isLastOfGuarded(transition: TransitionMap, map: MachineMap): boolean {
  return map.transitions.some(
    ({ from, event, guard, id }) =>
      guard !== undefined &&
      from === transition.from &&
      event === transition.event &&
      id !== transition.id,
  );
}

function fullOf(transition: TransitionMap, text: string): string {
  const { from, targets, kind } = transition;
  const what = text === '' ? (kind === 'always' ? 'at once' : 'when it is done') : text;
  const to =
    targets.length === 0 ? 'stays' : `to ${targets.map((name) => stateText(name)).join(' and ')}`;
  return plain(`${stateText(from)}: ${what}: ${to}`);
}

/** The machine itself has no name of its own in the map. */
export function stateText(name: string): string {
  return name === '' ? 'anywhere' : name;
}
