import { call } from './call-schemas';
import { pageOf } from './common-schemas';
import { recording } from './recording-schemas';
import { registration } from './server-schemas';

export * from './call-schemas';
export { problem } from './common-schemas';
export * from './event-schemas';
export { prompt } from './prompt-schema';
export * from './recording-schemas';
export * from './room-schemas';
export * from './server-schemas';

export const callPage = pageOf(call);
export const recordingPage = pageOf(recording);
export const registrationPage = pageOf(registration);
