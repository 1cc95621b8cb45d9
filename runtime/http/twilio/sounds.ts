import { jsonDialect } from '../../document/json-dialect';
import { readDocument } from '../../document/read-document';
import type { Prompt } from '../../prompt/port';
import { plainTextDialect, twimlDialect } from '../../twiml/dialect';
import { twilioSigner } from '../../twiml/signature';
import type { TwilioSettings } from '../../core/web-config';
import type { WebClient } from '../../web/port';
import type { Method } from './parameters';
import { twilioProblems } from './problem';

/** Fetches what is to be heard: a sound file, or a document of which only the sounds count. */
export class SoundDocuments {
  constructor(
    private readonly web: WebClient,
    private readonly settings: TwilioSettings,
  ) {}

  /** @throws {TwilioProblem} 400, 11200 or 12100, when there is nothing to be heard */
  async fetch(
    url: string,
    method: Method,
    parameters: Readonly<Record<string, string>>,
  ): Promise<Prompt> {
    const { authToken } = this.settings;
    const form = new URLSearchParams(parameters).toString();
    const result = await this.web.request({
      url: method === 'GET' ? `${url}${url.includes('?') ? '&' : '?'}${form}` : url,
      ...{ method, timeout: 15_000, maxSize: 10_000_000, maxRedirects: 10 },
      ...(method === 'GET'
        ? {}
        : { body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      ...(authToken === undefined ? {} : { sign: twilioSigner(authToken) }),
    });
    if (result.type === 'failed') throw twilioProblems.badValue(11200, result.message);
    if (result.status < 200 || result.status > 299) {
      throw twilioProblems.badValue(11200, `${url} answered ${result.status}`);
    }
    const document = readDocument([jsonDialect, twimlDialect, plainTextDialect], {
      text: new TextDecoder().decode(result.body),
      contentType: result.headers['content-type'] ?? '',
      url: result.url,
    });
    if ('problem' in document) throw twilioProblems.badValue(12100, document.problem);
    const sounds = document.verbs.flatMap((verb): Prompt[] => {
      if (verb.verb === 'play') return [verb.input.prompt];
      return verb.verb === 'pause' ? [{ silence: verb.input.duration }] : [];
    });
    if (sounds.length > 0) return sounds;
    throw twilioProblems.badValue(12100, `${url} has nothing that can be heard`);
  }
}
