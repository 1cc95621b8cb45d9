import { CODEC_NAMES, type CodecName } from '../core/audio';
import type { OpusParameters } from './port';

/** A codec as `a=rtpmap` names it, at one clock rate. */
export interface CodecMapping {
  readonly name: CodecName;
  /** Hertz: 8 000 for G.722, an old mistake that RFC 3551 §4.5.2 keeps; 48 000 for Opus at whatever rate. */
  readonly clockRate: number;
  /** Behind `a=rtpmap:<payload type>`. */
  readonly map: string;
  /** The number that RFC 3551 §6 gives it, or that our offers do. */
  readonly payloadType: number;
  /** Behind `a=fmtp:<payload type>`, in our descriptions. */
  readonly parameters?: string;
  /** Milliseconds that one packet may have of it. */
  readonly packetTimes: readonly number[];
}

const anyTime: readonly number[] = [10, 20, 30, 40, 50, 60];

/**
 * Every mapping that we know, the best of each codec first. RFC 7587 §7: Opus is always written with 48000 and two
 * channels, whatever is in it. L16 has static numbers at 44 100 Hz only (RFC 3551 §4.5.11), which are not ours.
 */
export const codecMappings: readonly CodecMapping[] = [
  { name: 'PCMU', clockRate: 8_000, map: 'PCMU/8000', payloadType: 0, packetTimes: anyTime },
  { name: 'PCMA', clockRate: 8_000, map: 'PCMA/8000', payloadType: 8, packetTimes: anyTime },
  { name: 'G722', clockRate: 8_000, map: 'G722/8000', payloadType: 9, packetTimes: anyTime },
  {
    name: 'opus',
    clockRate: 48_000,
    map: 'opus/48000/2',
    payloadType: 107,
    // RFC 7587 §6.1: we make use of what a later packet has of a lost one.
    parameters: 'useinbandfec=1',
    // RFC 6716 §2.1.4: frames of 10, 20, 40 and 60 ms, of those that we send.
    packetTimes: [10, 20, 40, 60],
  },
  {
    name: 'L16',
    clockRate: 16_000,
    map: 'L16/16000',
    payloadType: 108,
    // 60 ms would be 1 920 octets, more than a datagram carries whole.
    packetTimes: [10, 20, 30, 40],
  },
  { name: 'L16', clockRate: 8_000, map: 'L16/8000', payloadType: 109, packetTimes: anyTime },
];

/** RFC 3551 §6, table 4: what a payload type means without `a=rtpmap`. */
const staticMaps: Readonly<Record<number, string>> = {
  0: 'PCMU/8000',
  3: 'GSM/8000',
  4: 'G723/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
  10: 'L16/44100/2',
  11: 'L16/44100',
  13: 'CN/8000',
  15: 'G728/8000',
  18: 'G729/8000',
};

export function staticMap(payloadType: number): string | undefined {
  return staticMaps[payloadType];
}

const names = new Map(CODEC_NAMES.map((name) => [name.toUpperCase(), name]));

/** What an encoding name, in any case, its clock rate and its channels mean to us; undefined when nothing. */
export function findMapping(
  encoding: string,
  clockRate: number,
  channels: number,
): CodecMapping | undefined {
  const name = names.get(encoding.toUpperCase());
  if (name === undefined) return undefined;
  const needed = name === 'opus' ? 2 : 1;
  if (channels !== needed) return undefined;
  return codecMappings.find((each) => each.name === name && each.clockRate === clockRate);
}

/** Reads the parameters of an `a=fmtp` of Opus; unknown ones count for nothing (RFC 7587 §7.1). */
export function readOpusParameters(text: string): OpusParameters {
  const given = new Map<string, string>();
  for (const part of text.split(';')) {
    const at = part.indexOf('=');
    if (at > 0) given.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim());
  }
  const number = (name: string, least: number, most: number): number | undefined => {
    const value = given.get(name);
    if (value === undefined || !/^\d{1,9}$/.test(value)) return undefined;
    const read = Number(value);
    return read >= least && read <= most ? read : undefined;
  };
  const flag = (name: string): boolean | undefined => {
    const value = given.get(name);
    return value === '1' ? true : value === '0' ? false : undefined;
  };
  return withoutUndefined({
    maxPlaybackRate: number('maxplaybackrate', 8_000, 48_000),
    // RFC 7587 §6.1: values outside of this range should be ignored.
    maxAverageBitrate: number('maxaveragebitrate', 6_000, 510_000),
    stereo: flag('stereo'),
    useInbandFec: flag('useinbandfec'),
    useDtx: flag('usedtx'),
    cbr: flag('cbr'),
  });
}

function withoutUndefined(request: {
  readonly [K in keyof OpusParameters]: OpusParameters[K] | undefined;
}): OpusParameters {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

/**
 * Milliseconds of the packets that we send: what the receiver asks for (RFC 3264 §6.1), never more than its maxptime
 * (RFC 8866 §6.4), in what the codec can: the next shorter one.
 */
export function packetTime(
  { packetTimes }: CodecMapping,
  asked: number,
  maximum: number | undefined,
): number {
  const most = Math.min(asked, maximum ?? Infinity);
  return packetTimes.findLast((time) => time <= most) ?? (packetTimes[0] as number);
}
