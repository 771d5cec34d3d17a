import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createAgentService } from '@stack/alert-bot/src/runtime/agent/agent-service.ts';
import type { ActionStep, Runtime } from '@stack/alert-bot/src/runtime/runtime.ts';
import { freePort } from '@stack/db/free-port';
import type { Env } from '@stack/service-kit/config';
import { createLifecycle } from '@stack/service-kit/lifecycle';
import { createLogger, type Logger } from '@stack/service-kit/logger';
import type { Service } from '@stack/service-kit/run-main';
import { bundle } from './bundle-service.ts';
import type { LocalConfig, Ports } from './config.ts';
import { portNames } from './config.ts';
import type { Console } from './console.ts';
import { openControlSocket, type StackStatus, socketIn } from './control-socket.ts';
import { canFetchPrograms, fetchPrograms } from './fetch-programs.ts';
import { startManagedDatabase } from './managed-database.ts';
import { createManagedProcess, type ManagedProcess, type ProcessEvent } from './managed-process.ts';
import { type PartContext, programSpec, reachable, serviceSpec } from './parts.ts';
import { createProcessRuntime } from './process-runtime.ts';
import { findPrograms, howToGetPrograms, missingPrograms, type ProgramName, programs } from './programs.ts';
import { type Addresses, renderConfiguration, writeWorkerTargets } from './render-configuration.ts';
import { type LocalReplica, type ReplicaGroup, replicaId } from './replica-group.ts';
import { formatTable, type PartRow, rowState } from './status-table.ts';

export const project = 'observability-stack';

/** How long a part may take to become healthy before the table is printed without it. */
const startTimeoutMs = 60_000;

export interface SupervisorOptions {
  config: LocalConfig;
  env: Env;
  /** Where data, bundles and the rendered configuration are. */
  directory: string;
  console: Console;
  fast: boolean;
  /** Whether to look for missing programs in Debian packages. */
  fetch: boolean;
}

/** The stack of `docker-compose.yml` as processes of this machine: started in order, kept running, stopped in order. */
export function createSupervisor(options: SupervisorOptions): Service {
  const { console: out, config } = options;
  const destination = { write: (line: string) => out.part('local', line.trimEnd()) };
  const logger = createLogger({
    service: 'local',
    level: config.LOG_LEVEL === 'info' ? 'warn' : config.LOG_LEVEL,
    destination,
  });
  const lifecycle = createLifecycle({ logger, stepTimeoutMs: 20_000 });
  const groups = new Map<string, ReplicaGroup>();
  let stopping = false;

  const start = async () => {
    const startedAt = new Date().toISOString();
    let ready = false;
    let context: PartContext | undefined;
    const status = (): StackStatus => statusOf({ options, groups, startedAt, ready, context });
    lifecycle.onStop('control socket', await openControlSocket(socketIn(options.directory, 'control.sock'), status));
    context = await prepare({ options, groups, lifecycle, logger, isStopping: () => stopping });
    await startParts(context, { options, groups, lifecycle, logger, isStopping: () => stopping });
    ready = true;
    announce(status(), out);
  };
  const stop = async () => {
    stopping = true;
    out.say('stopping');
    const failed = await lifecycle.stop();
    out.say(failed.length === 0 ? 'stopped; nothing is left running' : `stopped; these failed: ${failed.join(', ')}`);
    return failed;
  };
  return { logger, start, stop };
}

interface Running {
  options: SupervisorOptions;
  groups: Map<string, ReplicaGroup>;
  lifecycle: ReturnType<typeof createLifecycle>;
  logger: Logger;
  isStopping: () => boolean;
}

