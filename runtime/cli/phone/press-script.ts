/** One step of what the test phone presses. */
export type PressStep =
  | { readonly type: 'wait'; readonly duration: number }
  | { readonly type: 'digits'; readonly digits: string };

/** How long the phone waits before a `--press` that does not say, in milliseconds. */
export const defaultWait = 1_000;

/**
 * Reads the values of `--press`: each a list of digits and `wait:MILLISECONDS`, separated by commas.
 * A value that does not begin with a wait is pressed a second after what went before.
 *
 * @throws {Error} whose message says what is allowed
 */
export function parsePressScript(values: readonly string[]): PressStep[] {
  return values.flatMap((value) => {
    const steps = value.split(',').map((part) => parseStep(part.trim(), value));
    const first = steps[0];
    return first?.type === 'digits'
      ? [{ type: 'wait', duration: defaultWait } as const, ...steps]
      : steps;
  });
}

function parseStep(part: string, whole: string): PressStep {
  const wait = /^wait:(\d{1,7})$/.exec(part);
  if (wait) return { type: 'wait', duration: Number(wait[1]) };
  if (/^[0-9*#A-D]+$/i.test(part)) return { type: 'digits', digits: part.toUpperCase() };
  throw new Error(
    `--press ${whole}: "${part}" is neither digits (0-9 * # A-D) nor wait:MILLISECONDS; an example: --press 1 --press wait:2000,5#`,
  );
}
