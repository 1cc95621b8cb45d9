import type { Clock } from '../../core/clock';
import type { VoiceConfig } from '../../core/config';
import type { Logger } from '../../core/logger';
import { CLIP_RATES } from '../clip';
import { ClipMemory } from '../clip-memory';
import type { Voice } from '../port';
import { SpeechCache } from './cache';
import { EspeakVoice } from './espeak';
import { FliteVoice } from './flite';
import { GoogleCloudVoice } from './google-cloud';
import { Speech, type VoiceSet } from './speech';

/** One voice, or several in the order in which they are asked. */
export type VoiceChoice = VoiceConfig | readonly VoiceConfig[];

/** What the configuration says of voices. */
export interface VoicesConfig {
  readonly voice?: VoiceChoice | undefined;
  /** By language tag. */
  readonly voices?: Readonly<Record<string, VoiceChoice>> | undefined;
}

export interface VoiceParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** From `CALLCHART_GOOGLE_API_KEY`. */
  readonly googleApiKey?: string | undefined;
}

/**
 * The voices that the configuration names; the built-in one when it names none. Throws `CALLCHART_VOICE_FAILED` when
 * one of them cannot be had.
 */
export function createVoices(config: VoicesConfig, parts: VoiceParts): VoiceSet {
  // One that is named twice is one: it has one process, and rests for all.
  const made = new Map<string, Voice>();
  const create = (each: VoiceConfig): Voice => {
    const name = JSON.stringify(each);
    const voice = made.get(name) ?? createVoice(each, parts);
    made.set(name, voice);
    return voice;
  };
  const all = (choice: VoiceChoice | undefined): Voice[] => listOf(choice).map(create);
  const byLanguage = Object.entries(config.voices ?? {});
  return {
    voices: all(config.voice ?? { type: 'flite' }),
    byLanguage: Object.fromEntries(byLanguage.map(([tag, choice]) => [tag, all(choice)])),
  };
}

/** One voice of the configuration; the built-in one when it names none. */
export function createVoice(config: VoiceConfig | undefined, parts: VoiceParts): Voice {
  const { clock, logger, googleApiKey } = parts;
  switch (config?.type) {
    case 'google': {
      const key = googleApiKey === undefined ? {} : { apiKey: googleApiKey };
      // What G.722 can carry, and speech has little beyond.
      return new GoogleCloudVoice({ clock, sampleRate: 16_000, ...config, ...key });
    }
    case 'espeak':
      return new EspeakVoice({ clock, logger, ...config });
    default:
      return new FliteVoice({ clock, logger, ...config });
  }
}

/** Speech as the server has it, for tools that make prompts: the same voices, the same cache. */
export function createSpeech(
  config: VoicesConfig & {
    /** The folder; memory alone when absent. */
    readonly cache?: string | undefined;
    /** Bytes. */
    readonly cacheSize: number;
  },
  parts: VoiceParts,
): Speech {
  const { clock, logger } = parts;
  const cache = new SpeechCache({
    directory: config.cache,
    sampleRates: CLIP_RATES,
    clock,
    logger,
    memory: new ClipMemory(128 * 1_024 * 1_024),
    maxDiskSize: config.cacheSize,
  });
  return new Speech({ ...createVoices(config, parts), cache, clock, logger });
}

function listOf(choice: VoiceChoice | undefined): readonly VoiceConfig[] {
  if (choice === undefined) return [];
  return isList(choice) ? choice : [choice];
}

function isList(choice: VoiceChoice): choice is readonly VoiceConfig[] {
  return Array.isArray(choice);
}
