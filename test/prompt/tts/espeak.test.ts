import { readdirSync } from 'node:fs';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { createVoices } from '../../../runtime/prompt/tts/create-voice';
import { ESPEAK_PACKAGE, EspeakVoice, findEspeak } from '../../../runtime/prompt/tts/espeak';
import { espeakVoice } from '../../../runtime/prompt/tts/espeak-voices';
import { soundOf, spokenBy } from '../../support/sound-of';
import { listeningLogger, rms, temporaryFolder } from '../sounds';

const folder = temporaryFolder();
const clock = new VirtualClock();
const open: EspeakVoice[] = [];
const installed = findEspeak() !== undefined;
const whenInstalled = installed ? describe : describe.skip;
if (!installed) console.warn(`${ESPEAK_PACKAGE} is not installed: espeak-ng is not tested`);

jest.setTimeout(120_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((voice) => voice.close()));
  expect(readdirSync(folder)).toEqual([]);
  expect(clock.pending).toBe(0);
});

function newVoice(
  options: Partial<ConstructorParameters<typeof EspeakVoice>[0]> = {},
): EspeakVoice {
  const voice = new EspeakVoice({ clock, temporaryFolder: folder, ...options });
  open.push(voice);
  return voice;
}

/** Hertz of the voice, by the likeness of each 50 ms of it to itself a while later; the median of the loud ones. */
function pitchOf(samples: Int16Array, sampleRate: number): number {
  const size = Math.round(sampleRate / 20);
  const found: number[] = [];
  for (let at = 0; at + 2 * size < samples.length; at += size) {
    if (rms(samples.subarray(at, at + size)) < 1_500) continue;
    let best = { lag: 0, likeness: 0 };
    for (let lag = Math.round(sampleRate / 500); lag < sampleRate / 60; lag += 1) {
      let likeness = 0;
      for (let i = 0; i < size; i += 1) likeness += samples[at + i]! * samples[at + i + lag]!;
      if (likeness > best.likeness) best = { lag, likeness };
    }
    if (best.lag > 0) found.push(sampleRate / best.lag);
  }
  return found.sort((a, b) => a - b)[found.length >> 1] ?? 0;
}

/** The energy of a band of hertz as a part of all, by the spectrum of each 32 ms. */
function bandOf(samples: Int16Array, sampleRate: number, from: number, to: number): number {
  const size = 512;
  let [inside, all] = [0, 0];
  for (let at = 0; at + size <= samples.length; at += 4 * size) {
    for (let bin = 2; bin < size / 2; bin += 2) {
      let [re, im] = [0, 0];
      for (let i = 0; i < size; i += 1) {
        const angle = (2 * Math.PI * bin * i) / size;
        re += samples[at + i]! * Math.cos(angle);
        im -= samples[at + i]! * Math.sin(angle);
      }
      const power = re * re + im * im;
      const hertz = (bin * sampleRate) / size;
      all += power;
      if (hertz >= from && hertz < to) inside += power;
    }
  }
  return inside / all;
}

