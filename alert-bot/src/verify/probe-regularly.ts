import type { AlertSource } from './alert-source.ts';

const everyMs = 30_000;
const faultsEveryMs = 5_000;

/** Asks the sources now and every half a minute whether they answer. Returns what ends it. */
export function probeRegularly(alertSource: AlertSource): () => void {
  if (!alertSource.configured) return () => undefined;
  void alertSource.probe();
  const timer = setInterval(() => void alertSource.probe(), everyMs);
  const faults = setInterval(() => void alertSource.lookForFaults?.(), faultsEveryMs);
  return () => {
    clearInterval(timer);
    clearInterval(faults);
  };
}
