import type { UserAgentOptions } from './port';

/** What a user agent does unless told otherwise. */
export const defaultUserAgentOptions: UserAgentOptions = {
  product: 'Callchart/0.1.0',
  maxCalls: 10_000,
  retryAfter: 10,
  sessionExpires: 1_800,
  minSessionExpires: 90,
  ringTimeout: 180_000,
  requiredExtensions: [],
  domains: [],
};
