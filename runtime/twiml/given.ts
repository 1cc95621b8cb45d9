/** The members that are there. */
export type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the members that are undefined: for types where absent and undefined are two things. */
export function given<T extends object>(members: T): Given<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  // What is left of T after the filter cannot be told to the compiler in another way.
  return Object.fromEntries(entries) as Given<T>;
}