/** Everything that the parts' command lines need: programs, ports, bundles, the database, the agent, the configuration. */
async function prepare(running: Running): Promise<PartContext> {
  const { options, groups, lifecycle } = running;
  const { config, env, directory, fast, console: out } = options;
  for (const name of ['bundles', 'alert-bot', 'grafana']) await mkdir(join(directory, name), { recursive: true });
  const found = await programsFor(options);
  const ports = await resolvePorts(config);
  const addresses = addressesOf(config, ports);
  const bundles = Promise.all(
    ['api', 'worker', 'alert-bot'].map((service) => bundle(service, join(directory, `bundles/${service}.js`))),
  );
  bundles.catch(() => undefined); // awaited below; until then a failure must not end the process
  await renderConfiguration({
    directory: join(directory, 'config'),
    addresses,
    missing: [...missingPrograms(found), ...(found.grafana ? [] : ['grafana'])],
    fast,
  });
  const database = await startManagedDatabase({
    dataDirectory: join(directory, 'postgres'),
    port: ports.DB_PORT,
    logger: running.logger,
    onEvent: eventsOf('db', running),
  });
  const asGroup = { id: replicaId('db'), name: `${project}-db-1`, number: 1, addresses: [database.address] };
  groups.set('db', protectedGroup('db', { ...asGroup, process: database.process }));
  lifecycle.onStop('PostgreSQL', () => database.process.stop());
  out.say('PostgreSQL is ready, the schema is up to date', false);
  const agent = await startAgent(running);
  await bundles;
  return { config, ports, addresses, directory, fast, env, found, agent, database };
}

async function programsFor({ env, fetch, console: out }: SupervisorOptions) {
  const path = env['PATH'] ?? '';
  const found = findPrograms(path);
  if (missingPrograms(found).length === 0) return found;
  if (fetch && canFetchPrograms() && (await fetchPrograms((line) => out.say(line)))) return findPrograms(path);
  out.say(`not installed: ${missingPrograms(found).join(', ')}. ${howToGetPrograms}`);
  return found;
}

/** 0 becomes a port that was free a moment ago: most programs cannot report which one they got. */
async function resolvePorts(config: LocalConfig): Promise<Ports> {
  const ports = await Promise.all(portNames.map(async (name) => [name, config[name] || (await freePort())]));
  return Object.fromEntries(ports);
}

function addressesOf({ BIND_ADDRESS }: LocalConfig, ports: Ports): Addresses {
  const at = (port: number) => `${reachable(BIND_ADDRESS)}:${port}`;
  return {
    api: at(ports.API_PORT),
    'alert-bot': at(ports.ALERT_BOT_PORT),
    prometheus: at(ports.PROMETHEUS_PORT),
    alertmanager: at(ports.ALERTMANAGER_PORT),
    grafana: at(ports.GRAFANA_PORT),
    db: `127.0.0.1:${ports.DB_PORT}`,
    'node-exporter': at(ports.NODE_EXPORTER_PORT),
    'blackbox-exporter': at(ports.BLACKBOX_EXPORTER_PORT),
    'postgres-exporter': at(ports.POSTGRES_EXPORTER_PORT),
  };
}

/** What the alert bot speaks to: the same agent as in the hardened compose overlay, with our processes behind it. */
async function startAgent({ options, groups, lifecycle, logger }: Running) {
  const token = randomBytes(24).toString('hex');
  const runtime = createProcessRuntime({
    project,
    groups: () => [...groups.values()],
    onReplicasChanged: () => publishWorkers(options, groups),
  });
  const service = createAgentService({
    runtime: tellingRuntime(runtime, options.console),
    policy: { maxReplicas: 10 },
    token,
    listen: { socketPath: socketIn(options.directory, 'agent.sock') },
    logger: logger.child({}, { level: 'warn' }),
  });
  await service.start();
  lifecycle.onStop('agent', () => service.stop());
  return { url: service.url as string, token };
}

/** What the bot does is news. */
function tellingRuntime(runtime: Runtime, out: Console): Runtime {
  const tell = (step: ActionStep) => out.say(`  ${step.step} ${step.replica ?? ''} ${step.detail ?? ''}`.trimEnd());
  const withSteps = <Options extends { onStep?: (step: ActionStep) => void }>(options: Options): Options => ({
    ...options,
    onStep: (step: ActionStep) => {
      tell(step);
      options.onStep?.(step);
    },
  });
  return {
    ...runtime,
    restart: (target, options) => {
      out.say(`the alert bot restarts ${target.service}${target.replica ? ' (one replica)' : ''}`);
      return runtime.restart(target, withSteps(options));
    },
    scale: (target, to, options) => {
      out.say(`the alert bot scales ${target.service} to ${to}`);
      return runtime.scale(target, to, withSteps(options));
    },
  };
}

