import type { Prompt } from '../prompt/port';
import type { CallerStep } from './port';

/** The caller waits until this prompt begins, alone or in a list; any prompt when absent. */
export function hears(prompt?: Prompt, options: { readonly timeout?: number } = {}): CallerStep {
  return { type: 'hears', ...(prompt === undefined ? {} : { prompt }), ...options };
}

/** The caller presses each of these keys, 200 ms apart; the first at once. */
export function presses(digits: string): CallerStep {
  return { type: 'presses', digits };
}

/**
 * The caller speaks for `duration` milliseconds, 2 000: a `gather` that listens to speech from before his first word
 * understands the text, half a second after his last. `''` is a noise.
 */
export function says(text: string, duration?: number): CallerStep {
  return { type: 'says', text, ...(duration === undefined ? {} : { duration }) };
}

/** The caller does nothing, for so many milliseconds. */
export function waits(duration: number): CallerStep {
  return { type: 'waits', duration };
}

/** The caller waits until the flow is in this state, `menu` or `asking.welcome`; not at all when it is. */
export function reaches(state: string, options: { readonly timeout?: number } = {}): CallerStep {
  return { type: 'reaches', state, ...options };
}

/** The caller puts the call on hold. */
export function holds(): CallerStep {
  return { type: 'holds' };
}

/** The caller takes the call from hold. */
export function resumes(): CallerStep {
  return { type: 'resumes' };
}

/** The caller hangs up: the last step. */
export function hangsUp(): CallerStep {
  return { type: 'hangsUp' };
}
