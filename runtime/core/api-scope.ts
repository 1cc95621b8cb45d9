/** What an API key allows, the least first: each includes those before it. */
export const API_SCOPES = ['read', 'call', 'admin'] as const;

/** `read`: look. `call`: also place and steer calls. `admin`: also delete, reload and drain. */
export type ApiScope = (typeof API_SCOPES)[number];

/** Whether who has `held` may do what needs `needed`. */
export function allowsScope(held: ApiScope, needed: ApiScope): boolean {
  return API_SCOPES.indexOf(held) >= API_SCOPES.indexOf(needed);
}

export function isApiScope(text: string): text is ApiScope {
  return API_SCOPES.some((scope) => scope === text);
}
