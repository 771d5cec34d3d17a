import type { Replica } from './runtime.ts';

/** One container of those that the bot may look at, as the last event or the last look tells. */
export interface WatchedContainer {
  /** The full container id. */
  id: string;
  name: string;
  /** The compose project; `-` for a container that no compose project owns. */
  project: string;
  /** The compose service; the container's name where there is none. */
  service: string;
  /** It asked for repairs by its label. */
  optedIn: boolean;
  /** `down`: it does not run, for whatever reason. A paused container is `up`. */
  state: 'up' | 'down';
  /** `none`: no healthcheck, or it does not run. */
  health: Replica['health'];
  /** How often its restart policy has started it, as far as it was looked at. */
  restartCount: number;
  /** Milliseconds since the epoch, by the engine's clock: since when it is unhealthy, where that is known. */
  unhealthySince?: number;
  /** Of one that does not run, where a look at it could tell; see {@link Replica.stoppedBy}. */
  stoppedBy?: 'person' | 'itself';
  /** What it may take to stop, in milliseconds. */
  stopGraceMs?: number;
  /** Its `self-healing.*` labels. */
  words?: Readonly<Record<string, string>>;
}

export type WatchedAction =
  | 'create'
  | 'start'
  | 'stop'
  | 'kill'
  | 'die'
  | 'oom'
  | 'destroy'
  | 'rename'
  | 'healthy'
  | 'unhealthy';

export type WatchItem =
  /** Something happened to a container, which is as `container` says since then. */
  | {
      type: 'event';
      action: WatchedAction;
      container: WatchedContainer;
      /** Milliseconds since the epoch, by the engine's clock. */
      at: number;
      /** Of `die`. */
      exitCode?: number;
      /** Of `kill`: its number. */
      signal?: string;
      /** Of `kill`: it belongs to a restart of the bot's own. */
      own?: true;
    }
  /** All containers as they are now: what the events did not tell, they will not tell any more. */
  | { type: 'list'; containers: readonly WatchedContainer[] }
  /** The engine is not heard any more. A list follows when it is. */
  | { type: 'lost'; reason: string };
