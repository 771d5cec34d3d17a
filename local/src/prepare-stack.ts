import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@stack/db/free-port';
import { startAgent } from './bot-agent.ts';
import { bundle } from './bundle-service.ts';
import { type LocalConfig, type Ports, portNames } from './config.ts';
import { canFetchPrograms, fetchPrograms } from './fetch-programs.ts';
import { startManagedDatabase } from './managed-database.ts';
import { loadMemoryLimits } from './memory-limits.ts';
import { type PartContext, reachable } from './parts.ts';
import { type FoundPrograms, findPrograms, howToGetPrograms, missingPrograms } from './programs.ts';
import { project } from './project-name.ts';
import { type Addresses, type Links, renderConfiguration } from './render-configuration.ts';
import { protectedGroup, replicaId } from './replica-group.ts';
import type { Running, SupervisorOptions } from './stack-context.ts';
import { tellEvents } from './tell-events.ts';

/** What every part's command line needs: programs, ports, bundles, the configuration, the database, the bot's agent. */
export async function prepareStack(running: Running): Promise<PartContext> {
  const { config, env, directory, fast, servicesOnly, console: out } = running.options;
  for (const name of ['bundles', 'alert-bot', 'grafana']) await mkdir(join(directory, name), { recursive: true });
  const found = servicesOnly ? {} : await programsFor(running.options);
  const ports = await resolvePorts(config);
  const addresses = addressesOf(config, ports);
  const bundles = Promise.all(
    ['api', 'worker', ...(servicesOnly ? [] : ['alert-bot'])].map((service) =>
      bundle(service, join(directory, `bundles/${service}.js`)),
    ),
  );
  bundles.catch(() => undefined); // awaited below; until then a failure must not end the process
  const missing = [...missingPrograms(found), ...(found.grafana ? [] : ['grafana'])];
  const links = linksOf(config, ports);
  await renderConfiguration({ directory: join(directory, 'config'), addresses, links, missing, fast });
  const database = await startDatabase(running, ports.DB_PORT);
  out.say('PostgreSQL is ready, the schema is up to date', false);
  const memoryLimits = await loadMemoryLimits();
  const agent = servicesOnly ? { url: '', token: '' } : await startAgent(running, memoryLimits);
  await bundles;
  return {
    ...{ config, ports, addresses, links, directory, fast, env, found, agent, memoryLimits, database },
    pageless: new Set(),
  };
}

async function startDatabase(running: Running, port: number) {
  const { groups, lifecycle, logger, options } = running;
  const dataDirectory = join(options.directory, 'postgres');
  const database = await startManagedDatabase({ dataDirectory, port, logger, onEvent: tellEvents('db', running) });
  lifecycle.onStop('PostgreSQL', () => database.process.stop());
  const name = `${project}-db-1`;
  const { address, process } = database;
  groups.set('db', protectedGroup('db', { id: replicaId(name), name, number: 1, addresses: [address], process }));
  return database;
}

async function programsFor({ env, fetch, console: out }: SupervisorOptions): Promise<FoundPrograms> {
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

function linksOf({ BIND_ADDRESS, PUBLIC_HOST = reachable(BIND_ADDRESS) }: LocalConfig, ports: Ports): Links {
  const at = (port: number) => `http://${PUBLIC_HOST}:${port}`;
  return {
    alertBot: at(ports.ALERT_BOT_PORT),
    grafana: at(ports.GRAFANA_PORT),
    prometheus: at(ports.PROMETHEUS_PORT),
    alertmanager: at(ports.ALERTMANAGER_PORT),
  };
}
