import { parse, stringify } from 'yaml';

export interface Targets {
  /** Addresses (`host:port`) by job; a job that is not named here has none. */
  jobs: Readonly<Record<string, readonly string[]>>;
  /** Address of blackbox-exporter and the API's base URL as it sees it. */
  probe: { exporter: string; apiUrl: string };
  alertmanagers: readonly string[];
}

interface ScrapeConfig {
  job_name: string;
  scrape_interval?: string;
  scrape_timeout?: string;
  static_configs?: { targets: string[]; labels?: Record<string, string> }[];
  dns_sd_configs?: unknown;
  relabel_configs?: { target_label?: string; replacement?: string }[];
}

interface PrometheusConfig {
  global: Record<string, string>;
  alerting: { alertmanagers: { static_configs: { targets: readonly string[] }[] }[] };
  scrape_configs: ScrapeConfig[];
}

/** `prometheus.yml` for the same stack at other addresses; everything else stays. `global` replaces what it names, for every job. */
export function retargetScrapes(text: string, targets: Targets, global: Record<string, string> = {}): string {
  const config = parse(text) as PrometheusConfig;
  Object.assign(config.global, global);
  config.alerting.alertmanagers = [{ static_configs: [{ targets: targets.alertmanagers }] }];
  config.scrape_configs = config.scrape_configs.map((scrape) => {
    for (const name of ['scrape_interval', 'scrape_timeout'] as const) if (name in global) delete scrape[name];
    return scrape.job_name === 'probe' ? retargetProbe(scrape, targets.probe) : retargetJob(scrape, targets.jobs);
  });
  return stringify(config, { lineWidth: 0 });
}

function retargetJob({ dns_sd_configs: _, ...scrape }: ScrapeConfig, jobs: Targets['jobs']): ScrapeConfig {
  return { ...scrape, static_configs: [{ targets: [...(jobs[scrape.job_name] ?? [])] }] };
}

function retargetProbe(scrape: ScrapeConfig, { exporter, apiUrl }: Targets['probe']): ScrapeConfig {
  return {
    ...scrape,
    static_configs: (scrape.static_configs ?? []).map((group) => ({
      ...group,
      targets: group.targets.map((url) => `${apiUrl}${new URL(url).pathname}`),
    })),
    relabel_configs: (scrape.relabel_configs ?? []).map((rule) =>
      rule.target_label === '__address__' ? { ...rule, replacement: exporter } : rule,
    ),
  };
}
