const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** A duration as PromQL writes it, `1h30m`, or seconds as a number; undefined for what is computed. */
export function promDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  const sign = trimmed.startsWith('-') ? -1 : 1;
  const plain = trimmed.replace(/^[-+]\s*/, '');
  if (/^\d+(\.\d+)?$/.test(plain)) return sign * Number(plain) * 1_000;
  if (!/^(\d+(ms|[smhdwy]))+$/.test(plain)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of plain.matchAll(/(\d+)(ms|[smhdwy])/g))
    sum += Number(amount) * (unitMs[unit as string] ?? 0);
  return sign * sum;
}
