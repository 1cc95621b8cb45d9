import { readFileSync } from 'node:fs';
import type { ResolvedConfig } from '../config/resolved';
import { type Clock, RealClock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import { InlineMediaEngine } from '../media/engine';
import type { MediaEngine, MediaNetwork } from '../media/port';
import { createDtlsCertificate } from '../media/srtp/certificate';
import { UdpNetwork } from '../media/udp-network';
import { WorkerMediaEngine } from '../media/worker/engine';
import type { ServerParts } from './port';

/** The media of a server, and what it holds. */
export interface ServerMedia {
  readonly engine: MediaEngine;
  /** Pairs of RTP and RTCP ports that calls hold. */
  readonly openPorts: number;
  readonly openWorkers: number;
}

export interface ServerMediaOptions {
  readonly config: ResolvedConfig;
  readonly parts: Pick<ServerParts, 'mediaNetwork' | 'recordingFiles'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** In worker threads, or in this one where the configuration or a simulation says so. */
export function createServerMedia(options: ServerMediaOptions): ServerMedia {
  const { config, parts, clock, logger } = options;
  const { workers } = config.media;
  const simulated =
    parts.mediaNetwork !== undefined ||
    parts.recordingFiles !== undefined ||
    // The time of a simulation does not pass in other threads.
    !(clock instanceof RealClock);
  if (parts.mediaNetwork === undefined) checkOpenFiles(config, logger);
  return workers === 0 || simulated ? inline(options) : threaded(options, workers);
}

function inline({ config, parts, clock, random, logger }: ServerMediaOptions): ServerMedia {
  const network: MediaNetwork =
    parts.mediaNetwork ?? new UdpNetwork({ clock, random, portRange: portRange(config) });
  const engine = new InlineMediaEngine({
    ...{ clock, random, logger, network },
    mediaTimeout: config.media.timeout,
    certificate: createDtlsCertificate(clock.now()),
    ...(parts.recordingFiles === undefined ? {} : { files: parts.recordingFiles }),
  });
  return {
    engine,
    get openPorts() {
      return network.open;
    },
    openWorkers: 0,
  };
}

function threaded({ config, clock, logger }: ServerMediaOptions, workers: number): ServerMedia {
  const engine = new WorkerMediaEngine({
    ...{ clock, logger, workers },
    portRange: portRange(config),
    mediaTimeout: config.media.timeout,
    certificate: createDtlsCertificate(clock.now()),
  });
  return {
    engine,
    get openPorts() {
      return engine.openPorts;
    },
    get openWorkers() {
      return engine.openWorkers;
    },
  };
}

function portRange(config: ResolvedConfig): { readonly first: number; readonly last: number } {
  return { first: config.media.ports.min, last: config.media.ports.max };
}

/** Sockets of a call with two legs, and descriptors for all the rest: files, listeners, connections. */
const FILES_OF_CALL = 4;
const OTHER_FILES = 256;

/** Says at the start what would show as failing calls on the busiest day. */
export function checkOpenFiles(
  config: Pick<ResolvedConfig, 'sip'>,
  logger: Logger,
  limit = openFileLimit(),
): void {
  const { maxCalls } = config.sip;
  const needed = maxCalls * FILES_OF_CALL + OTHER_FILES;
  if (limit >= needed) return;
  logger.warn(
    { limit, needed, maxCalls },
    `the limit of open files is ${limit}, and sip.maxCalls = ${maxCalls} may need ${needed}: ` +
      `raise it (ulimit -n ${needed}, or LimitNOFILE=${needed} in the systemd unit), or lower sip.maxCalls ` +
      `to ${Math.max(1, Math.floor((limit - OTHER_FILES) / FILES_OF_CALL))}`,
  );
}

/** Of this process; infinite where the system does not say. */
function openFileLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
