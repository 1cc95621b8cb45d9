import type { Exploration, Rest, Step } from './graph';
import { wayTo } from './graph';
import { loopsOf } from './loops';
import type { Loop } from './loops';
import type { RawFinding } from './rules';
import { firstOfEach } from './rules';

/** Loops that go on for ever although nobody does anything: a silent caller, or an actor that always fails. */
export function endlessLoops({ rests }: Exploration): RawFinding[] {
  const live = rests.filter(({ over }) => !over);
  const loops = loopsOf(live, ({ happening, to }) => happening.silent && to?.over === false);
  return separate(loops).map(({ steps }) => ({
    id: 'endless-loop',
    severity: 'error',
    state: steps[0]?.from.place ?? '',
    message: `the call goes round for ever when nobody does anything: ${roundOf(steps)}.`,
    remedy: 'Count the rounds in the context and leave after some of them, or lead to a goodbye.',
    ...wayRound(steps),
  }));
}

/** What does not come to rest when the caller has gone. */
export function unsettledHangups({ rests }: Exploration): RawFinding[] {
  const over = rests.filter((rest) => rest.over);
  const loops = separate(loopsOf(over, ({ to }) => to?.over === true));
  const round = loops.map(({ steps }): RawFinding => ({
    id: 'hangup-unsettled',
    severity: 'error',
    state: steps[0]?.from.place ?? '',
    message: `the flow goes on for ever when the call is over: ${roundOf(steps)}.`,
    remedy: 'Leave the loop when the call is over: `call.ended` comes first.',
    ...wayRound(steps),
  }));
  const staying = over.filter(
    (rest) => rest.lasting.length > 0 && rest.explored && rest.steps.length === 0,
  );
  return [
    ...round,
    ...firstOfEach(staying, ({ lasting }) => lasting.join()).map((rest): RawFinding => ({
      id: 'hangup-unsettled',
      severity: 'error',
      state: rest.place,
      message: `'${rest.lasting.join("', '")}' goes on when the call is over, so that the flow has to be stopped.`,
      remedy: "Leave the state then: on: { 'call.ended': '…' }.",
      at: rest,
    })),
  ];
}

/** Of loops that share a state, the first. */
function separate(loops: readonly Loop[]): Loop[] {
  const seen = new Set<string>();
  return loops.filter(({ states }) => {
    const known = [...states].some((state) => seen.has(state));
    states.forEach((state) => seen.add(state));
    return !known;
  });
}

function roundOf(steps: readonly Step[]): string {
  const places = steps.map(({ from, happening }) => `${from.state} (${happening.words})`);
  return [...places, steps[0]?.from.state ?? ''].join(' → ');
}

function wayRound(steps: readonly Step[]): { readonly steps: readonly Step[] } {
  const first: Rest | undefined = steps[0]?.from;
  return { steps: [...(first === undefined ? [] : wayTo(first)), ...steps] };
}
