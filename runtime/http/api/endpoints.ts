import { callEndpoints } from './call-endpoints';
import { eventEndpoints } from './event-endpoints';
import { recordingEndpoints } from './recording-endpoints';
import { roomEndpoints } from './room-endpoints';
import { serverEndpoints } from './server-endpoints';

/** Every endpoint there is, by its operation id: routes, checks, description and client are made of it. */
export const endpoints = {
  ...serverEndpoints,
  ...callEndpoints,
  ...recordingEndpoints,
  ...roomEndpoints,
  ...eventEndpoints,
} as const;

export type Endpoints = typeof endpoints;
export type OperationId = keyof Endpoints;