const publishWorkers = ({ directory }: SupervisorOptions, groups: Map<string, ReplicaGroup>): Promise<void> =>
  writeWorkerTargets(
    join(directory, 'config'),
    (groups.get('worker')?.replicas ?? []).map(({ addresses }) => addresses[0] as string),
  );

function protectedGroup(service: string, replica: LocalReplica): ReplicaGroup {
  const create = () => Promise.reject(new Error(`${service} is never scaled`));
  return { service, optedIn: false, protected: true, notScalable: 'is protected', replicas: [replica], create };
}

/** Started in this order; what they need comes first. They are stopped the other way round, but the healer before all. */
async function startParts(context: PartContext, running: Running): Promise<void> {
  const { groups, options } = running;
  const services = [apiGroup(context, running), await workerGroup(context, running)];
  for (const group of services) groups.set(group.service, group);
  running.lifecycle.onStop('api and worker', () => stopAll(services));
  await publishWorkers(options, groups);
  await startAll(services);

  const names = ['alertmanager', 'blackbox-exporter', 'node-exporter', 'postgres-exporter', 'grafana'] as const;
  const around = names.flatMap((name) => programGroup(context, running, name));
  running.lifecycle.onStop('exporters and Alertmanager', () => stopAll(around));
  // an alert that finds nobody listening is sent again after a minute only: Prometheus comes after Alertmanager
  await startAll(around);
  const prometheus = programGroup(context, running, 'prometheus');
  running.lifecycle.onStop('Prometheus', () => stopAll(prometheus));
  const bot = botGroup(context, running);
  groups.set('alert-bot', bot);
  running.lifecycle.onStop('alert bot', () => stopAll([bot]));
  await startAll([...prometheus, bot]);
}

async function startAll(groups: readonly ReplicaGroup[]): Promise<void> {
  const processes = groups.flatMap(({ replicas }) => replicas.map(({ process }) => process));
  for (const each of processes) each.start();
  await Promise.all(processes.map((each) => each.untilHealthy(startTimeoutMs)));
}

const stopAll = (groups: readonly ReplicaGroup[]) =>
  Promise.all(groups.flatMap(({ replicas }) => replicas.map(({ process }) => process.stop())));

function apiGroup(context: PartContext, running: Running): ReplicaGroup {
  const spec = serviceSpec(context, 'api', 'api', context.ports.API_PORT);
  const process = createManagedProcess(spec, eventsOf('api', running));
  const name = `${project}-api-1`;
  const replica = { id: replicaId(name), name, number: 1, addresses: [context.addresses.api], process };
  const create = () => Promise.reject(new Error('api has a fixed port'));
  return {
    service: 'api',
    optedIn: true,
    protected: false,
    notScalable: 'has a fixed port',
    replicas: [replica],
    create,
  };
}

async function workerGroup(context: PartContext, running: Running): Promise<ReplicaGroup> {
  const { config, ports } = context;
  const create = async (number: number): Promise<LocalReplica> => {
    const name = number === 1 ? 'worker' : `worker-${number}`;
    const port = number === 1 ? ports.WORKER_PORT : await portFor(config, ports.WORKER_PORT + number - 1);
    const process = createManagedProcess(serviceSpec(context, 'worker', name, port), eventsOf(name, running));
    const fullName = `${project}-worker-${number}`;
    const addresses = [`${reachable(config.BIND_ADDRESS)}:${port}`];
    return { id: replicaId(fullName), name: fullName, number, addresses, process };
  };
  const numbers = Array.from({ length: config.WORKER_REPLICAS }, (_, index) => index + 1);
  const replicas = await Promise.all(numbers.map(create));
  return { service: 'worker', optedIn: true, protected: false, replicas, create };
}

/** The wanted port, or any other when somebody has it. */
async function portFor(config: LocalConfig, wanted: number): Promise<number> {
  const { assertPortsFree } = await import('./assert-ports-free.ts');
  const isFree = await assertPortsFree({ BIND_ADDRESS: config.BIND_ADDRESS, WORKER_PORT: wanted }).then(
    () => true,
    () => false,
  );
  return isFree ? wanted : freePort();
}

function botGroup(context: PartContext, running: Running): ReplicaGroup {
  const spec = serviceSpec(context, 'alert-bot', 'alert-bot', context.ports.ALERT_BOT_PORT);
  return single(context, 'alert-bot', createManagedProcess(spec, eventsOf('alert-bot', running)));
}

