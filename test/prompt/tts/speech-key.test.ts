import fc from 'fast-check';
import type { VoiceConfig } from '../../../runtime/core/config';
import { silentLogger } from '../../../runtime/core/logger';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { SpeechRequest } from '../../../runtime/prompt/port';
import { speechKey } from '../../../runtime/prompt/tts/cache';
import { createVoice } from '../../../runtime/prompt/tts/create-voice';
import { findEspeak } from '../../../runtime/prompt/tts/espeak';

const clock = new VirtualClock();
const word = fc.constantFrom('a', 'b', 'en-US', 'de-DE', '1', 'null', '["a"]', '');
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const google = fc.record({
  type: fc.constant('google' as const),
  language: fc.constantFrom('en-US', 'en-GB', 'de-DE'),
  voice: some(word),
  rate: some(fc.constantFrom(0.5, 1, 2)),
  pitch: some(fc.constantFrom(0.5, 1, 2)),
  gain: some(fc.constantFrom(0.5, 1, 2)),
  effects: some(fc.array(word, { minLength: 1, maxLength: 3 })),
  endpoint: some(fc.constantFrom('http://127.0.0.1:1', 'http://127.0.0.1:2')),
});
const flite = fc.record({
  type: fc.constant('flite' as const),
  voice: fc.constantFrom('slt', 'rms', 'awb', 'kal'),
});
const espeak = fc.record({
  type: fc.constant('espeak' as const),
  language: some(fc.constantFrom('de', 'pl', 'en')),
  voice: some(fc.constantFrom('de+f3', 'pl', 'de')),
  rate: some(fc.constantFrom(0.5, 2)),
  pitch: some(fc.constantFrom(10, 90)),
});
const kinds = findEspeak() === undefined ? [google, flite] : [google, flite, espeak];

const request: fc.Arbitrary<SpeechRequest> = fc
  .record({ kind: fc.boolean(), content: word, speaker: some(word) })
  .map(({ kind, content, speaker }) =>
    kind ? { text: content, speaker } : { ssml: content, speaker },
  );

const rates = fc.constantFrom<readonly number[]>([8_000], [16_000], [8_000, 16_000]);

/** Without what is not there, its members in one order. */
function plain(...values: unknown[]): string {
  return JSON.stringify(values, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value,
  );
}

function keyOf(config: VoiceConfig, asked: SpeechRequest, sampleRates: readonly number[]): string {
  const voice = createVoice(config, { clock, logger: silentLogger });
  return speechKey(voice, asked, sampleRates);
}

/** What the key must tell apart; a language that the voice does not need, as it has a voice, is not heard. */
function heard(config: VoiceConfig): VoiceConfig {
  if (config.type !== 'espeak') return config;
  const { language, ...rest } = config;
  return config.voice === undefined ? { ...rest, language: language ?? 'en' } : rest;
}

test('two configurations or texts that differ in anything never share a key, and equal ones do', () => {
  const setting = fc.tuple(fc.oneof(...(kinds as fc.Arbitrary<VoiceConfig>[])), request, rates);
  fc.assert(
    fc.property(setting, setting, (first, second) => {
      const same =
        plain(heard(first[0]), first[1], first[2]) ===
        plain(heard(second[0]), second[1], second[2]);
      expect(keyOf(...first) === keyOf(...second)).toBe(same);
    }),
    { numRuns: 1_000 },
  );
});

test('one member that changes changes the key', () => {
  fc.assert(
    fc.property(
      google,
      fc.constantFrom('voice', 'rate', 'pitch', 'gain'),
      word,
      (config, member, text) => {
        const other = {
          ...config,
          [member]: config[member as 'rate'] === undefined ? 1.5 : undefined,
        };
        expect(keyOf(other as VoiceConfig, { text }, [8_000])).not.toBe(
          keyOf(config as VoiceConfig, { text }, [8_000]),
        );
      },
    ),
  );
});