whenInstalled('espeak-ng', () => {
  it('speaks German: speech, not silence, of a plausible length, and not as an English voice does', async () => {
    const voice = newVoice();
    const text = 'Guten Tag. Für den Vertrieb drücken Sie bitte die Eins.';
    const german = await spokenBy(voice, text, { language: 'de-AT' });
    const { sampleRate, samples } = german;
    expect(sampleRate).toBe(22_050);
    expect(samples.length / sampleRate).toBeGreaterThan(2.5);
    expect(samples.length / sampleRate).toBeLessThan(7);
    expect(rms(samples)).toBeGreaterThan(500);
    // Voices are strongest where their first formants are, and have little above 4 kHz.
    expect(bandOf(samples, sampleRate, 100, 4_000)).toBeGreaterThan(0.8);
    expect(bandOf(samples, sampleRate, 100, 400)).toBeLessThan(0.95);
    const english = await spokenBy(voice, text, { language: 'en' });
    expect(Math.abs(english.samples.length / samples.length - 1)).toBeGreaterThan(0.05);
  });

  it('speaks sentence by sentence, in a process of its own', async () => {
    const voice = newVoice({ language: 'de' });
    expect(voice.processId).toBeUndefined();
    const rests: (string | undefined)[] = [];
    const text = 'Das ist der erste Satz. Und das ist ein zweiter.';
    for await (const { rest } of voice.speak({ text })) rests.push(rest);
    expect(rests).toEqual(['Und das ist ein zweiter.', '']);
    expect(voice.processId).not.toBe(process.pid);
  });

  it('understands SSML, and takes none for it in plain text', async () => {
    const voice = newVoice({ language: 'de' });
    const length = async (request: { text: string } | { ssml: string }): Promise<number> => {
      const { sampleRate, samples } = await soundOf(voice.speak(request));
      return samples.length / sampleRate;
    };
    const plain = await length({ ssml: 'Guten Tag.' });
    const paused = await length({ ssml: 'Guten <break time="2s"/> Tag.' });
    expect(paused - plain).toBeGreaterThan(1.5);
    // The signs are read out.
    expect(await length({ text: 'Guten <break time="2s"/> Tag.' })).toBeGreaterThan(plain + 1);
    expect(voice.check({ ssml: 'Guten <b>Tag' })).toContain('not well-formed');
  });

  it('speaks faster, higher and with variants as asked', async () => {
    const text = 'Guten Morgen zusammen.';
    const usual = await spokenBy(newVoice({ language: 'de' }), text);
    const fast = await spokenBy(newVoice({ language: 'de', rate: 2 }), text);
    const high = await spokenBy(newVoice({ language: 'de', pitch: 95 }), text);
    const other = await spokenBy(newVoice({ voice: 'de+f3' }), text);
    const named = await spokenBy(newVoice(), text, { language: 'de', speaker: 'de+f3' });
    expect(fast.samples.length).toBeLessThan(0.75 * usual.samples.length);
    const pitch = ({ samples, sampleRate }: typeof usual): number => pitchOf(samples, sampleRate);
    expect(pitch(high)).toBeGreaterThan(1.3 * pitch(usual));
    // A woman's, by its variant.
    expect(pitch(other)).toBeGreaterThan(1.3 * pitch(usual));
    expect(named.samples.length).toBe(other.samples.length);
  });

  it('refuses a speaker that it does not have', async () => {
    const voice = newVoice();
    await expect(spokenBy(voice, 'Hallo.', { speaker: 'xx+f9' })).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
      message: expect.stringContaining('has no speaker "xx+f9"') as string,
    });
    expect(voice.processId).toBeUndefined();
    expect(['slt', 'de-DE-Neural2-B', 'pl', 'en-us+m3'].map((name) => voice.knows(name))).toEqual([
      ...[false, false, true, true],
    ]);
  });

  it.each(['de', 'en-GB', 'en', 'fr', 'es-MX', 'it', 'pt-BR', 'nl', 'pl', 'zh', 'nn', 'fr-CH'])(
    'really has the voice of the table for %s',
    async (language) => {
      const { samples } = await spokenBy(newVoice({ language }), '1 2 3');
      expect(samples.length).toBeGreaterThan(5_000);
    },
  );

  it('speaks the languages that it is configured for', () => {
    expect(newVoice().dialect('pt-BR')).toBe('pt-br');
    expect(newVoice().dialect('tlh')).toBeUndefined();
    expect(newVoice({ language: 'de' }).dialect('de-CH')).toBe('de');
    expect(newVoice({ language: 'de' }).dialect('fr')).toBeUndefined();
    expect(newVoice({ voice: 'de+f3' }).dialect('de')).toBe('de+f3');
    expect(() => newVoice({ language: 'tlh' })).toThrow('espeak-ng does not speak "tlh"');
  });
});

describe('the voice espeak', () => {
  it('that is not installed is one clear message with the command, before the first call', () => {
    expect(findEspeak([folder])).toBeUndefined();
    expect(() => new EspeakVoice({ clock, searchFrom: [folder] })).toThrow(
      `The voice espeak is not installed: run "npm install ${ESPEAK_PACKAGE}".`,
    );
  });

  it('maps tags to voices, also by what they narrow down', () => {
    expect(
      ['de', 'de-AT', 'en', 'en-GB', 'en-CA', 'zh-TW', 'es-MX', 'nn', 'xx'].map(espeakVoice),
    ).toEqual(['de', 'de', 'en-us', 'en', 'en-us', 'cmn', 'es-419', 'nb', undefined]);
  });
});

describe('the voices of the configuration', () => {
  it('are in order and by language, and one that is named twice is one', async () => {
    const logger = listeningLogger();
    const google = { type: 'google', language: 'de-DE' } as const;
    const flite = { type: 'flite', voice: 'rms' } as const;
    const { voices, byLanguage = {} } = createVoices(
      { voice: [google, flite], voices: { de: google, fr: [google, { ...google, rate: 2 }] } },
      { clock, logger },
    );
    expect(voices.map(({ name }) => name)).toEqual(['google', 'flite']);
    expect(byLanguage['de']).toEqual([voices[0]]);
    expect(byLanguage['fr']?.[0]).toBe(voices[0]);
    expect(byLanguage['fr']?.[1]).not.toBe(voices[0]);
    await Promise.all([...voices, ...(byLanguage['fr'] ?? [])].map((voice) => voice.close()));
  });
});
