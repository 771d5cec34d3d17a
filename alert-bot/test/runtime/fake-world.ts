import type { Clock } from '@stack/service-kit/clock';
import { createDockerRuntime, type DockerRuntimeOptions } from '../../src/runtime/docker/docker-runtime.ts';
import type { CreateBody, Endpoint, HostConfig } from '../../src/runtime/docker/engine-types.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { ContractWorld } from '../runtime-contract.ts';
import type { Behaviour, FakeContainer } from './fake-container.ts';
import { type FakeEngine, type FakeEngineOptions, startFakeEngine } from './fake-engine.ts';

export const project = 'demo';
export const secret = 'hunter2-and-more';

/** Time that passes only by sleeping. */
export function createLeapingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export interface ServiceOverrides {
  name?: string;
  number?: number;
  labels?: Record<string, string>;
  host?: Partial<HostConfig>;
  config?: Partial<CreateBody>;
  networks?: Record<string, Endpoint>;
}

/** The create body that compose 2.40 sends for a service, with its two networks. */
export function composeBody(
  service: string,
  { name, number = 1, labels, host, config, networks }: ServiceOverrides = {},
): CreateBody {
  const container = name ?? `${project}-${service}-${number}`;
  const endpoint = { Aliases: [container, service] };
  return {
    Image: 'app:1',
    Env: [`DB_PASSWORD=${secret}`, 'LANG=C'],
    StopTimeout: 3,
    ...config,
    Labels: {
      'com.docker.compose.project': project,
      'com.docker.compose.service': service,
      'com.docker.compose.container-number': String(number),
      'com.docker.compose.oneoff': 'False',
      'com.docker.compose.config-hash': 'c0ffee',
      'com.docker.compose.image': 'sha256:one',
      'self-healing.enable': 'true',
      ...labels,
    },
    HostConfig: { NetworkMode: `${project}_back`, RestartPolicy: { Name: 'unless-stopped' }, Memory: 1 << 27, ...host },
    NetworkingConfig: {
      EndpointsConfig: networks ?? { [`${project}_back`]: { ...endpoint }, [`${project}_front`]: { ...endpoint } },
    },
  };
}

export function seedService(
  engine: FakeEngine,
  service: string,
  overrides: ServiceOverrides = {},
  behaviour?: Partial<Behaviour>,
) {
  return engine.seed(
    overrides.name ?? `${project}-${service}-${overrides.number ?? 1}`,
    composeBody(service, overrides),
    behaviour,
  );
}

/** Nobody starts it again when it ends. */
export const noRestart: Partial<HostConfig> = { RestartPolicy: { Name: 'no' } };

/** The services of the contract, and neighbours that must never be seen. */
function seedWorld(engine: FakeEngine): void {
  seedService(engine, 'worker', {}, { log: ['started', `password=${secret}`, 'plain text'] });
  seedService(engine, 'plain', {}, { healthyAfter: 'none' });
  const breaks = seedService(engine, 'breaks');
  const quits = seedService(engine, 'quits', { host: noRestart }, { healthyAfter: 'none' });
  breaks.behaviour.healthyAfter = 'never';
  quits.behaviour.exitsWith = 3;
  seedService(engine, 'bystander', { labels: { 'self-healing.enable': 'no' } });
  seedService(engine, 'guarded', { labels: { 'self-healing.protected': 'true' } });
  seedService(engine, 'published', { host: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } } });
  seedService(engine, 'named', { name: 'the-one' });
  seedService(engine, 'worker', { name: 'demo-worker-run-1', labels: { 'com.docker.compose.oneoff': 'True' } });
  seedService(engine, 'worker', { name: 'other-worker-1', labels: { 'com.docker.compose.project': 'other' } });
  engine.seed('stranger', { ...composeBody('worker'), Labels: {} });
}

export function createFakeRuntime(engine: FakeEngine, options: DockerRuntimeOptions = {}): Runtime {
  const nobody = async () => ({ hostname: 'host', mountinfo: '', cgroup: '' });
  const defaults = { dockerHost: engine.dockerHost, project, callTimeoutMs: 10_000 };
  return createDockerRuntime({ ...defaults, ...options }, { clock: createLeapingClock(), self: nobody });
}

export async function createFakeWorld(
  options: FakeEngineOptions = {},
): Promise<ContractWorld & { engine: FakeEngine }> {
  const engine = await startFakeEngine(options);
  seedWorld(engine);
  const runtime = createFakeRuntime(engine);
  await runtime.observe(); // the first look lets the healthchecks pass
  const stop = async () => {
    await runtime.close?.();
    await engine.stop();
  };
  return { engine, runtime, project, secret, healthTimeoutMs: 10_000, people: peopleOf(engine), stop };
}

function peopleOf({ state, people }: FakeEngine): NonNullable<ContractWorld['people']> {
  const to = (act: (container: FakeContainer) => void) => async (service: string) =>
    act(state.containers.find(({ Name }) => Name === `/${project}-${service}-1`) as FakeContainer);
  return {
    stop: to((container) => people.dockerStop(container)),
    pause: to((container) => people.dockerPause(container)),
    unpause: to((container) => people.dockerUnpause(container)),
    start: to((container) => people.dockerStart(container)),
    kill: to((container) => people.dockerKill(container)),
  };
}
