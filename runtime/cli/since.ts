const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** When `7d`, `24h`, `2026-11-01` or `2026-11-01T08:00` was, in milliseconds since the epoch; undefined for anything else. */
export function parseSince(text: string, now: number): number | undefined {
  const [, count, unit = ''] = /^(\d+)([mhdw])$/.exec(text) ?? [];
  const length = Object.entries(units).find(([name]) => name === unit)?.[1];
  if (count !== undefined && length !== undefined) return now - Number(count) * length;
  if (!/^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)) return undefined;
  const time = new Date(text).getTime();
  return Number.isNaN(time) ? undefined : time;
}
