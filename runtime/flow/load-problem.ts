import { basename } from 'node:path';
import { describeError } from '../core/errors';
import type { FlowProblem } from './flow-error';
import { isLocalFile } from './local-files';

/** How targets are written. */
export const targetRemedy = "Name a state beside it, a child as '.name', or any state as '#id'.";

/** Why a module did not load, in the words of who wrote the flow. */
export function loadProblem(thrown: unknown): Omit<FlowProblem, 'file'> {
  const text = plain(describeError(thrown));
  const code = codeOf(thrown);
  const module = /Cannot find (?:module|package) '([^']+)'/.exec(text)?.[1];
  if (module?.startsWith('.') === true) {
    return {
      message: `${importer(thrown)}imports '${module}', and there is no such file.`,
      remedy: 'Correct the path, or create the file.',
      cause: thrown,
    };
  }
  if (module !== undefined) {
    const remedy =
      module === 'callchart' || module === 'xstate'
        ? 'A flow finds callchart and xstate in node_modules beside or above it: run `npm install callchart xstate` there.'
        : `Install it, or correct the import: \`npm install ${module}\`.`;
    return { message: `imports '${module}', which is not installed.`, remedy, cause: thrown };
  }
  // swc says where in the text; V8 says it in the stack's first lines.
  if (isSyntaxError(thrown) || code === 'GenericFailure' || text.includes('Syntax Error')) {
    return {
      message: `the file has a syntax error: ${excerpt(thrown, text)}`,
      remedy: 'Correct it.',
      cause: thrown,
    };
  }
  const machine = machineProblem(text);
  if (machine !== undefined) return { ...machine, cause: thrown };
  // What we have thrown says itself what to do.
  if (typeof code === 'string' && code.startsWith('CALLCHART_')) {
    return { message: `${firstLine(text)}${placeOf(thrown)}.`, remedy: '', cause: thrown };
  }
  return {
    message: `the file throws while it is loaded: ${firstLine(text)}${placeOf(thrown)}.`,
    remedy: 'A flow file only defines its machine; what it does belongs into actors and actions.',
    cause: thrown,
  };
}

function isSyntaxError(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'SyntaxError';
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown
    ? thrown.code
    : undefined;
}

/** Without the colours of a terminal. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return text.replace(/\u001b\[[0-9;]*m/g, '').trim();
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim().replace(/\.$/, '');
}

/** What is wrong, and the line: swc draws it below its message, V8 puts it before its stack. */
function excerpt(thrown: unknown, text: string): string {
  const drawn = /,-\[(.+):(\d+):\d+\]/.exec(text);
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const [, file, line] = drawn ?? /^(\S+):(\d+)\n/.exec(stack) ?? [];
  const place = file === undefined ? '' : ` (${basename(file)}, line ${line ?? ''})`;
  return `${firstLine(text).replace(/^[x×] /, '')}${place}.`;
}

/** The first line of the user's own that the error came through: XState's own say nothing to him. */
function placeOf(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  for (const [, file = '', position = ''] of stack.matchAll(/[( ](\/[^()\n]+?)(:\d+:\d+)\)?$/gm)) {
    if (isLocalFile(file)) return ` (${basename(file)}${position})`;
  }
  return '';
}

/** Which file has the import that Node could not resolve: `menu.ts `. */
function importer(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('requireStack' in thrown)) return '';
  const { requireStack } = thrown;
  const file: unknown = Array.isArray(requireStack) ? requireStack[0] : undefined;
  return typeof file === 'string' ? `${basename(file)} ` : '';
}

/** What XState says when it builds a machine whose states do not fit together. */
function machineProblem(text: string): Omit<FlowProblem, 'file'> | undefined {
  const transition = /^Invalid transition definition for state node '([^']+)':\s*(.*)$/s.exec(text);
  const unknown =
    /Child state(?: node)? '([^']+)' does not exist/.exec(transition?.[2] ?? text)?.[1] ??
    (transition === null ? undefined : firstLine(transition[2] ?? ''));
  if (unknown !== undefined) {
    return {
      ...(transition === null ? {} : { state: stateOf(transition[1] ?? '') }),
      message: `leads to '${unknown}', and there is no such state.`,
      remedy: targetRemedy,
    };
  }
  const compound = /^No initial state specified for compound state node "#([^"]+)"/.exec(text)?.[1];
  return compound === undefined
    ? undefined
    : {
        ...(compound.includes('.') ? { state: stateOf(compound) } : {}),
        message: 'has states and does not say which is the first.',
        remedy: "Add initial: '…'.",
      };
}

/** `reception.menu` is the state `menu` of the machine `reception`; an id of its own stays. */
function stateOf(id: string): string {
  const [, ...path] = id.split('.');
  return path.length === 0 ? `#${id}` : path.join('.');
}
