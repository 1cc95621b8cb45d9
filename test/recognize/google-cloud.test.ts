import { VirtualClock } from '../../runtime/core/virtual-clock';
import {
  GoogleCloudRecognizer,
  type GoogleCloudRecognizerOptions,
} from '../../runtime/recognize/google-cloud';
import type { RecognitionOptions } from '../../runtime/recognize/port';
import { GoogleDouble, type GoogleStream } from './support/google-double';
import { Heard, options, until } from './support/heard';

const clock = new VirtualClock();
let google: GoogleDouble;
let recognizer: GoogleCloudRecognizer;
const frame = new Int16Array(160).fill(1_000);

jest.setTimeout(30_000);

beforeAll(async () => {
  google = await GoogleDouble.open();
  recognizer = newRecognizer({});
  await recognizer.prepare();
  expect(google.streams).toEqual([]);
});

beforeEach(() => {
  google.streams.length = 0;
});

afterEach(async () => {
  for (const stream of google.streams) stream.end();
  await until(() => recognizer.recognitions === 0);
  expect(clock.pending).toBe(0);
});

afterAll(async () => {
  await recognizer.close();
  google.close();
});

function newRecognizer(more: Partial<GoogleCloudRecognizerOptions>): GoogleCloudRecognizer {
  const { endpoint } = google;
  return new GoogleCloudRecognizer({ clock, apiKey: 'k', endpoint, timeout: 3_000, ...more });
}

function listen(more: Partial<RecognitionOptions> = {}, by = recognizer) {
  const heard = new Heard();
  const recognition = by.open({ ...options, ...more }, heard);
  return { heard, recognition };
}

/** Says so many milliseconds, and gives the stream that they went to. */
async function say(
  recognition: { write(samples: Int16Array): void },
  duration = 100,
): Promise<GoogleStream> {
  const before = google.streams.length;
  for (let at = 0; at < duration; at += 20) recognition.write(frame);
  await until(() => google.streams.length > before && google.streams.at(-1)?.config !== undefined);
  return google.streams.at(-1) as GoogleStream;
}

describe('what Google Cloud is asked for', () => {
  it('is what the flow listens for, with the key', async () => {
    const { recognition } = listen({
      language: 'en',
      hints: ['sales', 'x'.repeat(120)],
      model: 'phone_call',
      profanityFilter: true,
      partial: true,
    });
    const { config, key } = await say(recognition);
    expect(key).toBe('k');
    expect(config).toMatchObject({
      config: {
        encoding: 1,
        sampleRateHertz: 8_000,
        languageCode: 'en',
        maxAlternatives: 1,
        model: 'phone_call',
        useEnhanced: true,
        profanityFilter: true,
        speechContexts: [{ phrases: ['sales', 'x'.repeat(100)] }],
      },
      interimResults: true,
      singleUtterance: true,
    });
    recognition.close();
  });

  it.each([
    ['en', 'en-US', 'en-US'],
    ['en-GB', 'en-US', 'en-GB'],
    ['de', 'en-US', 'de'],
  ])('a call in %s where %s is configured speaks %s', async (language, own, asked) => {
    const other = newRecognizer({ language: own });
    const { recognition } = listen({ language }, other);
    const { config } = await say(recognition);
    expect(config).toMatchObject({ config: { languageCode: asked } });
    recognition.close();
    await other.close();
  });

  it.each([
    ['default', undefined, true],
    ['numbers_and_commands', 'command_and_search', true],
    ['experimental_utterances', 'latest_short', false],
    ['latest_long', 'latest_long', false],
  ])('the model %s is %s, and ends one utterance by itself: %s', async (named, model, single) => {
    const { recognition } = listen({ model: named });
    const { config } = await say(recognition);
    const asked = config as { config: { model?: string }; singleUtterance?: boolean };
    expect(asked.config.model === '' ? undefined : asked.config.model).toBe(model);
    expect(asked.singleUtterance === true).toBe(single);
    recognition.close();
  });
});

