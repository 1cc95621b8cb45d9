/** Where the input of a call actor may hold a prompt; a dot leads into a member of a member. */
export const promptMembers = [
  ...['prompt', 'retryPrompt', 'invalidPrompt', 'noInputPrompt'],
  ...['screening.prompt', 'ringback.prompt', 'holdMusic'],
  ...['joinTone', 'leaveTone', 'waitMusic'],
] as const;

/** The member of an input at such a path, whatever it is. */
export function memberAt(given: unknown, path: string): unknown {
  let value = given;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}
