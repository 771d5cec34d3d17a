import type { WatchedAction } from '../watch.ts';
import type { Labels } from './compose-labels.ts';

/**
 * The parts of the Engine API's answers that the adapter reads. Everything else is carried along untouched: a clone must keep
 * fields that this version of the bot has never heard of.
 */
export interface ContainerSummary {
  Id: string;
  Names: string[];
  State: string;
  /** For people: `Up 5 minutes (healthy)`. */
  Status?: string;
  /** From API 1.52 on. */
  Health?: { Status?: string } | null;
  Image?: string;
  ImageID?: string;
  Labels: Record<string, string>;
  /** With the addresses in each network. */
  NetworkSettings?: { Networks?: Record<string, unknown> | null };
}

/** What a container's life consists of, as `GET /events` tells it. */
export interface ContainerEvent {
  id: string;
  /** `oom`: the kernel killed a process of it for memory, not always the first one. */
  action: WatchedAction;
  /** Nanoseconds since the Unix epoch by the engine's clock. */
  timeNano: bigint;
  /** Of `kill`: its number. */
  signal?: string;
  /** Of `die`. */
  exitCode?: number;
  /** The container's name. */
  name?: string;
  /** The container's labels, with attributes of the event beside them. */
  labels?: Labels;
}

export interface ContainerState {
  Status: string;
  Running: boolean;
  Restarting: boolean;
  ExitCode: number;
  OOMKilled?: boolean;
  Error?: string;
  /** RFC 3339 with nanoseconds; year 1 when it never started. */
  StartedAt: string;
  FinishedAt?: string;
  Health?: {
    Status: string;
    FailingStreak?: number;
    Log?: { ExitCode: number; Output: string; End?: string }[] | null;
  };
}

export interface Endpoint {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] } | null;
  Aliases?: string[] | null;
  /** From API 1.44 on: the aliases, the container's name and its short id. */
  DNSNames?: string[] | null;
  Links?: string[] | null;
  DriverOpts?: Record<string, string> | null;
  GwPriority?: number;
  IPAddress?: string;
  GlobalIPv6Address?: string;
  [other: string]: unknown;
}

export interface HostConfig {
  NetworkMode?: string;
  RestartPolicy?: { Name?: string; MaximumRetryCount?: number } | null;
  /** Bytes; 0 without a limit. */
  Memory?: number;
  /** Billionths of a core; 0 without a limit. */
  NanoCpus?: number;
  /** Microseconds of CPU time in each `CpuPeriod`; 0 or less without a limit. */
  CpuQuota?: number;
  CpuPeriod?: number;
  PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null;
  Binds?: string[] | null;
  Mounts?: { Type: string; Source?: string; Target: string; [other: string]: unknown }[] | null;
  [other: string]: unknown;
}

export interface ContainerConfig {
  Hostname?: string;
  /** For example `SIGTERM`, or a number; absent means SIGTERM. */
  StopSignal?: string;
  MacAddress?: string;
  Image: string;
  Env?: string[] | null;
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  Labels: Record<string, string>;
  Volumes?: Record<string, object> | null;
  /** Seconds; absent means the daemon's default, 10; negative means for ever. */
  StopTimeout?: number;
  Healthcheck?: { Retries?: number; [other: string]: unknown } | null;
  Tty?: boolean;
  [other: string]: unknown;
}

/** `GET /containers/{id}/json` */
export interface ContainerInspect {
  Id: string;
  Name: string;
  Created: string;
  /** The image's id, `sha256:…`. */
  Image: string;
  RestartCount: number;
  State: ContainerState;
  Config: ContainerConfig;
  HostConfig: HostConfig;
  NetworkSettings: { Networks?: Record<string, Endpoint> | null };
  Mounts?: { Type: string; Name?: string; Destination: string }[] | null;
}

/** The body of `POST /containers/create`. */
export interface CreateBody extends ContainerConfig {
  HostConfig: HostConfig;
  NetworkingConfig: { EndpointsConfig: Record<string, Endpoint> };
}

/** `X-Docker-Container-Path-Stat` of `HEAD /containers/{id}/archive`. */
export interface PathStat {
  name: string;
  size: number;
  /** Go's fs.FileMode: the low nine bits are the permissions, any of the high bits means not a plain file. */
  mode: number;
  mtime: string;
}
