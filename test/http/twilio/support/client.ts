import twilio, { type Twilio } from 'twilio';

/** Twilio's own client asks this server: what docs/twilio.md says is all of it. */
export function clientOf(base: string, account: string, token: string, user = account): Twilio {
  const client = twilio(user, token, { accountSid: account });
  client.api.baseUrl = base;
  return client;
}
