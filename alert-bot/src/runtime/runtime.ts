import type { ContainerMeter } from '../containers/container-sample.ts';
import type { ContainerWords } from './container-words.ts';
import type { WatchItem } from './watch.ts';

/** One container of a target, as the engine sees it now. */
export interface Replica {
  /** The full container id. */
  id: string;
  name: string;
  service: string;
  /** The compose container number; 1 for a plain container. */
  number: number;
  state: 'running' | 'restarting' | 'paused' | 'exited' | 'dead' | 'created' | 'removing';
  /** `none`: the container has no healthcheck. */
  health: 'healthy' | 'unhealthy' | 'starting' | 'none';
  /** RFC 3339: when the container was made. A recreated replica has a new one, a restarted one has not. */
  createdAt?: string;
  /** RFC 3339 with the engine's precision. A changed value is the proof of a restart. */
  startedAt: string;
  /** RFC 3339: when it last stopped running. Absent while it runs, and when it never ran. */
  finishedAt?: string;
  /** Present on a container that does not run. */
  exitCode?: number;
  /**
   * Of an exited container: `person` when somebody stopped it (`docker stop`, `compose stop`), `itself` when it ended, crashed
   * or was killed. Absent when it runs, and from runtimes that cannot tell: then it counts as `itself`.
   */
  stoppedBy?: 'person' | 'itself';
  restartCount: number;
  /**
   * What Prometheus' `instance` label may say of it: IP addresses without ports, on the networks that Prometheus scrapes where
   * the runtime can tell, else on all; with ports where replicas share an address, as processes of one machine do.
   */
  addresses: string[];
  /** Other words that name this replica and no other: the container's name, its short id, network aliases of its own. */
  names?: string[];
  /** The opt-in label on this container. */
  optedIn: boolean;
  /** What its other labels say about its repair; absent when they say nothing. */
  words?: ContainerWords;
}

export interface ObservedService {
  /** `-` for a plain container. */
  project: string;
  /** The name of the compose service, or of the plain container. */
  service: string;
  /** Every replica carries the opt-in label. */
  optedIn: boolean;
  /** The bot itself, Prometheus, Alertmanager, the database: never touched, whatever their labels say. */
  protected: boolean;
  /**
   * Somebody is making, replacing or removing containers of this service right now: in words, what was seen. Absent when
   * nothing of the sort goes on.
   */
  changing?: string;
  /** The container of another bot that repairs this service: this bot only observes here. */
  actedOnBy?: string;
  replicas: Replica[];
}

export interface Observation {
  /** The home project: what a target's text without a project means. `-` for a bot outside of compose. */
  project: string;
  /** Where else is looked at, as `PROJECTS` says; `*` stands for every project. Absent: nowhere else. */
  projects?: readonly string[];
  /** Milliseconds since the Unix epoch. */
  observedAt: number;
  /** By the target's text (`printTarget`). A map: a service may be called `constructor`. */
  services: ReadonlyMap<string, ObservedService>;
}

/** Why an action was refused (it was not begun) or failed (it was begun). */
export type ActionFailureCode =
  | 'target_missing'
  | 'not_opted_in'
  | 'protected_target'
  | 'out_of_bounds'
  | 'not_scalable'
  | 'conflict'
  | 'held_by_person'
  | 'changing'
  | 'never_healthy'
  | 'exited'
  | 'engine_error'
  | 'aborted';

export interface AffectedReplica {
  id: string;
  name: string;
  startedAt: string;
  /** Absent for a replica that the action created. */
  previousStartedAt?: string;
}

export type ActionResult =
  /** `notes`: what a person should know beside it, such as containers that the action took with it. */
  | { ok: true; replicas: AffectedReplica[]; notes?: string[] }
  | { ok: false; code: ActionFailureCode; message: string; retryable: boolean };

export interface ActionStep {
  /** What is happening, in a few words: `stopping`, `started`, `healthy`, `created`, `removed`. */
  step: string;
  /** The container's name. */
  replica?: string;
  detail?: string;
}

export interface ActionOptions {
  /** How long one replica may take to become healthy, in milliseconds. */
  healthTimeoutMs: number;
  /** Also touch what a person stopped or paused: the runbook says so. */
  includeHeld?: boolean;
  signal?: AbortSignal;
  onStep?: (step: ActionStep) => void;
}

/** What a person wants to see of a replica as it was before the repair. Secrets are redacted by the runtime. */
export interface ReplicaEvidence {
  id: string;
  name: string;
  state: string;
  health: string;
  startedAt: string;
  restartCount: number;
  exitCode?: number;
  /** Output of the last health checks, newest last. */
  healthOutput?: string[];
  /** Last lines of the container's log, newest last. */
  logLines: string[];
}

export interface Evidence {
  /** Milliseconds since the Unix epoch. */
  capturedAt: number;
  replicas: ReplicaEvidence[];
}

export interface ScaleChange {
  from: number;
  to: number;
}

/** The one thing that touches containers. `service` is a target's text: `api`, `shop/web`, `-/web`. Refusals and failures are results; a runtime that cannot be reached throws {@link RuntimeUnavailable}. */
export interface Runtime {
  observe(signal?: AbortSignal): Promise<Observation>;
  /** Restarts every replica of the service one at a time, or the one whose container id is `replica`. */
  restart(target: { service: string; replica?: string }, options: ActionOptions): Promise<ActionResult>;
  /**
   * Brings the service from `from` replicas, as the caller last saw them, to `to`. More replicas are only added and fewer only
   * removed; a number that is neither on the way nor there is `conflict`: somebody else changed it, and who did so wins. Only
   * replicas that the bot added are ever removed.
   */
  scale(target: { service: string }, change: ScaleChange, options: ActionOptions): Promise<ActionResult>;
  evidence(service: string, replica?: string): Promise<Evidence>;
  ping(): Promise<void>;
  /** What the containers use of the machine. Absent: this runtime cannot tell. */
  readonly meter?: ContainerMeter;
  /**
   * What happens to the containers, for as long as `signal` is not aborted: first a list, then events, and a list again whenever
   * events were missed. It resumes automatically and never fails. It ends at once, or is absent, where the runtime cannot tell.
   */
  watch?(signal: AbortSignal): AsyncIterable<WatchItem>;
  /** Ends what the runtime does in the background. It is not used any more afterwards. */
  close?(): Promise<void>;
}

/** The runtime did not answer, or its answer was lost on the way: whether the action happened is not known. */
export class RuntimeUnavailable extends Error {
  override readonly name = 'RuntimeUnavailable';
}
