import type { CodecName } from '../core/audio';
import type { SrtpKeys, SrtpPolicy } from '../core/network-config';
import type { Channel } from '../sip/transport/port';
import type { CallMediaServices } from './call-media';

/** How the audio of calls is encrypted. */
export interface Encryption {
  /** What holds for whoever is at the other end of a channel. */
  readonly policy: (channel: Channel) => SrtpPolicy;
  /** How our offers agree on keys. */
  readonly keys: SrtpKeys;
  /** Keys have gone through SDP where others can read them. */
  readonly onExposedKeys?: (channel: Channel) => void;
  /** The peer has gone on without encryption, which the policy allows. */
  readonly onDropped?: (channel: Channel) => void;
}

/** What a trunk, a route or a flow says of the audio of its calls, beyond what holds for all. */
export interface MediaTerms {
  /** These alone, in this order, whatever the peer prefers; all of ours when none of them is. */
  readonly codecs?: readonly string[] | undefined;
  readonly srtp?: SrtpPolicy | undefined;
}

/** The same services for a leg that has terms of its own. */
export function withTerms<T extends CallMediaServices>(services: T, terms: MediaTerms = {}): T {
  const { audio, encryption } = services;
  const { srtp } = terms;
  const codecs = chosenCodecs(audio.codecs, terms.codecs);
  return {
    ...services,
    ...(codecs === undefined ? {} : { audio: { ...audio, codecs, preference: 'ours' } }),
    ...(srtp === undefined || encryption === undefined
      ? {}
      : { encryption: { ...encryption, policy: () => srtp } }),
  };
}

/** Those that are named and that we have, in the order of the names; undefined when there is none. */
export function chosenCodecs(
  ours: readonly CodecName[],
  named: readonly string[] | undefined,
): readonly CodecName[] | undefined {
  const chosen = new Set(
    named?.flatMap((name) => ours.filter((codec) => codec.toUpperCase() === name.toUpperCase())),
  );
  return chosen.size === 0 ? undefined : [...chosen];
}

/** Whether what SDP says can only be read by the two who are at the ends of the channel. */
export function isPrivate({ protocol }: Channel): boolean {
  return protocol === 'TLS' || protocol === 'WSS';
}
