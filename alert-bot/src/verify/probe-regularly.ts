import type { AlertSource } from './alert-source.ts';

const everyMs = 30_000;

/** Asks the sources now and every half a minute whether they answer. Returns what ends it. */
export function probeRegularly(alertSource: AlertSource): () => void {
  if (!alertSource.configured) return () => undefined;
  void alertSource.probe();
  const timer = setInterval(() => void alertSource.probe(), everyMs);
  return () => clearInterval(timer);
}
