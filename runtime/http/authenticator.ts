import { allowsScope, type ApiScope } from '../core/api-scope';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { ApiKeys } from '../store/api-key-store';
import type { StoredApiKey } from '../store/api-key-table';
import { Problem } from './problem';
import { SlowDown } from './slow-down';

/** Who asks. */
export interface Asker {
  /** The header field Authorization. */
  readonly authorization: string | undefined;
  /** The address that it comes from. */
  readonly source: string;
  /** The request is gone. */
  readonly signal: AbortSignal;
}

/** Says which key a request carries: `Bearer <key>`, or `Basic` with the key as the password. */
export class Authenticator {
  private readonly slowDown: SlowDown;
  /** Wrong keys so far. */
  rejected = 0;

  constructor(
    private readonly keys: ApiKeys,
    clock: Clock,
    private readonly logger: Logger,
  ) {
    this.slowDown = new SlowDown(clock);
  }

  /**
   * The key, which allows what is needed.
   *
   * @throws {Problem} 401, 403 or 429
   */
  async authenticate(asker: Asker, needed: ApiScope): Promise<StoredApiKey> {
    const given = keyIn(asker.authorization);
    if (given === undefined) {
      throw unauthorized('a key is needed: Authorization: Bearer <key>');
    }
    const key = this.keys.find(given);
    if (key === undefined) throw await this.reject(asker);
    if (!allowsScope(key.scope, needed)) {
      throw new Problem(
        403,
        'CALLCHART_SCOPE',
        `the key ${key.name} has scope ${key.scope}; this needs ${needed}`,
      );
    }
    return key;
  }

  /** Answers that wait are given. */
  close(): void {
    this.slowDown.close();
  }

  private async reject({ source, signal }: Asker): Promise<Problem> {
    this.rejected += 1;
    const slowed = this.slowDown.failed(source, signal);
    // Past what may wait it is refused at once, and as fast as somebody sends: that is no place for lines.
    if (slowed !== undefined) {
      this.logger.warn({ source }, 'wrong key for the API');
      await slowed;
      return unauthorized('there is no such key');
    }
    return new Problem(429, 'CALLCHART_WRONG_KEYS', 'too many wrong keys come from this address', {
      headers: { 'Retry-After': '10' },
    });
  }
}

function unauthorized(detail: string): Problem {
  return new Problem(401, 'CALLCHART_KEY', detail, {
    headers: { 'WWW-Authenticate': 'Bearer realm="callchart"' },
  });
}

function keyIn(authorization: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(authorization ?? '') ?? [];
  if (/^bearer$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const text = Buffer.from(value, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}
