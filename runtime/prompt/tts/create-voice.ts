import type { Clock } from '../../core/clock';
import type { VoiceConfig } from '../../core/config';
import type { Logger } from '../../core/logger';
import type { Voice } from '../port';
import { FliteVoice } from './flite';
import { GoogleCloudVoice } from './google-cloud';

/** The voice that the configuration names; the built-in one when it names none. */
export function createVoice(
  config: VoiceConfig | undefined,
  options: {
    readonly clock: Clock;
    readonly logger: Logger;
    /** From `CALLCHART_GOOGLE_API_KEY`. */
    readonly googleApiKey?: string;
  },
): Voice {
  const { clock, logger, googleApiKey } = options;
  if (config?.type === 'google') {
    const key = googleApiKey === undefined ? {} : { apiKey: googleApiKey };
    // What G.722 can carry, and speech has little beyond.
    return new GoogleCloudVoice({ clock, sampleRate: 16_000, ...config, ...key });
  }
  return new FliteVoice({
    clock,
    logger,
    ...(config?.voice === undefined ? {} : { voice: config.voice }),
  });
}
