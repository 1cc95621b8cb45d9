import type { TwilioConfig, TwilioSettings, WebConfig, WebSettings } from '../core/web-config';

/** @param keys `CALLCHART_WEBHOOK_KEYS`: one key, or two with a comma between */
export function resolveWeb(
  web: WebConfig,
  path: (name: string) => string,
  keys: string | undefined,
): WebSettings {
  return {
    allow: web.allow ?? [],
    ca: web.ca === undefined ? undefined : path(web.ca),
    connectTimeout: web.connectTimeout ?? 5_000,
    connections: web.connections ?? 100,
    queue: web.queue ?? 1_000,
    failures: web.failures ?? 5,
    rest: web.rest ?? 10_000,
    signingKeys: (keys ?? '')
      .split(',')
      .map((key) => key.trim())
      .filter((key) => key !== ''),
  };
}

/** @param authToken `CALLCHART_TWILIO_AUTH_TOKEN` */
export function resolveTwilio(twilio: TwilioConfig, authToken: string | undefined): TwilioSettings {
  return {
    accountSid: twilio.accountSid ?? `AC${'0'.repeat(32)}`,
    authToken: authToken === '' ? undefined : authToken,
  };
}
