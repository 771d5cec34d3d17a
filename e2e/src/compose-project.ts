import { resolve } from 'node:path';
import { runCommand } from './run-command.ts';

export const repository = resolve(import.meta.dirname, '../..');

/** One container as `docker compose ps` and `docker inspect` see it. */
export interface Replica {
  id: string;
  name: string;
  service: string;
  state: string;
  /** Empty for a container without a health check. */
  health: string;
  exitCode: number;
  startedAt: string;
  restartCount: number;
  /** Addresses by the network's name without the project. */
  addresses: Record<string, string>;
}

interface Inspected {
  Id: string;
  Name: string;
  RestartCount: number;
  State: { Status: string; ExitCode: number; StartedAt: string; Health?: { Status: string } };
  Config: { Labels: Record<string, string> };
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

export interface ComposeProject {
  name: string;
  /** Runs `docker compose` on this project. */
  compose(...args: string[]): Promise<string>;
  /** Every container of the project, stopped ones too, by service and replica number. */
  replicas(service?: string): Promise<Replica[]>;
  /** The raw `docker inspect` of every container of the project. */
  inspect(): Promise<Record<string, unknown>[]>;
  /** Containers, networks, volumes and images of the project that exist, as `kind name`. */
  leftovers(): Promise<string[]>;
}

export interface ProjectOptions {
  name: string;
  /** Compose files, relative to the repository. */
  files: readonly string[];
  env: Record<string, string>;
}

export function createComposeProject({ name, files, env }: ProjectOptions): ComposeProject {
  // .env.example as the settings: a developer's own .env must not decide what the scenarios see, and the example must work
  const head = ['compose', '-p', name, '--env-file', '.env.example', ...files.flatMap((file) => ['-f', file])];
  const docker = (args: string[]) => runCommand('docker', args, { cwd: repository, env, timeoutMs: 420_000 });
  const ids = async (...list: string[]) => (await docker(list)).split('\n').filter(Boolean);
  const ofProject = ['--filter', `label=${projectLabel}=${name}`];

  const inspect = async () => {
    const containers = await ids('ps', '-aq', '--no-trunc', ...ofProject);
    return containers.length === 0
      ? []
      : (JSON.parse(await docker(['inspect', ...containers])) as Record<string, unknown>[]);
  };

  return {
    name,
    inspect,
    compose: (...args) => docker([...head, ...args]),
    async replicas(service) {
      const all = (await inspect()).map((container) => toReplica(name, container as unknown as Inspected));
      return all
        .filter((each) => service === undefined || each.service === service)
        .sort((a, b) => a.name.localeCompare(b.name));
    },
    async leftovers() {
      const found = await Promise.all([
        ids('ps', '-a', '--format', 'container {{.Names}}', ...ofProject),
        ids('network', 'ls', '--format', 'network {{.Name}}', ...ofProject),
        ids('volume', 'ls', '--format', 'volume {{.Name}}', ...ofProject),
        // by name: an image out of the build cache carries the label of the project that built it first
        ids(
          'images',
          '--format',
          'image {{.Repository}}',
          ...builtServices.flatMap((each) => ['--filter', `reference=${name}-${each}`]),
        ),
      ]);
      return found.flat();
    },
  };
}

/** Services whose images compose builds; the images are named after project and service. */
const builtServices = ['api', 'worker', 'migrate', 'alert-bot', 'agent'];

export const projectLabel = 'com.docker.compose.project';

function toReplica(project: string, { Id, Name, RestartCount, State, Config, NetworkSettings }: Inspected): Replica {
  const networks = Object.entries(NetworkSettings.Networks);
  return {
    id: Id,
    name: Name.slice(1),
    service: Config.Labels['com.docker.compose.service'] ?? '',
    state: State.Status,
    health: State.Health?.Status ?? '',
    exitCode: State.ExitCode,
    startedAt: State.StartedAt,
    restartCount: RestartCount,
    addresses: Object.fromEntries(
      networks.map(([name, { IPAddress }]) => [name.replace(`${project}_`, ''), IPAddress]),
    ),
  };
}
