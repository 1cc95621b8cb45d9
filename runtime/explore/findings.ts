import type { FindingId, Severity } from './port';

/** What there is to know of a kind of finding: for the guide, and for SARIF. */
export interface FindingKind {
  readonly id: FindingId;
  /** As it is reported; `prompt-missing` is an error where nothing stands in. */
  readonly severity: Severity;
  /** One sentence without its end. */
  readonly meaning: string;
}

export const findingKinds: readonly FindingKind[] = [
  {
    id: 'flow-invalid',
    severity: 'error',
    meaning: 'The flow cannot be loaded, or names what does not exist',
  },
  { id: 'unreachable-state', severity: 'error', meaning: 'No call gets to the state' },
  {
    id: 'dead-end',
    severity: 'error',
    meaning: 'A call neither ends nor goes on: only the caller can hang up',
  },
  {
    id: 'endless-loop',
    severity: 'error',
    meaning:
      'The call goes round for ever although nobody does anything, or because an actor always fails',
  },
  {
    id: 'missing-outcome',
    severity: 'error',
    meaning: 'An actor may come to an outcome that no transition takes',
  },
  { id: 'no-on-error', severity: 'error', meaning: 'An actor may fail, and nothing handles it' },
  {
    id: 'menu-keys',
    severity: 'warning',
    meaning: 'The keys of a gather are not those that its prompt names',
  },
  {
    id: 'prompt-missing',
    severity: 'warning',
    meaning: 'A prompt is missing in a language, or in all',
  },
  { id: 'prompt-unused', severity: 'warning', meaning: 'A prompt that no flow plays' },
  {
    id: 'hangup-unsettled',
    severity: 'error',
    meaning: 'Something goes on when the call is over, and does not come to rest',
  },
  {
    id: 'context-not-serialisable',
    severity: 'error',
    meaning: 'The context holds what cannot be stored: a function, a Map, a class, a circle',
  },
  {
    id: 'inline-actor',
    severity: 'warning',
    meaning: 'An actor is written into a state, so that no test and no replay can take its place',
  },
  {
    id: 'flow-throws',
    severity: 'error',
    meaning: 'A guard, an input or an assignment throws on some way',
  },
  {
    id: 'sample-needed',
    severity: 'note',
    meaning: 'The flow throws on an outcome that was made up: give samples',
  },
  { id: 'allow-unused', severity: 'note', meaning: 'A finding is allowed that is not there' },
  {
    id: 'exploration-capped',
    severity: 'note',
    meaning: 'Not all was looked at, because there is too much',
  },
];

/** Whether a finding makes a check fail: neither a note nor allowed. */
export function counts(finding: {
  readonly severity: Severity;
  readonly allowed: string | undefined;
}): boolean {
  return finding.severity !== 'note' && finding.allowed === undefined;
}
