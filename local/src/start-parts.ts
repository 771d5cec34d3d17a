import { freePort } from '@stack/db/free-port';
import { isPortFree } from './assert-ports-free.ts';
import { hasPages } from './has-pages.ts';
import { createManagedProcess, type ManagedProcess } from './managed-process.ts';
import { type PartContext, programSpec, reachable, serviceSpec } from './parts.ts';
import type { ProgramName } from './programs.ts';
import { project } from './project-name.ts';
import { publishWorkers } from './publish-workers.ts';
import type { Addresses } from './render-configuration.ts';
import { type LocalReplica, protectedGroup, type ReplicaGroup, replicaId } from './replica-group.ts';
import type { Running } from './stack-context.ts';
import { tellEvents } from './tell-events.ts';

/** How long a part may take to become healthy before the table is printed without it. */
const startTimeoutMs = 60_000;

/** The bot does not wait for a Prometheus that takes longer than this. */
const pagesTimeoutMs = 5_000;

const around = ['alertmanager', 'blackbox-exporter', 'node-exporter', 'postgres-exporter', 'grafana'] as const;

/**
 * Starts everything but the database, what is needed first, and waits until it is healthy. Stopped the other way round: the
 * healer before its patients, so that it repairs nothing that is being stopped.
 */
export async function startParts(context: PartContext, running: Running): Promise<void> {
  const { groups, lifecycle, options } = running;
  const services = [apiGroup(context, running), await workerGroup(context, running)];
  for (const group of services) groups.set(group.service, group);
  lifecycle.onStop('api and worker', () => stopAll(services));
  await publishWorkers(options.directory, groups);
  await startAll(services);
  if (options.servicesOnly) return;

  const others = around.flatMap((name) => programGroup(context, running, name));
  lifecycle.onStop('Alertmanager, exporters, Grafana', () => stopAll(others));
  // an alert that finds nobody listening is sent again after a minute only: Prometheus comes after Alertmanager
  await startAll(others);
  await notePageless(context, 'alertmanager');
  const last = programGroup(context, running, 'prometheus');
  lifecycle.onStop('Prometheus and the alert bot', () => stopAll(last));
  const prometheus = startAll(last);
  await Promise.race([prometheus, new Promise((resolve) => setTimeout(resolve, pagesTimeoutMs).unref())]);
  await notePageless(context, 'prometheus'); // the bot is told whether there is something to link to
  last.push(botGroup(context, running));
  await Promise.all([prometheus, startAll(last.slice(-1))]);
}

async function notePageless({ found, addresses, pageless }: PartContext, name: 'alertmanager' | 'prometheus') {
  if (found[name] && !(await hasPages(`http://${addresses[name]}`))) pageless.add(name);
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
  const process = createManagedProcess(spec, tellEvents('api', running));
  const name = `${project}-api-1`;
  const replica = { id: replicaId(name), name, number: 1, addresses: [context.addresses.api], process };
  const notScalable = 'has a fixed port';
  const create = () => Promise.reject(new Error(`api ${notScalable}`));
  return { service: 'api', optedIn: true, protected: false, notScalable, replicas: [replica], create };
}

async function workerGroup(context: PartContext, running: Running): Promise<ReplicaGroup> {
  const { config, ports } = context;
  const create = async (number: number): Promise<LocalReplica> => {
    const short = number === 1 ? 'worker' : `worker-${number}`;
    const wanted = ports.WORKER_PORT + number - 1;
    const port = number === 1 || (await isPortFree(wanted, config.BIND_ADDRESS)) ? wanted : await freePort();
    const process = createManagedProcess(serviceSpec(context, 'worker', short, port), tellEvents(short, running));
    const name = `${project}-worker-${number}`;
    return { id: replicaId(name), name, number, addresses: [`${reachable(config.BIND_ADDRESS)}:${port}`], process };
  };
  const numbers = Array.from({ length: config.WORKER_REPLICAS }, (_, index) => index + 1);
  return {
    service: 'worker',
    optedIn: true,
    protected: false,
    replicas: await Promise.all(numbers.map(create)),
    create,
  };
}

function botGroup(context: PartContext, running: Running): ReplicaGroup {
  const spec = serviceSpec(context, 'alert-bot', 'alert-bot', context.ports.ALERT_BOT_PORT);
  return single(context, running, 'alert-bot', createManagedProcess(spec, tellEvents('alert-bot', running)));
}

/** Nothing when the program is not installed. */
function programGroup(context: PartContext, running: Running, name: ProgramName): ReplicaGroup[] {
  const spec = programSpec(context, name);
  return spec ? [single(context, running, name, createManagedProcess(spec, tellEvents(name, running)))] : [];
}

function single(
  { addresses }: PartContext,
  { groups }: Running,
  service: keyof Addresses,
  process: ManagedProcess,
): ReplicaGroup {
  const name = `${project}-${service}-1`;
  const replica = { id: replicaId(name), name, number: 1, addresses: [addresses[service]], process };
  const group = protectedGroup(service, replica);
  groups.set(service, group);
  return group;
}
