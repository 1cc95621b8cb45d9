import { join } from 'node:path';
import { loadFlows, type Flow } from '../flow/load';
import { mapMachine } from '../flow/machine-map';
import { countCalls, withCalls } from '../graph/calls-overlay';
import { withCoverage } from '../graph/coverage-overlay';
import type { Picture } from '../graph/picture';
import { pictureOf } from '../graph/picture-of';
import { readCoverage, uncovered } from '../simulate/coverage';
import { callPaths } from './call-paths';
import { loadConfig } from './load-config';
import { complain, outputTerms, promptTexts, writePicture } from './picture-output';
import type { PictureOptions } from './picture-output';
import { parseSince } from './since';

export interface GraphOptions extends PictureOptions {
  /** True without a folder. */
  readonly coverage?: string | true;
  readonly calls?: boolean;
  readonly since?: string;
  readonly json?: boolean;
}

/** Where `callchart test` leaves what it has covered. */
const coverageFolder = join('coverage', 'callchart');

/** `callchart graph`: draws a flow. Resolves with the exit status. */
export async function graph(file: string, options: GraphOptions): Promise<number> {
  const { coverage, since, calls = false, json = false } = options;
  if (options.output === undefined && !json) {
    return complain(['give -o <file>, the picture to write, or --json'], 2);
  }
  const terms = options.output === undefined ? undefined : outputTerms(options);
  if (terms !== undefined && 'problem' in terms) return complain([terms.problem], 2);
  if (coverage !== undefined && calls) {
    return complain(['--coverage and --calls exclude each other: a picture shows one of them'], 2);
  }
  if (since !== undefined && !calls) return complain(['--since: give --calls, too'], 2);
  const from = since === undefined ? undefined : parseSince(since, Date.now());
  if (since !== undefined && from === undefined) {
    return complain([`--since ${since}: must be like 7d, 24h or 2026-11-01`], 2);
  }
  const config = loadConfig(options.config);
  const text = promptTexts(config, options.language);
  const { flows, problems } = loadFlows([file]);
  const [flow] = flows;
  if (flow === undefined) {
    return complain(
      problems.map(({ message }) => message),
      1,
    );
  }
  const map = mapMachine(flow.machine);
  let picture = pictureOf(map, text);
  if (coverage !== undefined) {
    const covered = withTests(picture, flow, coverage === true ? coverageFolder : coverage);
    if (typeof covered === 'string') return complain([covered], 1);
    picture = covered;
  }
  if (calls) {
    const paths = await callPaths(config.records.directory, flow.name, from);
    if (paths.length === 0) {
      const when = since === undefined ? '' : ` since ${since}`;
      return complain(
        [`no call of ${flow.name} is recorded in ${config.records.directory}${when}`],
        1,
      );
    }
    const counts = countCalls(map, paths, flow.version);
    picture = withCalls(picture, counts, since === undefined ? '' : `since ${since}`);
  }
  if (json && terms?.output !== '-') process.stdout.write(`${JSON.stringify(picture)}\n`);
  return terms === undefined ? 0 : writePicture(picture, terms);
}

/** Why there is no coverage to be shown, as a text. */
function withTests(picture: Picture, { machine }: Flow, folder: string): Picture | string {
  const { flow, version } = uncovered(machine);
  const found = readCoverage(folder).filter((each) => each.flow === flow);
  const current = found.find((each) => each.version === version);
  if (current !== undefined) return withCoverage(picture, mapMachine(machine), current);
  return found.length === 0
    ? `${folder} has no coverage of ${flow}: run callchart test`
    : `the coverage of ${flow} in ${folder} is another version's: run callchart test again`;
}
