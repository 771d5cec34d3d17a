import type { WatchedContainer } from '../watch.ts';
import type { ContainerEvent } from './engine-types.ts';

/** What is known of the containers in scope, from lists and from the events after them. */
export interface KnownContainers {
  /** The container as it is after the event; undefined for one that is out of scope. */
  apply(event: ContainerEvent): WatchedContainer | undefined;
  /** How many events have come: what a list says that was asked for here is older than the events after it. */
  position(): number;
  /** Whether a list that was asked for at `position` shows the container otherwise than the events did. */
  differs(listed: WatchedContainer, position: number): boolean;
  /** Ids of containers that such a list does not have. */
  missing(listed: readonly WatchedContainer[], position: number): string[];
  /** Takes over what such a list says. */
  take(listed: readonly WatchedContainer[], missing: readonly string[], position: number): void;
  all(): WatchedContainer[];
}

interface Known {
  container: WatchedContainer;
  /** The position of the last event that changed it; -1 when a list told. */
  changedAt: number;
}

/** How many containers are remembered that are gone, so that an older list does not bring them back. */
const maxGone = 10_000;

/** @param describe a container of which nothing is known, from its event; undefined when it is out of scope */
export function createKnownContainers(
  describe: (event: ContainerEvent) => WatchedContainer | undefined,
): KnownContainers {
  const known = new Map<string, Known>();
  const gone = new Map<string, number>();
  let count = 0;

  const isNewer = (id: string, position: number) => (known.get(id)?.changedAt ?? gone.get(id) ?? -1) >= position;
  const forget = (id: string) => {
    known.delete(id);
    gone.set(id, count);
    const [oldest] = gone.keys();
    if (gone.size > maxGone && oldest !== undefined) gone.delete(oldest);
  };
  const remember = (container: WatchedContainer, event: ContainerEvent) => {
    if (event.action === 'destroy') return forget(container.id);
    const changedAt = isDecisive(event) ? count : (known.get(container.id)?.changedAt ?? -1);
    known.set(container.id, { container, changedAt });
  };

  return {
    apply: (event) => {
      const before = known.get(event.id)?.container ?? describe(event);
      if (!before) return undefined;
      const container = afterEvent(before, event);
      remember(container, event);
      count += 1;
      return container;
    },
    position: () => count,
    differs: (listed, position) => !isNewer(listed.id, position) && isOther(known.get(listed.id)?.container, listed),
    missing: (listed, position) => {
      const ids = new Set(listed.map(({ id }) => id));
      return [...known.keys()].filter((id) => !ids.has(id) && !isNewer(id, position));
    },
    take: (listed, missing, position) => {
      for (const id of missing) known.delete(id);
      for (const container of listed)
        if (!isNewer(container.id, position)) known.set(container.id, { container, changedAt: -1 });
    },
    all: () => [...known.values()].map(({ container }) => container),
  };
}

/** Events that say how the container is from now on. */
const isDecisive = ({ action }: ContainerEvent): boolean => !['stop', 'kill', 'oom'].includes(action);

function afterEvent(before: WatchedContainer, { action, name, timeNano }: ContainerEvent): WatchedContainer {
  const { unhealthySince: _, ...rest } = before;
  const unhealthySince = Number(timeNano / 1_000_000n);
  if (action === 'start') return { ...rest, state: 'up', health: 'starting' };
  if (action === 'die') return { ...rest, state: 'down', health: 'none' };
  if (action === 'healthy') return { ...rest, state: 'up', health: action };
  if (action === 'unhealthy') return { ...rest, state: 'up', health: action, unhealthySince };
  return action === 'rename' && name ? { ...before, name } : before;
}

/** No event tells that a container has no healthcheck. */
const classOf = ({ state, health }: WatchedContainer): string =>
  state === 'up' && (health === 'healthy' || health === 'unhealthy') ? health : state;

const isOther = (one: WatchedContainer | undefined, other: WatchedContainer): boolean =>
  one === undefined || classOf(one) !== classOf(other) || one.name !== other.name;
