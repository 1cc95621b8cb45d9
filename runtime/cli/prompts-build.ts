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
  const languages = languagesOf(catalog, options.language);
  if (languages.length === 0) languages.push(catalog.defaultLanguage);
  const requests = textsToSpeak(catalog, flows, configuredPrompts(config), languages);
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
  const failed = results
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ request: { text, ssml, language = '-' }, reason = '' }) => {
      return `failed, ${language}, "${shortened(text ?? ssml)}": ${reason}`;
    });
  const texts = results.length === 1 ? '1 text' : `${results.length} texts`;
  return [
    ...failed,
    `${texts}: ${count('made')} spoken now, ${count('there')} there already, ${count('failed')} failed; ${seconds.toFixed(1)} s of sound`,
  ].join('\n');
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
