import { z } from 'zod';
import { RECORDING_FORMATS } from '../core/audio';
import { isToneCountry, TONE_COUNTRIES } from '../core/tones';
import { isPort, parseListener } from './listener';
import { http } from './http-schema';
import {
  externalAddress,
  localNetworks,
  nameservers,
  outbound,
  registrar,
  security,
  tls,
} from './network-schema';
import { queues } from './queue-schema';
import { recognizerChoice } from './recognizer-schema';
import { routes } from './route-schema';
import {
  codecs,
  day,
  flag,
  list,
  oneOf,
  section,
  srtpPolicy,
  text,
  textLike,
  whole,
} from './schema-parts';
import { trunks } from './trunk-schema';
import { languageTag, voiceChoice, voicesByLanguage } from './voice-schema';
import { events } from './events-schema';
import { twilio, web } from './web-schema';

const listener = z
  .string({ error: 'must be text, such as "udp:127.0.0.1:5060"' })
  .superRefine((value, context) => {
    if (parseListener(value) !== undefined) return;
    const isAddress = parseListener(value.replace(/;.*$/s, '')) !== undefined;
    context.addIssue({
      code: 'custom',
      message: isAddress
        ? 'behind the address may stand ;srtp=off, ;srtp=allowed or ;srtp=required'
        : 'must be udp:, tcp:, tls:, ws: or wss:, an IP address and a port, such as "udp:127.0.0.1:5060"',
    });
  });

const promptError = 'must be the name of a prompt, or { say: "text" }';
const prompt = z.union([z.string().min(1), z.strictObject({ say: z.string().min(1) })], {
  error: promptError,
});

const sessionTimerError = `must be 0, or a whole number from 90000 to ${day} (milliseconds)`;
const sessionTimer = z
  .number({ error: sessionTimerError })
  .refine((value) => value === 0 || (Number.isInteger(value) && value >= 90_000 && value <= day), {
    error: sessionTimerError,
  })
  .optional();

const portError = 'must be an even port, { min, max } with min below max, 1024 to 65535';

/** What a configuration may say: `CallchartConfig`, checked. */
export const configSchema = z.strictObject({
  sip: section({
    listen: list(listener, 'addresses, such as ["udp:127.0.0.1:5060"]'),
    externalAddress,
    localNetworks,
    tls,
    nameservers,
    maxCalls: whole(1, 1_000_000),
    ringTimeout: whole(1_000, day, 'milliseconds'),
    maxCallDuration: whole(1_000, 7 * day, 'milliseconds'),
    sessionExpires: sessionTimer,
    minSessionExpires: whole(90_000, day, 'milliseconds'),
  }),
  registrar,
  trunks,
  routes,
  outbound,
  security,
  data: section({ directory: text('the path of a folder').optional() }),
  media: section({
    ports: z
      .strictObject({ min: z.number(), max: z.number() }, { error: portError })
      .refine(
        ({ min, max }) => isPort(min) && isPort(max) && min >= 1024 && min % 2 === 0 && max > min,
        { error: portError },
      )
      .optional(),
    codecs,
    preference: oneOf(['ours', 'theirs']).optional(),
    timeout: whole(0, day, 'milliseconds, 0 for never'),
    workers: whole(0, 256, 'threads'),
    rtcpMux: flag(),
    srtp: srtpPolicy,
    srtpKeys: oneOf(['sdes', 'dtls']).optional(),
    dtmf: section({ detect: oneOf(['auto', 'always', 'never']).optional() }),
    toneCountry: textLike(`the two letters of a country: ${TONE_COUNTRIES.join(', ')}`, (value) =>
      isToneCountry(value.toLowerCase()),
    ).optional(),
    holdMusic: prompt.optional(),
  }),
  flows: section({
    directory: text('the path of a folder').optional(),
    files: list(text('the path of a flow file'), 'paths of flow files'),
    default: text('the name of a flow').optional(),
    apology: prompt.optional(),
  }),
  prompts: section({
    directory: text('the path of a folder').optional(),
    cache: text('the path of a folder').optional(),
    language: languageTag.optional(),
    fallback: list(languageTag, 'languages'),
    cacheSize: whole(1_000_000, 1_000_000_000_000, 'bytes'),
    voice: voiceChoice.optional(),
    voices: voicesByLanguage.optional(),
  }),
  recognizer: recognizerChoice.optional(),
  records: section({
    directory: text('the path of a folder').optional(),
    flowLog: flag(),
  }),
  recordings: section({
    directory: text('the path of a folder').optional(),
    format: oneOf(RECORDING_FORMATS).optional(),
  }),
  queues,
  http,
  web,
  twilio,
  events,
  log: section({ level: oneOf(['debug', 'info', 'warn', 'error', 'silent']).optional() }),
  drainTimeout: whole(0, day, 'milliseconds'),
});
