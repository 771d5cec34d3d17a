import { randomBytes } from 'node:crypto';
import type { ContainerInspect, CreateBody, Endpoint } from '../../src/runtime/docker/engine-types.ts';
import type { FakeUsage } from './fake-engine-stats.ts';

/** How a container of the fake engine behaves after it was started. */
export interface Behaviour {
  /** Inspections until the healthcheck passes; `never` fails it instead; `none` means that there is no healthcheck. */
  healthyAfter: number | 'never' | 'none';
  /** Exits with this code at the first look after its next start. */
  exitsWith?: number;
  /** Ends and is started again by its restart policy at every look. */
  crashLoops?: boolean;
  /** How long a restart leaves it down, in milliseconds. */
  downForMs?: number;
  /** What it uses; the engine of cgroup v2 unless told otherwise. */
  uses?: Partial<FakeUsage>;
  /** Starts at the time of this machine, as pictures need it; else at a time of its own, which no two starts share. */
  startsNow?: boolean;
  log: string[];
  /** Added paths: content and modification time; an injected file has whole seconds. */
  files: Record<
    string,
    { content: string; mtime: string /** What `stat` says instead of the truth. */; claimedSize?: number }
  >;
}

export interface FakeContainer extends ContainerInspect {
  behaviour: Behaviour;
  looks: number;
}

export const newId = (): string => randomBytes(32).toString('hex');

export const defaultBehaviour: Behaviour = { healthyAfter: 1, log: ['started'], files: {} };

let startCount = 0;

/** A new start time for each start, however fast they come. */
const startTime = () =>
  `2026-01-01T00:00:${String(startCount++ % 60).padStart(2, '0')}.${String(startCount).padStart(9, '0')}Z`;

/** The container that `POST /containers/create` makes: state created, endpoints without addresses. */
export function createContainer(name: string, body: CreateBody, imageId: string, behaviour: Behaviour): FakeContainer {
  const id = newId();
  const { HostConfig, NetworkingConfig, ...config } = structuredClone(body);
  return {
    Id: id,
    Name: `/${name}`,
    Created: new Date().toISOString(),
    Image: imageId,
    RestartCount: 0,
    State: { Status: 'created', Running: false, Restarting: false, ExitCode: 0, StartedAt: '0001-01-01T00:00:00Z' },
    Config: { ...config, Hostname: config.Hostname ?? id.slice(0, 12) },
    HostConfig,
    NetworkSettings: { Networks: NetworkingConfig?.EndpointsConfig ?? {} },
    Mounts: [],
    behaviour: structuredClone(behaviour),
    looks: 0,
  };
}

export function startContainer(container: FakeContainer, address: () => string): void {
  container.looks = 0;
  container.RestartCount = 0;
  container.State = {
    Status: 'running',
    Running: true,
    Restarting: false,
    ExitCode: 0,
    StartedAt: container.behaviour.startsNow ? new Date().toISOString() : startTime(),
    ...(container.behaviour.healthyAfter === 'none' ? {} : { Health: { Status: 'starting', Log: [] } }),
  };
  for (const endpoint of Object.values(container.NetworkSettings.Networks ?? {})) endpoint.IPAddress = address();
}

/** The engine shows a stopped container with a healthcheck as unhealthy. */
export function stopContainer(container: FakeContainer, exitCode = 0): void {
  const { State } = container;
  const FinishedAt = new Date().toISOString();
  container.State = { ...State, Status: 'exited', Running: false, ExitCode: exitCode, FinishedAt };
  if (State.Health) container.State.Health = { ...State.Health, Status: 'unhealthy' };
  for (const endpoint of Object.values(container.NetworkSettings.Networks ?? {})) endpoint.IPAddress = '';
}

/** Time passes for a container when somebody looks at it. */
export function lookAt(container: FakeContainer): void {
  const { behaviour, State } = container;
  if (!State.Running) return;
  container.looks += 1;
  if (behaviour.exitsWith !== undefined) {
    stopContainer(container, behaviour.exitsWith);
    return;
  }
  if (behaviour.crashLoops) {
    container.RestartCount += 1;
    State.ExitCode = 1;
    State.StartedAt = startTime();
    return;
  }
  if (!State.Health || behaviour.healthyAfter === 'none') return;
  const needed = behaviour.healthyAfter === 'never' ? 1 : behaviour.healthyAfter;
  if (container.looks < needed) return;
  const passes = behaviour.healthyAfter !== 'never';
  State.Health = {
    Status: passes ? 'healthy' : 'unhealthy',
    Log: [{ ExitCode: Number(!passes), Output: passes ? 'ok' : 'token=abcdef123456' }],
  };
}

/** The inspection as the given API shows it: the engine adds the short id to the aliases before 1.45, to DNSNames after. */
export function present(container: FakeContainer, minorVersion: number): ContainerInspect {
  const { behaviour: _, looks: __, ...inspect } = structuredClone(container);
  const shortId = container.Id.slice(0, 12);
  for (const endpoint of Object.values(inspect.NetworkSettings.Networks ?? {}))
    presentEndpoint(endpoint, shortId, minorVersion);
  return inspect;
}

function presentEndpoint(endpoint: Endpoint, shortId: string, minorVersion: number): void {
  const aliases = endpoint.Aliases ?? [];
  endpoint.Aliases = minorVersion < 45 ? [...aliases, shortId] : aliases;
  Object.assign(endpoint, {
    MacAddress: '02:42:ac:12:00:02',
    NetworkID: 'n'.repeat(64),
    EndpointID: 'e'.repeat(64),
    Gateway: '172.18.0.1',
  });
  if (minorVersion >= 44) endpoint['DNSNames'] = [...aliases, shortId];
}
