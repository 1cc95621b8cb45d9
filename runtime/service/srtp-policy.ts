import type { Encryption } from '../call/media-terms';
import type { ResolvedConfig } from '../config/resolved';
import { SRTP_POLICIES, type SrtpPolicy } from '../core/network-config';
import type { Logger } from '../core/logger';
import type { Channel } from '../sip/transport/port';

type Settings = Pick<ResolvedConfig, 'media' | 'sip'>;

/**
 * Says how the audio of a call is encrypted by the listener that it comes by, or goes by. A connection of ours, which
 * has a port of its own, is held to the strictest of the listeners that it could be of.
 */
export function srtpPolicyOf({ media, sip }: Settings): (channel: Channel) => SrtpPolicy {
  const listeners = sip.listen.map(({ srtp = media.srtp, ...listener }) => ({ ...listener, srtp }));
  return ({ protocol, local }) => {
    const possible = listeners.filter(
      (listener) =>
        listener.protocol === protocol &&
        (isWildcard(listener.host) || listener.host === local.host),
    );
    // Port 0: the system has chosen, and this may be it.
    const own = possible.filter(({ port }) => port === local.port || port === 0);
    return strictest((own.length > 0 ? own : possible).map(({ srtp }) => srtp)) ?? media.srtp;
  };
}

/** What calls are told of encryption. That keys could be read on their way is said once. */
export function encryptionOf(config: Settings, logger: Logger): Encryption {
  let warned = false;
  return {
    policy: srtpPolicyOf(config),
    keys: config.media.srtpKeys,
    onExposedKeys: ({ protocol, remote }) => {
      if (warned) return;
      warned = true;
      logger.warn(
        { protocol, peer: remote.host },
        'the keys of an encrypted call stand in SDP that everybody on its way can read: use TLS, or media.srtpKeys "dtls"',
      );
    },
    onDropped: ({ remote }) => {
      logger.warn({ peer: remote.host }, 'a call goes on without encryption, as its peer wants it');
    },
  };
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function strictest(policies: readonly SrtpPolicy[]): SrtpPolicy | undefined {
  return SRTP_POLICIES.findLast((policy) => policies.includes(policy));
}
