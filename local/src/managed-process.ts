import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { spawnLeashed } from '@stack/db/spawn-leashed';
import { eachLine } from './log-lines.ts';
import { createBackoff, type RestartTimes, restartTimes } from './restart-times.ts';
import { type Health, type HealthWatch, watchHealth } from './watch-health.ts';

export interface ProcessSpec {
  /** `worker-2`. */
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment: nothing is inherited. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** `GET` answers 2xx: healthy. Without it a running process counts as healthy. */
  healthUrl?: string;
}

export type ProcessState = 'created' | 'running' | 'restarting' | 'exited';

export interface ProcessStatus {
  state: ProcessState;
  health: Health;
  /** RFC 3339: when the supervisor made the replica, before its first start. */
  createdAt: string;
  /** RFC 3339; empty before the first start. */
  startedAt: string;
  /** RFC 3339: when it last ended. Absent while it runs. */
  finishedAt?: string;
  /** How often it was started again after it had ended by itself. */
  restarts: number;
  pid?: number;
  /** How it ended last: `SIGKILL`, `code 1`. */
  ending?: string;
  exitCode?: number;
  /** What the last probe that failed said. */
  probe?: string;
}

export type ProcessEvent =
  | { type: 'line'; line: string; isError: boolean }
  | { type: 'ended'; ending: string; againInMs: number }
  | { type: 'health'; health: Health; detail?: string };

export interface ManagedProcess {
  readonly spec: ProcessSpec;
  status(): ProcessStatus;
  /** The last lines that it wrote, oldest first. */
  lastLines(): readonly string[];
  start(): void;
  /** SIGTERM, SIGKILL after the grace; resolves when it is gone, and it stays so until `start`. */
  stop(): Promise<void>;
  /** Resolves when the process is healthy, has ended, or has not become healthy in time. */
  untilHealthy(timeoutMs: number, signal?: AbortSignal): Promise<'healthy' | 'exited' | 'unhealthy' | 'late'>;
}

/** How much of the log is kept in memory for the evidence of an incident. */
const maxLines = 200;

/**
 * Runs a process and keeps it running, as Docker does with `restart: unless-stopped`: one that ends by itself is started
 * again after a pause that doubles while it keeps ending. It never outlives us (spawn-leashed.ts).
 */
export function createManagedProcess(
  spec: ProcessSpec,
  onEvent: (event: ProcessEvent) => void,
  times: RestartTimes = restartTimes,
): ManagedProcess {
  const backoff = createBackoff(times);
  const lines: string[] = [];
  let child: ChildProcess | undefined;
  let watch: HealthWatch | undefined;
  let timer: NodeJS.Timeout | undefined;
  const createdAt = new Date().toISOString();
  let status: ProcessStatus = { state: 'created', health: 'none', createdAt, startedAt: '', restarts: 0 };
  let wanted = false;
  let gone: Promise<void> = Promise.resolve();

  const take = (line: string, isError: boolean) => {
    lines.push(line);
    if (lines.length > maxLines) lines.shift();
    onEvent({ type: 'line', line, isError });
  };
  const setHealth = (health: Health, detail?: string) => {
    const { probe: _probe, ...rest } = status;
    status = { ...rest, health, ...(health === 'unhealthy' && detail !== undefined && { probe: detail }) };
    onEvent({ type: 'health', health, ...(detail !== undefined && { detail }) });
  };

  function spawnChild(): void {
    const { command, args, env, cwd, healthUrl } = spec;
    const started = spawnLeashed(command, args, { orphanSignal: 'KILL', env, cwd });
    child = started;
    eachLine(started.stdout as Readable, (line) => take(line, false));
    eachLine(started.stderr as Readable, (line) => take(line, true));
    const { pid } = started;
    const { restarts } = status;
    const startedAt = new Date().toISOString();
    status = {
      state: 'running',
      health: healthUrl ? 'starting' : 'none',
      createdAt,
      startedAt,
      restarts,
      ...(pid !== undefined && { pid }),
    };
    if (healthUrl) watch = watchHealth(healthUrl, times, setHealth);
    gone = new Promise((resolve) => {
      const ended = (ending: string, code: number | null) => {
        if (child !== started) return;
        child = undefined;
        onEnded(ending, code);
        resolve();
      };
      started.once('error', (error) => ended(error.message, null));
      started.once('exit', (code, signal) => ended(signal ?? `code ${code}`, code));
    });
  }

  function onEnded(ending: string, exitCode: number | null): void {
    watch?.stop();
    const { pid: _pid, probe: _probe, ...rest } = status;
    status = {
      ...rest,
      state: wanted ? 'restarting' : 'exited',
      health: 'none',
      finishedAt: new Date().toISOString(),
      ending,
      ...(exitCode !== null && { exitCode }),
    };
    if (!wanted) return;
    const againInMs = backoff.next(Date.parse(status.startedAt));
    timer = setTimeout(() => {
      status = { ...status, restarts: status.restarts + 1 };
      spawnChild();
    }, againInMs);
    onEvent({ type: 'ended', ending, againInMs });
  }

  return {
    spec,
    status: () => status,
    lastLines: () => lines,
    start: () => {
      wanted = true;
      clearTimeout(timer);
      if (!child) spawnChild();
    },
    stop: async () => {
      wanted = false;
      clearTimeout(timer);
      if (status.state === 'restarting') status = { ...status, state: 'exited' };
      const stopping = child;
      if (!stopping) return;
      stopping.kill('SIGTERM');
      const tooLong = setTimeout(() => stopping.kill('SIGKILL'), times.graceMs);
      await gone;
      clearTimeout(tooLong);
    },
    untilHealthy: (timeoutMs, signal) => untilHealthy(() => status, timeoutMs, times, signal),
  };
}

async function untilHealthy(
  look: () => ProcessStatus,
  timeoutMs: number,
  { pollMs, steadyMs }: RestartTimes,
  signal?: AbortSignal,
): Promise<'healthy' | 'exited' | 'unhealthy' | 'late'> {
  const deadline = performance.now() + timeoutMs;
  const { startedAt } = look();
  for (;;) {
    signal?.throwIfAborted();
    const now = look();
    if (now.state !== 'running' || now.startedAt !== startedAt) return 'exited';
    if (now.health === 'healthy') return 'healthy';
    if (now.health === 'none' && Date.now() - Date.parse(startedAt) >= steadyMs) return 'healthy';
    if (now.health === 'unhealthy') return 'unhealthy';
    if (performance.now() >= deadline) return 'late';
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
