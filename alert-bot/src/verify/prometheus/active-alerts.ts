import type { Labels } from '../json.ts';
import type { Relabelling } from './relabelling.ts';
import type { ActiveAlert } from './rules-answer.ts';

/**
 * What active alerts say about one alert. `maybe`: one of them differs only in labels that relabelling may have changed on the
 * way, so that it may be this one.
 */
export type Presence = 'firing' | 'pending' | 'maybe' | 'absent';

export interface ActiveAlerts {
  find(alert: Labels, relabelling: Relabelling): Presence;
}

/** From so many alerts on, an index is worth its making. */
const indexedFrom = 64;

/**
 * Compares on what both sides have: the delivered alert has external labels too, relabelling may have dropped some of its
 * labels, and one that was written by hand has few. So a label that only one side has is no difference.
 */
export function createActiveAlerts(alerts: readonly ActiveAlert[]): ActiveAlerts {
  let index: Index | undefined;
  const candidates = (alert: Labels, useful: (name: string) => boolean): readonly ActiveAlert[] => {
    if (alerts.length < indexedFrom) return alerts;
    index ??= indexOf(alerts);
    return fewest(index, alert, useful) ?? alerts;
  };
  return {
    find: (alert, { mayChange }) => {
      const same = candidates(alert, () => true).filter(({ labels }) => agrees(labels, alert, () => false));
      if (same.length > 0) return same.some(({ firing }) => firing) ? 'firing' : 'pending';
      const others = candidates(alert, (name) => !mayChange(name));
      return others.some(({ labels }) => agrees(labels, alert, mayChange)) ? 'maybe' : 'absent';
    },
  };
}

function agrees(here: Labels, there: Labels, ignore: (name: string) => boolean): boolean {
  for (const [name, value] of here) {
    const other = there.get(name);
    if (other !== undefined && other !== value && !ignore(name)) return false;
  }
  return true;
}

/** For each label: the alerts by value, and those without the label. */
type Index = Map<string, { byValue: Map<string, ActiveAlert[]>; without: ActiveAlert[] }>;

function indexOf(alerts: readonly ActiveAlert[]): Index {
  const index: Index = new Map();
  for (const alert of alerts)
    for (const [name, value] of alert.labels) {
      const label = index.get(name) ?? { byValue: new Map<string, ActiveAlert[]>(), without: [] };
      const same = label.byValue.get(value);
      if (same) same.push(alert);
      else label.byValue.set(value, [alert]);
      index.set(name, label);
    }
  for (const [name, label] of index) label.without = alerts.filter(({ labels }) => !labels.has(name));
  return index;
}

/** The fewest alerts among which those that do not contradict in one useful label must be. */
function fewest(index: Index, alert: Labels, useful: (name: string) => boolean): readonly ActiveAlert[] | undefined {
  let best: { byValue: readonly ActiveAlert[]; without: readonly ActiveAlert[]; size: number } | undefined;
  for (const [name, value] of alert) {
    const label = index.get(name);
    if (!label || !useful(name)) continue;
    const byValue = label.byValue.get(value) ?? [];
    const size = byValue.length + label.without.length;
    if (!best || size < best.size) best = { byValue, without: label.without, size };
  }
  return best && [...best.byValue, ...best.without];
}
