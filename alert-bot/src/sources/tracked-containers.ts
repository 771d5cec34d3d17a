import type { WatchItem } from '../runtime/watch.ts';
import type { SourcedAlert } from '../verify/alert-source.ts';
import { engineFingerprint, isEngineAlert } from './engine-alerts.ts';
import { type TrackedContainer, trackEvent, trackListed } from './tracked-container.ts';

/** All containers that the engine tells of. */
export interface TrackedContainers {
  take(item: Exclude<WatchItem, { type: 'lost' }>): void;
  all(): Iterable<TrackedContainer>;
  /** The one that the alert is about; undefined also for alerts that are not the engine's. */
  find(alert: SourcedAlert): TrackedContainer | undefined;
}

export function createTrackedContainers(now: () => number): TrackedContainers {
  const containers = new Map<string, TrackedContainer>();
  const takeEvent = (event: Extract<WatchItem, { type: 'event' }>) => {
    const { id } = event.container;
    // an engine whose clock is ahead tells of the future, which would be recent for as long
    const tracked = trackEvent(containers.get(id), { ...event, at: Math.min(event.at, now()) });
    if (tracked) containers.set(id, tracked);
    else containers.delete(id);
  };
  const takeList = ({ containers: listed }: Extract<WatchItem, { type: 'list' }>) => {
    const ids = new Set(listed.map(({ id }) => id));
    for (const id of [...containers.keys()]) if (!ids.has(id)) containers.delete(id);
    for (const one of listed) containers.set(one.id, trackListed(containers.get(one.id), one, now()));
  };
  return {
    take: (item) => (item.type === 'event' ? takeEvent(item) : takeList(item)),
    all: () => containers.values(),
    find: ({ labels, fingerprint }) => {
      const { alertname, container: name } = labels;
      if (!isEngineAlert(alertname)) return undefined;
      for (const tracked of containers.values())
        if (tracked.container.name === name && engineFingerprint(alertname, tracked.container) === fingerprint)
          return tracked;
      return undefined;
    },
  };
}
