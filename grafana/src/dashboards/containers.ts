import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { BytesIEC } from '@grafana/grafana-foundation-sdk/units';
import { createDashboard } from '../create-dashboard.ts';
import { valueTexts } from '../mappings.ts';
import { cores, count, plain, share } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { statePanel } from '../panels/state-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { traffic } from './container-traffic.ts';

const selector = 'replica=~"$instance"';
const ofLimit = `container_memory_working_set_bytes{${selector}} / container_spec_memory_limit_bytes{${selector}}`;
const cpu = `sum by (project, service, replica) (rate(container_cpu_usage_seconds_total{${selector}}[$interval]))`;
const healthCodes = ['none', 'healthy', 'starting', 'unhealthy']
  .map((health, code) => `max by (replica) (container_health{${selector},health="${health}"}) * ${code}`)
  .join(' + ');

const trouble: SizedPanel[] = [
  statPanel({
    title: 'Running',
    description: 'Containers of the projects in scope that run now.',
    unit: count,
    width: 4,
    expr: `sum(container_state{${selector},state="running"})`,
    thresholds: highIsGood(1),
  }),
  statPanel({
    title: 'Unhealthy',
    description: 'Containers whose healthcheck fails now. ContainerUnhealthy calls a person after 5 minutes.',
    unit: count,
    width: 4,
    expr: `sum(container_health{${selector},health="unhealthy"})`,
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'Nearest limit',
    description: 'Memory of the container that is nearest to its limit. Over 90 % and growing, the bot restarts it.',
    unit: share,
    width: 4,
    expr: `max(${ofLimit})`,
    thresholds: lowIsGood(0.9, 0.8),
  }),
  statPanel({
    title: 'Most throttled',
    description:
      'Share of the time in which the most limited container had to wait for its CPU limit. 0 without limits.',
    unit: share,
    width: 4,
    expr: `max(rate(container_cpu_cfs_throttled_periods_total{${selector}}[$interval]) / (rate(container_cpu_cfs_periods_total{${selector}}[$interval]) > 0)) or vector(0)`,
    thresholds: lowIsGood(0.5, 0.25),
  }),
  statPanel({
    title: 'Restarts, 1 h',
    description:
      'In the last hour: starts by restart policies: a container ended and Docker started it again. The bot is not counted.',
    unit: count,
    width: 4,
    sparkline: false,
    expr: `round(sum(increase(container_restarts_total{${selector}}[1h])))`,
    thresholds: lowIsGood(3, 1),
  }),
  statPanel({
    title: 'OOM kills, 24 h',
    description:
      'Times in the last 24 h that the kernel killed a process of a container because it reached its memory limit.',
    unit: count,
    width: 4,
    sparkline: false,
    expr: `round(sum(increase(container_oom_events_total{${selector}}[24h])))`,
    thresholds: lowIsGood(1),
  }),
];

const memory: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Memory against limit',
    description:
      'Memory without page cache as a share of the limit; at 100 % the kernel kills. The dashed line is where ContainerMemoryNearLimit begins.',
    unit: share,
    width: 12,
    max: 1,
    queries: [{ expr: ofLimit, legend: '{{replica}}' }],
    thresholds: lowIsGood(0.9),
  }),
  timeSeriesPanel({
    title: 'Memory',
    description: 'Memory in use, without page cache. A staircase that only a restart ends is a leak.',
    unit: BytesIEC,
    width: 12,
    queries: [{ expr: `container_memory_working_set_bytes{${selector}}`, legend: '{{replica}}' }],
  }),
];

const cpuAndHealth: SizedPanel[] = [
  timeSeriesPanel({
    title: 'CPU',
    description: 'CPU cores in use by each container.',
    unit: cores,
    width: 12,
    queries: [{ expr: cpu, legend: '{{replica}}' }],
  }),
  statePanel({
    title: 'Health',
    description: 'What each healthcheck says. A gap: the container was gone or could not be measured.',
    unit: plain,
    width: 12,
    queries: [{ expr: healthCodes, legend: '{{replica}}' }],
    mappings: valueTexts({
      0: ['no healthcheck', 'text'],
      1: ['healthy', 'green'],
      2: ['starting', 'yellow'],
      3: ['unhealthy', 'red'],
    }),
  }),
];

/** Which container is in trouble with its resources? */
export const containers = (): Dashboard =>
  createDashboard({
    uid: 'containers',
    description: 'Which container is near its memory or CPU limit, restarts, was killed for memory, or is unhealthy.',
    variables: [instanceVariable('container_state', 'replica'), intervalVariable()],
    sections: [
      { title: 'Is a container in trouble?', panels: [...trouble, ...memory] },
      { title: 'CPU and health', panels: cpuAndHealth, collapsed: true },
      { title: 'Restarts, network and disk', panels: traffic, collapsed: true },
    ],
  });
