import type { InvokeMap, StateMap } from '../../flow/machine-map';
import type { Prompt } from '../../prompt/port';
import { describeActor, quoted } from '../describe-actor';
import type { PromptText } from '../describe-actor';
import { plain } from '../text';
import { fingerprint } from './fingerprint';

/** What a state does otherwise than before. */
export function invokeChanges(old: StateMap, now: StateMap, text: PromptText): string[] {
  const changes: string[] = [];
  const count = Math.max(old.invokes.length, now.invokes.length);
  const several = count > 1;
  for (let index = 0; index < count; index += 1) {
    const [was, is] = [old.invokes[index], now.invokes[index]];
    if (is === undefined) {
      if (was !== undefined) changes.push(`no longer ${verb(was)}`);
    } else if (was === undefined) {
      changes.push(several ? `now also ${verb(is)}` : `now ${verb(is)}`);
    } else if (was.src !== is.src) {
      changes.push(`now ${verb(is)} (before: ${verb(was)})`);
    } else {
      const of = several ? `${verb(is)}: ` : '';
      changes.push(...inputChanges(was.input, is.input, text).map((change) => of + change));
    }
  }
  return changes;
}

/** `plays`; an actor of the flow's own is `runs save`. */
function verb(invoke: InvokeMap): string {
  const { word, kind } = describeActor(invoke);
  return kind === 'own' ? `runs ${word}` : word;
}

function inputChanges(was: unknown, is: unknown, text: PromptText): string[] {
  if (fingerprint(was) === fingerprint(is)) return [];
  const computed = [was, is].map((input) => typeof input === 'function');
  if (computed[0] === true && computed[1] === true) return ['its input is computed in another way'];
  if (computed[1] === true) return ['its input is computed in the call, and was fixed before'];
  if (computed[0] === true) return ['its input is fixed, and was computed in the call before'];
  const [old, now] = [membersOf(was), membersOf(is)];
  if (old === undefined || now === undefined) {
    return [`its input is ${shown(is)}, and was ${shown(was)}`];
  }
  const members = [...new Set([...Object.keys(now), ...Object.keys(old)])];
  return members.flatMap((member): string[] => {
    const [before, after] = [old[member], now[member]];
    if (fingerprint(before) === fingerprint(after)) return [];
    const show = isPrompt(member) ? (value: unknown) => said(value, text) : shown;
    if (before === undefined) return [`${member} is ${show(after)}, and was not given before`];
    if (after === undefined) return [`${member} is no longer given, and was ${show(before)}`];
    return [`${member} is ${show(after)}, and was ${show(before)}`];
  });
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined) return {};
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function isPrompt(member: string): boolean {
  return member === 'prompt' || member.endsWith('Prompt');
}

/** The flow's types have seen to what it is. */
function said(value: unknown, text: PromptText): string {
  const words = quoted(text(value as Prompt));
  // Two prompts may say the same by other names.
  return typeof value === 'string' ? `${value} ${words}` : words;
}

function shown(value: unknown): string {
  const written = JSON.stringify(value);
  return plain(written === undefined ? fingerprint(value) : written);
}
