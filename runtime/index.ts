/**
 * What a flow or a configuration of a user's own imports:
 * `import { callActors, choices, defineConfig } from 'callchart'`.
 */
import type { CallchartConfig } from './core/config';
import type { StartOptions } from './main';
import type { Server } from './service/port';

export { defineConfig } from './core/config';
export type { CallchartConfig, PromptConfig, VoiceConfig } from './core/config';
export type { DocumentInput } from './document/context';
export { documentFlow } from './document/machine';
export { callActors, webhookOf } from './flow/actors';
export { callTypes } from './flow/call-types';
export { choices } from './flow/choices';
export { now } from './flow/flow-time';
export { openingHours } from './flow/opening-hours';
export type {
  HolidayPlace,
  HolidayType,
  OpeningHours,
  OpeningHoursOptions,
  OpeningStatus,
} from './flow/opening-hours';
export type * from './core/register';
export type * from './flow/outcomes';
export type { StandardSchema } from './flow/standard-schema';
export { verifySignature, type VerifyOptions } from './web/signature';
export type { OriginateResult } from './flow/originate';
export type { FlowInput } from './flow/run-flow';
export type {
  CallchartEvent,
  CallchartEventType,
  CallOutcome,
  EventData,
  EventOf,
} from './events/event';
export type { CallStatus, LegStatus } from './call/call-status';
export type { OriginateOptions } from './call/originate';
export type { CallEvent, CallInfo, CallParty } from './call/port';
export { type PhraseOptions, phraseText } from './prompt/phrases/phrase-text';
export type { Phrase } from './prompt/phrases/port';
export type { Prompt } from './prompt/port';
export type { StartOptions } from './main';
export type { OriginateRequest, Server } from './service/port';

/**
 * Runs a server in this process, as `callchart serve` does, for programs that place calls themselves:
 * `server.originate({ to, trunk, flow, input })`. Rejects as `callchart serve` refuses to start.
 */
export async function startServer(
  config: CallchartConfig = {},
  options: StartOptions = {},
): Promise<Server> {
  // A flow imports this file too, and needs none of the server.
  const main = await import('./main');
  return main.startServer(config, options);
}
