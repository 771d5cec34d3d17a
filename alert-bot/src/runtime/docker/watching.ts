import type { WatchedContainer, WatchItem } from '../watch.ts';
import type { WatchQueue } from '../watch-queue.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerEvent } from './engine-types.ts';
import type { KnownContainers } from './known-containers.ts';
import type { StopTestimony } from './stop-testimony.ts';

/** What is watched, and how it is looked at. */
export interface WatchScope {
  /** Labels that all of it carries: the engine leaves the others out. */
  label: readonly string[];
  /** A container that was just heard of; undefined when it is out of scope. */
  describe(event: ContainerEvent): WatchedContainer | undefined;
  /** A restart of our own is what ends this container. */
  isEnding(id: string): boolean;
  /** All containers in scope, those that `needsInspection` names with what only an inspection tells. */
  list(needsInspection: (listed: WatchedContainer) => boolean): Promise<WatchedContainer[]>;
}

/** What the two halves of the watch share: the stream of events, and the lists that prove it whole. */
export interface Watching {
  readonly engine: DockerEngine;
  readonly scope: WatchScope;
  readonly known: KnownContainers;
  readonly testimony: StopTestimony;
  readonly audience: ReadonlySet<WatchQueue>;
  readonly signal: AbortSignal;
  readonly compareMs: number;
  /** Told of every event; of those around a lost connection twice. */
  readonly onEvent: (event: ContainerEvent) => void;
  /** A connection was opened or has ended: events may be missing between two. */
  readonly onBreak: () => void;
  /** The connection that the events come over; undefined while there is none. */
  stream: AbortController | undefined;
  /** Items that wait for the list which is under way: what came before it is told together with it. */
  held: WatchItem[] | undefined;
  /** The last look at the list that was begun. */
  looking: Promise<void>;
  isLost: boolean;
}

export function tell({ audience, held }: Watching, item: WatchItem): void {
  if (held) held.push(item);
  else for (const queue of audience) queue.push(item);
}
