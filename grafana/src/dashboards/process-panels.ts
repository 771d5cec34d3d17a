import * as units from '@grafana/grafana-foundation-sdk/units';
import { cores, seconds } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { lowIsGood } from '../thresholds.ts';

/**
 * What every Node.js service shows of its process: memory, CPU and event loop, one line per replica.
 * @param selector label matchers of the service's replicas
 */
export const processPanels = (selector: string): SizedPanel[] => [
  timeSeriesPanel({
    title: 'Memory',
    description: 'Resident memory of each replica. A staircase that only a restart ends is a leak.',
    unit: units.BytesIEC,
    width: 8,
    queries: [{ expr: `process_resident_memory_bytes{${selector}}`, legend: '{{instance}}' }],
  }),
  timeSeriesPanel({
    title: 'CPU',
    description: 'CPU cores that each replica uses. Node.js runs our code on one: at 1 it is saturated.',
    unit: cores,
    width: 8,
    queries: [{ expr: `rate(process_cpu_seconds_total{${selector}}[$interval])`, legend: '{{instance}}' }],
    thresholds: lowIsGood(1),
  }),
  timeSeriesPanel({
    title: 'Event loop lag, p99',
    description: 'How late timers ran. Over 100 ms, something blocks the loop and every request waits for it.',
    unit: seconds,
    width: 8,
    queries: [{ expr: `nodejs_eventloop_lag_p99_seconds{${selector}}`, legend: '{{instance}}' }],
    thresholds: lowIsGood(0.1),
  }),
];