describe('a recognition of Google Cloud', () => {
  it('sends 100 ms in a message, and the rest when all is said', async () => {
    const { recognition } = listen();
    const stream = await say(recognition, 240);
    recognition.finish();
    await until(() => stream.state === 'half-closed');
    expect(stream.messages).toEqual([1_600, 1_600, 640]);
    recognition.close();
  });

  it('tells results as they come, and the end', async () => {
    const { heard, recognition } = listen({ partial: true });
    const stream = await say(recognition);
    stream.partial('sa', 0.5);
    stream.final('sales', 0.75);
    recognition.finish();
    await until(() => stream.state === 'half-closed');
    stream.end();
    await heard.over;
    expect(heard.lines).toEqual(['partial sa', 'final sales', 'end']);
    expect(heard.results).toEqual([
      { text: 'sa', confidence: undefined, stability: 0.5 },
      { text: 'sales', confidence: 0.75 },
    ]);
  });

  it('a confidence of 0 is one that the service does not know', async () => {
    const { heard, recognition } = listen();
    (await say(recognition)).final('sales', 0);
    await until(() => heard.results.length === 1);
    expect(heard.results).toEqual([{ text: 'sales', confidence: undefined }]);
    recognition.close();
  });

  it('after the end of a single utterance no more is sent, and its result comes', async () => {
    const { heard, recognition } = listen();
    const stream = await say(recognition);
    stream.utteranceEnds();
    await until(() => stream.state === 'half-closed');
    for (let count = 0; count < 10; count += 1) recognition.write(frame);
    stream.final('sales', 0.5);
    stream.end();
    await heard.over;
    expect(heard.lines).toEqual(['final sales', 'end']);
    expect(stream.messages).toEqual([1_600]);
  });

  it('goes on in another stream before the five minutes that the service allows are over', async () => {
    const { heard, recognition } = listen({ singleUtterance: false });
    const first = await say(recognition);
    await clock.run(280_000);
    await until(() => first.state === 'half-closed');
    const second = await say(recognition);
    first.final('one');
    first.end();
    second.final('two');
    await until(() => heard.lines.length === 2);
    recognition.finish();
    await until(() => second.state === 'half-closed');
    second.end();
    await heard.over;
    expect(heard.lines).toEqual(['final one', 'final two', 'end']);
    expect(google.streams).toHaveLength(2);
  });

  it('closed, it cancels the stream and says nothing', async () => {
    const { heard, recognition } = listen();
    const stream = await say(recognition);
    recognition.close();
    await until(() => stream.state === 'cancelled');
    expect(heard.lines).toEqual([]);
  });

  it('of which nothing was said asks for nothing', async () => {
    const { heard, recognition } = listen();
    recognition.finish();
    await heard.over;
    expect(heard.lines).toEqual(['end']);
    expect(google.streams).toEqual([]);
  });

  it.each([
    [7, 'The caller does not have permission', /recognise speech: .*permission/],
    [8, 'Quota exceeded', /Quota exceeded/],
    [11, 'Audio Timeout Error', /Audio Timeout Error/],
    [14, 'Going away', /Going away/],
  ])('an error of code %i is told', async (code, details, message) => {
    const { heard, recognition } = listen();
    (await say(recognition)).fail(code, details);
    await heard.over;
    expect(heard.lines).toEqual([expect.stringMatching(message)]);
    expect(heard.lines.join()).not.toContain('key');
  });

  it('a last result that never comes is given up after the time-out', async () => {
    const { heard, recognition } = listen();
    const stream = await say(recognition);
    recognition.finish();
    await until(() => stream.state === 'half-closed');
    await clock.run(3_000);
    expect(heard.lines).toEqual([expect.stringMatching(/no last result came within 3000 ms/)]);
  });

  it('a service that is not there is told of', async () => {
    const nobody = newRecognizer({ endpoint: 'http://127.0.0.1:1', timeout: 60_000 });
    const { heard, recognition } = listen({}, nobody);
    for (let count = 0; count < 5; count += 1) recognition.write(frame);
    await heard.over;
    expect(heard.lines).toEqual([expect.stringMatching(/ECONNREFUSED|No connection established/)]);
    await nobody.close();
  });

  it('closed with its recogniser, it is over, and later ones fail', async () => {
    const other = newRecognizer({});
    const { recognition } = listen({}, other);
    const stream = await say(recognition);
    await other.close();
    await until(() => stream.state === 'cancelled');
    expect(other.recognitions).toBe(0);
    const { heard } = listen({}, other);
    await heard.over;
    expect(heard.lines).toEqual([expect.stringMatching(/it is closed/)]);
  });
});
