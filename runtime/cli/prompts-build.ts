import { RealClock } from '../core/clock';
import { silentLogger } from '../core/logger';
import { textsToSpeak } from '../flow/prompt-inventory';
import { createSpeech } from '../prompt/tts/create-voice';
import { prepareAll, type PreparedText } from '../prompt/tts/prepare-all';
import { loadConfig } from './load-config';
import { Progress } from './progress';
import { configuredPrompts, languagesOf, projectCatalog, projectFlows } from './project';

export interface PromptsBuildOptions {
  readonly language?: string;
  readonly json?: boolean;
  readonly config?: string;
}

/** `callchart prompts build`: has every text that is known spoken. Resolves with the exit status. */
export async function buildPrompts(options: PromptsBuildOptions): Promise<number> {
  const config = loadConfig(options.config);
  const catalog = projectCatalog(config);
  const { flows, broken } = projectFlows(config);
  const { language } = options;
  if (language !== undefined) languagesOf(catalog, language);
  const requests = textsToSpeak(catalog, flows, configuredPrompts(config, catalog), language);
  const speech = createSpeech(config.prompts, {
    clock: new RealClock(),
    logger: silentLogger,
    googleApiKey: process.env['CALLCHART_GOOGLE_API_KEY'],
  });
  const progress = new Progress('spoken');
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort(new Error('it was interrupted')));
  const results = await prepareAll(speech, requests, {
    onProgress: (_, done, total) => progress.at(done, total),
    signal: abort.signal,
  });
  await speech.close();
  progress.done();
  if (options.json === true) {
    for (const { request, ...result } of results) {
      process.stdout.write(`${JSON.stringify({ ...request, ...result })}\n`);
    }
  } else {
    process.stdout.write(`${buildSummary(results)}\n`);
  }
  const failed = results.some(({ outcome }) => outcome === 'failed');
  return failed || broken > 0 || catalog.problems.length > 0 ? 1 : 0;
}

export function buildSummary(results: readonly PreparedText[]): string {
  const count = (wanted: PreparedText['outcome']): number =>
    results.filter(({ outcome }) => outcome === wanted).length;
  const seconds = results.reduce((sum, { duration }) => sum + duration, 0) / 1_000;
  const failed = new Map<string, string[]>();
  for (const { outcome, request, reason = '' } of results) {
    if (outcome !== 'failed') continue;
    const { text, ssml, language = '-' } = request;
    const why = `failed, ${language}, … ${reason}`;
    failed.set(why, [...(failed.get(why) ?? []), `"${shortened(text ?? ssml)}"`]);
  }
  // A language that nobody speaks is one line, however many texts it has.
  const lines = [...failed].map(([why, [first = '', ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return why.replace('…', () => `${first}${more}:`);
  });
  const texts = results.length === 1 ? '1 text' : `${results.length} texts`;
  return [
    ...lines,
    `${texts}: ${count('made')} spoken now, ${count('there')} there already, ${count('failed')} failed; ${seconds.toFixed(1)} s of sound`,
  ].join('\n');
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
