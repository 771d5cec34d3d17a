import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { retargetScrapes } from '@stack/prometheus/src/retarget-scrapes.ts';
import { parse, stringify } from 'yaml';
import { fastGlobal, fastRules, fastRunbooks, fastWatchdog } from './shorten-configuration.ts';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** `host:port` of each part that runs, as the others reach it. */
export interface Addresses {
  api: string;
  'alert-bot': string;
  prometheus: string;
  alertmanager: string;
  grafana: string;
  db: string;
  'node-exporter': string;
  'blackbox-exporter': string;
  'postgres-exporter': string;
}

/** Addresses for browsers. */
export interface Links {
  alertBot: string;
  grafana: string;
  prometheus: string;
  alertmanager: string;
}

export interface RenderOptions {
  /** Where the copies go. */
  directory: string;
  addresses: Addresses;
  /** Where browsers reach those that alerts link to. */
  links: Links;
  /** Parts that do not run: Prometheus gets no target for them. */
  missing: readonly string[];
  /** Seconds instead of minutes in rules, runbooks and routes. */
  fast: boolean;
}

/**
 * Copies the committed configuration with the addresses of this machine: the same rules and routes as in compose, never a
 * second set. What a person follows from an alert leads to the right port too.
 */
export async function renderConfiguration(options: RenderOptions): Promise<void> {
  const { directory, fast } = options;
  await rm(directory, { recursive: true, force: true });
  await mkdir(join(directory, 'targets'), { recursive: true });
  for (const name of ['alert.rules.yml', 'recording.rules.yml'])
    await copy(`prometheus/${name}`, join(directory, name), fast ? fastRules : undefined);
  await copy('prometheus/blackbox.yml', join(directory, 'blackbox.yml'));
  await copy('prometheus/prometheus.yml', join(directory, 'prometheus.yml'), (text) => localScrapes(text, options));
  await cp(join(repository, 'alertmanager/templates'), join(directory, 'alertmanager/templates'), { recursive: true });
  await copy('alertmanager/render.sh', join(directory, 'alertmanager/render.sh'));
  await copy('alertmanager/config.yml', join(directory, 'alertmanager/config.yml'), fast ? fastWatchdog : undefined);
  if (fast) await copy('alert-bot/runbooks.yml', join(directory, 'runbooks.yml'), fastRunbooks);
  await renderGrafana(options);
}

async function copy(from: string, to: string, change: (text: string) => string = (text) => text): Promise<void> {
  await writeFile(to, change(await readFile(join(repository, from), 'utf8')));
}

/** The worker's replicas come and go, so they are found through a file that we write; Prometheus watches it. */
function localScrapes(text: string, { addresses, links, missing, fast }: RenderOptions): string {
  const { api, alertmanager } = addresses;
  const jobs = Object.entries(addresses)
    .filter(([job]) => job !== 'db' && !missing.includes(job))
    .map(([job, address]) => [job, [address]]);
  const retargeted = retargetScrapes(
    text,
    {
      jobs: Object.fromEntries(jobs),
      probe: { exporter: addresses['blackbox-exporter'], apiUrl: `http://${api}` },
      alertmanagers: missing.includes('alertmanager') ? [] : [alertmanager],
    },
    fast ? fastGlobal : {},
  );
  const config = parse(retargeted) as {
    global: Record<string, unknown>;
    scrape_configs: { job_name: string; static_configs?: unknown }[];
  };
  // written out: older versions of Prometheus put no variables in
  config.global['external_labels'] = { alert_bot_url: links.alertBot, grafana_url: links.grafana };
  config.scrape_configs = config.scrape_configs
    .filter(({ job_name }) => job_name !== 'probe' || !missing.includes('blackbox-exporter'))
    .map(({ static_configs, ...scrape }) =>
      scrape.job_name === 'worker'
        ? { ...scrape, file_sd_configs: [{ files: ['targets/worker.json'], refresh_interval: '5s' }] }
        : { ...scrape, static_configs },
    );
  return stringify(config, { lineWidth: 0 });
}

/** Replaced as a whole, so that Prometheus never reads half of it. */
export async function writeWorkerTargets(directory: string, targets: readonly string[]): Promise<void> {
  const file = join(directory, 'targets/worker.json');
  await writeFile(`${file}.new`, JSON.stringify([{ targets }]));
  await rename(`${file}.new`, file);
}

async function renderGrafana({ directory, addresses }: RenderOptions): Promise<void> {
  const target = join(directory, 'grafana/provisioning');
  await cp(join(repository, 'grafana/provisioning'), target, { recursive: true });
  await copy('grafana/provisioning/datasources/stack.yml', join(target, 'datasources/stack.yml'), (text) =>
    text
      .replace('http://prometheus:9090', `http://${addresses.prometheus}`)
      .replace('http://alertmanager:9093', `http://${addresses.alertmanager}`)
      .replace('db:5432', addresses.db),
  );
  await copy('grafana/provisioning/dashboards/stack.yml', join(target, 'dashboards/stack.yml'), (text) =>
    text.replace('/etc/grafana/dashboards', join(repository, 'grafana/dashboards')),
  );
}
