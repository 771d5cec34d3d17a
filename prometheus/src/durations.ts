const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 } as const;

/** A Prometheus duration such as `90s` or `1h30m`, in milliseconds. @throws Error when it is none */
export function parseDuration(text: string): number {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) throw new Error(`not a Prometheus duration: ${text}`);
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(count) * unitMs[unit as keyof typeof unitMs];
  return total;
}