function programGroup(context: PartContext, running: Running, name: ProgramName): ReplicaGroup[] {
  const spec = programSpec(context, name);
  if (!spec) return [];
  const group = single(context, name, createManagedProcess(spec, eventsOf(name, running)));
  running.groups.set(name, group);
  return [group];
}

function single({ addresses }: PartContext, service: keyof Addresses, process: ManagedProcess): ReplicaGroup {
  const name = `${project}-${service}-1`;
  return protectedGroup(service, { id: replicaId(name), name, number: 1, addresses: [addresses[service]], process });
}

/** What becomes of a part is told; a part that we stop ourselves ends silently. */
function eventsOf(name: string, { options, isStopping }: Running): (event: ProcessEvent) => void {
  const { console: out } = options;
  let endedAt: number | undefined;
  let wasUnhealthy = false;
  return (event) => {
    if (event.type === 'line') return isStopping() ? undefined : out.part(name, event.line);
    if (isStopping()) return;
    if (event.type === 'ended') {
      endedAt ??= Date.now();
      out.say(`${name} ended (${event.ending}); it is started again in ${seconds(event.againInMs)}`);
    } else if (event.health === 'unhealthy') {
      wasUnhealthy = true;
      out.say(`${name} is unhealthy: ${event.detail ?? 'no answer'}`);
    } else if (event.health === 'healthy') {
      if (endedAt !== undefined) out.say(`${name} is back, healthy after ${seconds(Date.now() - endedAt)}`);
      else if (wasUnhealthy) out.say(`${name} is healthy again`);
      endedAt = undefined;
      wasUnhealthy = false;
    }
  };
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

interface StatusInput {
  options: SupervisorOptions;
  groups: Map<string, ReplicaGroup>;
  startedAt: string;
  ready: boolean;
  context: PartContext | undefined;
}

function statusOf({ options, groups, startedAt, ready, context }: StatusInput): StackStatus {
  const url = (part: keyof Addresses) => (context ? `http://${context.addresses[part]}` : '');
  return {
    pid: process.pid,
    startedAt,
    ready,
    fast: options.fast,
    urls: {
      api: url('api'),
      alertBot: url('alert-bot'),
      prometheus: url('prometheus'),
      alertmanager: url('alertmanager'),
      ...(groups.has('grafana') && { grafana: url('grafana') }),
    },
    parts: context ? rowsOf(groups, context) : [],
    workers: (groups.get('worker')?.replicas ?? []).map(({ addresses }) => `http://${addresses[0]}`),
  };
}

const order = ['db', 'api', 'worker', 'alert-bot', ...Object.keys(programs)];

function rowsOf(groups: Map<string, ReplicaGroup>, context: PartContext): PartRow[] {
  return order.flatMap((service) => {
    const group = groups.get(service);
    if (group) return group.replicas.map((replica) => rowOf(service, replica, context));
    if (!(service in programs) || context.found[service as ProgramName]) return [];
    const note = `not installed: ${programs[service as ProgramName].without}`;
    return [{ part: service, state: 'missing' as const, url: '', restarts: 0, note }];
  });
}

function rowOf(service: string, { number, addresses, process }: LocalReplica, context: PartContext): PartRow {
  const { state, health, restarts, ending, probe } = process.status();
  const url = service === 'db' ? `psql ${withoutPassword(context.database.appUrl)}` : `http://${addresses[0]}`;
  const note = state === 'restarting' ? `ended: ${ending}` : probe;
  const part = number === 1 ? service : `${service}-${number}`;
  return { part, state: rowState(state, health), url, restarts, ...(note !== undefined && { note }) };
}

const withoutPassword = (url: string) => url.replace(/:[^:@/]*@/, '@');

function announce({ parts, urls }: StackStatus, out: Console): void {
  out.block(`\n${formatTable(parts, process.stdout.isTTY)}\n`);
  out.block(
    `  try it: curl -XPUT ${urls.api}/faults -H 'Content-Type: application/json' -d '{"latencyMs":400}', or \`npm run demo\`\n`,
  );
  out.say('ready; Ctrl-C stops everything');
}
