import { loadFlows } from '../flow/load';
import { mapMachine } from '../flow/machine-map';
import { pictureOf } from '../graph/picture-of';
import { loadConfig } from './load-config';
import { complain, outputTerms, promptTexts, writePicture } from './picture-output';
import type { PictureOptions } from './picture-output';

export type GraphOptions = PictureOptions;

/** `callchart graph`: draws a flow. Resolves with the exit status. */
export async function graph(file: string, options: GraphOptions): Promise<number> {
  const terms = outputTerms(options);
  if ('problem' in terms) return complain([terms.problem], 2);
  const text = promptTexts(loadConfig(options.config), options.language);
  const { flows, problems } = loadFlows([file]);
  const [flow] = flows;
  if (flow === undefined) {
    return complain(
      problems.map(({ message }) => message),
      1,
    );
  }
  return writePicture(pictureOf(mapMachine(flow.machine), text), terms);
}
