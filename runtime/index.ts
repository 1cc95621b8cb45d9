/**
 * What a flow or a configuration of a user's own imports:
 * `import { callActors, choices, defineConfig } from 'callchart'`.
 */
export { defineConfig } from './core/config';
export type { CallchartConfig, PromptConfig, VoiceConfig } from './core/config';
export { callActors } from './flow/actors';
export { callTypes } from './flow/call-types';
export { choices } from './flow/choices';
export type * from './flow/outcomes';
export type { OriginateResult } from './flow/originate';
export type { FlowInput } from './flow/run-flow';
export type { OriginateOptions } from './call/originate';
export type { CallEvent, CallInfo, CallParty } from './call/port';
export type { Prompt } from './prompt/port';
