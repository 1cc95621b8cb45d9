import { MessageError } from '../message/message-error';

/**
 * What a header says, or undefined when it is malformed. For headers without which we can go on: those
 * of responses, which nobody can refuse, and of requests that are good enough otherwise.
 */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}
