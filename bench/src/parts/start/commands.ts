import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { imageCommand } from '../../image-command.ts';
import type { Bench } from '../../part.ts';
import { startIdleEngine } from './idle-engine.ts';
import type { StartCommand } from './start-process.ts';

export const services = ['api', 'worker', 'alert-bot'] as const;
export type ContenderName = (typeof services)[number] | 'bare';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../../', import.meta.url));

/** Each service as its image starts it: the bundle, with the compile cache that its image build leaves beside it. */
export async function prepareCommands(bench: Bench): Promise<Record<ContenderName, StartCommand>> {
  bench.progress('starting PostgreSQL');
  const cluster = await bench.database();
  await cluster.createDatabase('bench');
  const DATABASE_URL = cluster.url('bench', 'app');
  const variables = {
    api: { DATABASE_URL, FAULTS_ENABLED: 'true' },
    worker: { DATABASE_URL, FAULTS_ENABLED: 'true' },
    'alert-bot': {
      DOCKER_HOST: await startIdleEngine(bench),
      COMPOSE_PROJECT: 'bench',
      INCIDENT_LOG_PATH: join(bench.directory, 'incident_log.jsonl'),
      RUNBOOKS_PATH: join(repository, 'alert-bot/runbooks.yml'),
    },
  };
  const commands = { bare: bareCommand(bench) } as Record<ContenderName, StartCommand>;
  for (const service of services) commands[service] = await prepare(bench, service, variables[service]);
  return commands;
}

const bareCommand = ({ node }: Bench): StartCommand => ({
  command: [node, join(repository, 'bench/reference/bare-http.cjs')],
  env: {},
});

async function prepare(bench: Bench, service: string, variables: Record<string, string>): Promise<StartCommand> {
  bench.progress(`bundling ${service}`);
  const bundle = await bench.bundle(service);
  const env = { ...variables, NODE_COMPILE_CACHE: join(dirname(bundle), '.compile-cache') };
  await run(join(repository, 'docker/warm-up'), [bench.node, bundle], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
    signal: bench.signal,
  });
  return { command: imageCommand(bench.node, bundle), env };
}
