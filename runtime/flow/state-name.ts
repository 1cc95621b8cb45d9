/** The state that a snapshot of a machine is in, as one word: `menu`, `message.greeting`, `(ask.pin | music)`. */
export function stateName(snapshot: unknown): string {
  return typeof snapshot === 'object' && snapshot !== null && 'value' in snapshot
    ? valueName(snapshot.value)
    : '';
}

function valueName(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const parts = Object.entries(value).map(([key, inner]) => {
    const name = valueName(inner);
    return name === '' ? key : `${key}.${name}`;
  });
  return parts.length > 1 ? `(${parts.join(' | ')})` : (parts[0] ?? '');
}
