import type { Healer } from '../healer/healer.ts';
import { engineAlertNames, manyLabels } from './engine-alerts.ts';
import type { RememberedAlert } from './engine-source.ts';

const pageSize = 500;
/** More cannot have fired at once on one machine. */
const maxPages = 20;

/** Alerts of the engine that the log knows as firing, the newest of each fingerprint. */
export function rememberedAlerts(healer: Pick<Healer, 'incidents'>): RememberedAlert[] {
  const found = new Map<string, RememberedAlert>();
  for (const alertname of [...engineAlertNames, manyLabels.alertname]) {
    let cursor: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const query = { limit: pageSize, alertname, status: 'firing' as const };
      const { items, nextCursor } = healer.incidents(cursor === undefined ? query : { ...query, cursor });
      for (const { fingerprint, labels, startsAt } of items)
        if (!found.has(fingerprint)) found.set(fingerprint, { fingerprint, labels, startsAt: Date.parse(startsAt) });
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
  }
  return [...found.values()];
}
