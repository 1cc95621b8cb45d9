import { describeError } from '../core/errors';
import { loadFlows } from '../flow/load';
import { mapMachine, type MachineMap } from '../flow/machine-map';
import { compare } from '../graph/diff/compare';
import { diffPicture } from '../graph/diff/diff-picture';
import { isSame } from '../graph/diff/difference';
import { diffMarkdown, diffText } from '../graph/diff/words';
import { withGitVersion } from './git-version';
import { loadConfig } from './load-config';
import { complain, outputTerms, promptTexts, write, writePicture } from './picture-output';
import type { PictureOptions } from './picture-output';

export interface DiffOptions extends PictureOptions {
  readonly revision: string;
  readonly json?: boolean;
}

/**
 * `callchart diff`: what is different between two versions of a flow, or between a flow and a revision of it in git.
 * Resolves with the exit status: 0 for no difference, 1 for one, 2 when it cannot be told.
 */
export async function diff(
  first: string,
  second: string | undefined,
  options: DiffOptions,
): Promise<number> {
  const terms = options.output === undefined ? undefined : outputTerms(options, ['md']);
  if (terms !== undefined && 'problem' in terms) return complain([terms.problem], 2);
  if (terms === undefined && options.format !== undefined) {
    return complain(['--format: give -o, too'], 2);
  }
  const text = promptTexts(loadConfig(options.config), options.language);
  const before = second === undefined ? committed(first, options.revision) : loaded(first);
  const after = loaded(second ?? first);
  const problems = [before, after].flatMap((each) => ('problems' in each ? each.problems : []));
  if ('problems' in before || 'problems' in after) return complain(problems, 2);
  const comparison = compare(before, after, text);
  const { difference } = comparison;
  const status = isSame(difference) ? 0 : 1;
  // Whoever writes to standard output wants to read nothing else there.
  if (terms?.output !== '-') {
    process.stdout.write(
      `${options.json === true ? JSON.stringify(difference) : diffText(difference)}\n`,
    );
  }
  if (terms === undefined) return status;
  const { output, format } = terms;
  const failed =
    format === 'md'
      ? write(output, diffMarkdown(difference))
      : await writePicture(diffPicture(comparison, text), { ...terms, format });
  return failed === 0 ? status : 2;
}

type Loaded = MachineMap | { readonly problems: readonly string[] };

function loaded(file: string): Loaded {
  const { flows, problems } = loadFlows([file]);
  const [flow] = flows;
  return flow === undefined
    ? { problems: problems.map(({ message }) => message) }
    : mapMachine(flow.machine);
}

function committed(file: string, revision: string): Loaded {
  // What begins with a hyphen git would take for an option.
  if (revision.startsWith('-')) return { problems: [`--revision ${revision}: is no revision`] };
  try {
    return withGitVersion(file, revision, loaded);
  } catch (error) {
    return {
      problems: [`${describeError(error)}. Name two flows: callchart diff <old> <new>`],
    };
  }
}
