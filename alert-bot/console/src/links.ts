import type { IncidentSummary } from '../../src/healer/healer.ts';

/** Where the pages are; null when there are none. */
export interface Links {
  prometheus?: string | null;
  grafana?: string | null;
}

interface AlertLinks {
  generatorURL?: string | undefined;
  annotations?: Readonly<Record<string, string>> | undefined;
}

export interface IncidentLinks {
  runbook: string;
  prometheus?: string;
  grafana?: string;
}

const marginMs = 10 * 60_000;
/** Dashboards of this stack that have the name of a service; all others are on the overview. */
const dashboards = new Set(['api', 'worker', 'database', 'host']);

/** Where else to look, with the incident's own time range. */
export function linksOf(
  incident: Pick<IncidentSummary, 'alertname' | 'service' | 'startsAt' | 'resolvedAt' | 'updatedAt' | 'labels'>,
  alert: AlertLinks | undefined,
  { prometheus, grafana }: Links,
): IncidentLinks {
  const from = Date.parse(incident.startsAt) - marginMs;
  const to = Date.parse(incident.resolvedAt ?? incident.updatedAt) + marginMs;
  const graph = graphOf(alert?.generatorURL, prometheus, from, to);
  return {
    runbook: runbookOf(incident.alertname),
    ...(graph === undefined ? {} : { prometheus: graph }),
    ...(!grafana
      ? {}
      : { grafana: dashboardOf(grafana, incident.service ?? incident.labels['service'] ?? '', from, to) }),
  };
}

/** The page that the bot serves itself, whatever host the annotation names. */
const runbookOf = (alertname: string): string =>
  `/runbooks#${encodeURIComponent(alertname.slice(0, 200).toLowerCase())}`;

/** The expression is in the address of the rule; Prometheus may have another name for the browser. */
function graphOf(
  generatorURL: string | undefined,
  prometheus: string | null | undefined,
  from: number,
  to: number,
): string | undefined {
  if (prometheus === null || generatorURL === undefined || !URL.canParse(generatorURL)) return undefined;
  const { searchParams } = new URL(generatorURL);
  const expression = searchParams.get('g0.expr');
  if (expression === null || prometheus === undefined) return generatorURL;
  const query = new URLSearchParams({
    'g0.expr': expression,
    'g0.tab': 'graph',
    'g0.range_input': `${Math.ceil((to - from) / 60_000)}m`,
    'g0.end_input': new Date(to).toISOString().slice(0, 19).replace('T', ' '),
  });
  return `${prometheus.replace(/\/$/, '')}/graph?${query}`;
}

const dashboardOf = (grafana: string, service: string, from: number, to: number): string =>
  `${grafana.replace(/\/$/, '')}/d/${dashboards.has(service) ? service : 'overview'}?from=${from}&to=${to}`;
