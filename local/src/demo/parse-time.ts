const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `400ms`, `30s`, `2m`, `1h` in milliseconds; undefined when it is none of these. */
export function parseTime(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * units[unit as keyof typeof units];
}
