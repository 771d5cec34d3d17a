import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard } from '../create-dashboard.ts';
import { count, duration, perSecond, plain, share } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { devices, diskFree, selector } from './host-devices.ts';

const cpuUsed = `1 - avg(rate(node_cpu_seconds_total{${selector},mode="idle"}[$interval]))`;
const memoryUsed = `1 - sum(node_memory_MemAvailable_bytes{${selector}}) / sum(node_memory_MemTotal_bytes{${selector}})`;

const summary: SizedPanel[] = [
  statPanel({
    title: 'CPU',
    description: 'Share of the CPU time in use. HostHighCPU warns over 90 % for 5 minutes.',
    unit: share,
    width: 4,
    expr: cpuUsed,
    thresholds: lowIsGood(0.9, 0.75),
  }),
  statPanel({
    title: 'Memory',
    description: 'Share of the memory that cannot be given to a new process. Cache does not count as used.',
    unit: share,
    width: 4,
    expr: memoryUsed,
    thresholds: lowIsGood(0.9, 0.8),
  }),
  statPanel({
    title: 'Fullest disk',
    description:
      'Used share of the fullest disk. HostDiskFilling warns over 95 %, or earlier when it will be full in four hours.',
    unit: share,
    width: 4,
    expr: `1 - min(${diskFree})`,
    thresholds: lowIsGood(0.95, 0.8),
  }),
  statPanel({
    title: 'Load per CPU',
    description: 'Processes that run or want to, per CPU, over 5 minutes. Above 1 they wait for each other.',
    unit: plain,
    width: 4,
    decimals: 2,
    expr: `sum(node_load5{${selector}}) / count(node_cpu_seconds_total{${selector},mode="idle"})`,
    thresholds: lowIsGood(1.5, 1),
  }),
  statPanel({
    title: 'OOM kills, 24 h',
    description:
      'Processes that the kernel killed in the last 24 h because memory ran out, also inside the limit of a container.',
    unit: count,
    width: 4,
    sparkline: false,
    expr: `round(sum(increase(node_vmstat_oom_kill{${selector}}[24h])))`,
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'Up for',
    description: 'Time since the machine was started.',
    unit: duration,
    width: 4,
    sparkline: false,
    expr: `round(min(time() - node_boot_time_seconds{${selector}}))`,
  }),
];

const compute: SizedPanel[] = [
  timeSeriesPanel({
    title: 'CPU by mode',
    description:
      'Share of all CPUs by what they did. "iowait" is the disk, "steal" is the neighbour on the same machine.',
    unit: share,
    width: 12,
    max: 1,
    stacked: true,
    queries: [
      {
        expr: `avg by (mode) (rate(node_cpu_seconds_total{${selector},mode!="idle"}[$interval]))`,
        legend: '{{mode}}',
      },
    ],
  }),
  timeSeriesPanel({
    title: 'Memory',
    description: 'What is there, and what can still be given to processes.',
    unit: units.BytesIEC,
    width: 12,
    queries: [
      { expr: `sum(node_memory_MemTotal_bytes{${selector}})`, legend: 'total' },
      { expr: `sum(node_memory_MemAvailable_bytes{${selector}})`, legend: 'available' },
      { expr: `sum(node_memory_MemFree_bytes{${selector}})`, legend: 'free' },
    ],
    limits: ['total'],
  }),
];

const load: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Load and CPUs',
    description: 'Load average against the number of CPUs. Above the dashed line, processes wait.',
    unit: plain,
    width: 12,
    decimals: 1,
    queries: [
      { expr: `sum(node_load1{${selector}})`, legend: 'load 1m' },
      { expr: `sum(node_load5{${selector}})`, legend: 'load 5m' },
      { expr: `count(node_cpu_seconds_total{${selector},mode="idle"})`, legend: 'CPUs' },
    ],
    limits: ['CPUs'],
    colors: { CPUs: 'red', 'load 1m': 'blue', 'load 5m': 'purple' },
  }),
  timeSeriesPanel({
    title: 'Context switches',
    description: 'A sudden jump means that many processes fight for the CPUs.',
    unit: perSecond,
    axis: 'switches per second',
    width: 12,
    queries: [{ expr: `sum(rate(node_context_switches_total{${selector}}[$interval]))`, legend: 'context switches' }],
  }),
];

/** Has the machine enough of everything? */
export const host = (): Dashboard =>
  createDashboard({
    uid: 'host',
    description:
      'Has the machine enough CPU, memory, disk and network? The bot never acts on the host; it tells people.',
    variables: [instanceVariable('up{job="node-exporter"}'), intervalVariable()],
    sections: [
      { title: 'Is there enough?', panels: [...summary, ...compute] },
      { title: 'Load', panels: load, collapsed: true },
      { title: 'Disks, network, files', panels: devices, collapsed: true },
    ],
  });
