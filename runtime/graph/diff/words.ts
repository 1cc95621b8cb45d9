import { stateText } from '../outcome';
import { plain } from '../text';
import { isSame } from './difference';
import type { Difference, PathDifference, StateDifference } from './difference';

const signs = { added: '+', removed: '-', changed: '~' } as const;

/** The difference as lines for a terminal. */
export function diffText(difference: Difference): string {
  const { title, states, paths, other, pathsCut } = difference;
  if (isSame(difference)) return `${title}: no difference`;
  return [
    `${title}: ${summary(difference)}`,
    ...states.flatMap((state) => [
      '',
      `${signs[state.type]} ${headline(state)}`,
      ...state.changes.map((change) => `    ${change}`),
    ]),
    ...(other.length === 0 ? [] : ['', ...other.map((change) => `~ ${change}`)]),
    ...(paths.length === 0 ? [] : ['', 'What callers reach by their keys:']),
    ...paths.map((path) => `  ${path.keys.join(' > ')}  ${pathWords(path)}`),
    ...(pathsCut ? ['', cutWords] : []),
  ].join('\n');
}

/** The same for a page, or for the description of a change. */
export function diffMarkdown(difference: Difference): string {
  const { title, states, paths, other, pathsCut } = difference;
  const lines = [
    `## ${escape(title)}`,
    '',
    isSame(difference) ? 'No difference.' : `${capital(summary(difference))}.`,
    ...states.flatMap((state) => [
      '',
      `- **${escape(headline(state))}**`,
      ...state.changes.map((change) => `  - ${escape(change)}`),
    ]),
    ...(other.length === 0 ? [] : ['', ...other.map((change) => `- ${escape(capital(change))}`)]),
    ...(paths.length === 0 ? [] : ['', '| keys | now | before |', '| --- | --- | --- |']),
    ...paths.map(({ keys, before, after }) => {
      return `| ${escape(keys.join(' > '))} | ${escape(names(after))} | ${escape(names(before))} |`;
    }),
    ...(pathsCut ? ['', cutWords] : []),
  ];
  return `${lines.join('\n')}\n`;
}

const cutWords = 'There are more ways through the menus than were compared.';

function summary({ states, paths, other }: Difference): string {
  const renamed = states.filter(({ renamedFrom }) => renamedFrom !== undefined);
  const counts = [
    count(states, 'added', 'new'),
    count(states, 'removed', 'gone'),
    renamed.length === 0 ? '' : `${renamed.length} renamed`,
    count(
      states.filter(({ changes }) => changes.length > 0),
      'changed',
      'changed',
    ),
  ].filter((text) => text !== '');
  const total = states.length === 1 ? 'state' : 'states';
  return [
    ...(counts.length === 0 ? [] : [`${counts.join(', ')} ${total}`]),
    ...(other.length === 0 ? [] : [`${other.length} rewritten`]),
    ...(paths.length === 0 ? [] : [`${paths.length} ${paths.length === 1 ? 'path' : 'paths'}`]),
  ].join('; ');
}

function count(
  states: readonly StateDifference[],
  type: StateDifference['type'],
  word: string,
): string {
  const found = states.filter((state) => state.type === type).length;
  return found === 0 ? '' : `${found} ${word}`;
}

function headline({ state, type, renamedFrom }: StateDifference): string {
  const name = state === '' ? 'the flow itself' : plain(state);
  if (type === 'added') return `${name} is new`;
  if (type === 'removed') return `${name} is gone`;
  return renamedFrom === undefined ? name : `${name} was called ${plain(renamedFrom)}`;
}

export function pathWords({ before, after }: PathDifference): string {
  if (before.length === 0) return `new: leads to ${names(after)}`;
  if (after.length === 0) return `leads nowhere now, and led to ${names(before)}`;
  return `leads to ${names(after)}, and led to ${names(before)}`;
}

function names(states: readonly string[]): string {
  return states.map((state) => plain(stateText(state))).join(' or ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What Markdown would take for a sign of its own. */
function escape(text: string): string {
  return text.replace(/[\\`*_[\]<>|#~]/g, (sign) => `\\${sign}`);
}
