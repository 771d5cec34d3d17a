import { BytesPerSecondIEC } from '@grafana/grafana-foundation-sdk/units';
import { count } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';

const selector = 'replica=~"$instance"';

const rateOf = (counter: string) => `sum by (project, service) (rate(${counter}{${selector}}[$interval]))`;

/** What containers move, and how often they were started again. */
export const traffic: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Restarts by policy',
    description:
      'How often Docker has started each container again since somebody started it. A slope is a crash loop.',
    unit: count,
    width: 12,
    queries: [{ expr: `container_restarts_total{${selector}}`, legend: '{{replica}}' }],
  }),
  timeSeriesPanel({
    title: 'Network received',
    description: 'Bytes per second that come in, by service; replicas added up.',
    unit: BytesPerSecondIEC,
    width: 12,
    queries: [{ expr: rateOf('container_network_receive_bytes_total'), legend: '{{project}} {{service}}' }],
  }),
  timeSeriesPanel({
    title: 'Network sent',
    description: 'Bytes per second that go out, by service; replicas added up.',
    unit: BytesPerSecondIEC,
    width: 12,
    queries: [{ expr: rateOf('container_network_transmit_bytes_total'), legend: '{{project}} {{service}}' }],
  }),
  timeSeriesPanel({
    title: 'Disk written',
    description: 'Bytes per second written to block devices, by service. Writes that the page cache holds come later.',
    unit: BytesPerSecondIEC,
    width: 12,
    queries: [{ expr: rateOf('container_fs_writes_bytes_total'), legend: '{{project}} {{service}}' }],
  }),
];
