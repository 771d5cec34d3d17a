import * as units from '@grafana/grafana-foundation-sdk/units';
import { count, perSecond, share } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { lowIsGood } from '../thresholds.ts';

/** Label matchers of the host's exporter. */
export const selector = 'job="node-exporter",instance=~"$instance"';
/** File systems that fill up: the ones HostDiskFilling watches. Memory and image file systems are not among them. */
const disks = `${selector},fstype=~"ext[234]|xfs|btrfs|zfs|f2fs|vfat"`;
/** Real network cards: not the loopback and not the virtual ends of containers. */
const cards = `${selector},device!~"lo|veth.*|br-.*|docker.*|ifb.*"`;

/** Free share per disk. */
export const diskFree = `min by (device) (node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}})`;

/** Disks, network cards, file handles. */
export const devices: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Disk space left',
    description:
      'Free share of each disk, once per device. The dashed line is where HostDiskFilling warns in any case.',
    unit: share,
    width: 8,
    max: 1,
    queries: [{ expr: diskFree, legend: '{{device}}' }],
    thresholds: { base: 'red', steps: [[0.05, 'green']] },
  }),
  timeSeriesPanel({
    title: 'Disk throughput',
    description: 'Bytes per second read from and written to each disk.',
    unit: units.BytesPerSecondIEC,
    width: 8,
    queries: [
      { expr: `sum by (device) (rate(node_disk_read_bytes_total{${selector}}[$interval]))`, legend: '{{device}} read' },
      {
        expr: `sum by (device) (rate(node_disk_written_bytes_total{${selector}}[$interval]))`,
        legend: '{{device}} write',
      },
    ],
  }),
  timeSeriesPanel({
    title: 'Disk busy',
    description: 'Share of the time in which each disk had work to do. Near 100 % means that requests queue up.',
    unit: share,
    width: 8,
    max: 1,
    queries: [
      { expr: `max by (device) (rate(node_disk_io_time_seconds_total{${selector}}[$interval]))`, legend: '{{device}}' },
    ],
    thresholds: lowIsGood(0.9),
  }),
  timeSeriesPanel({
    title: 'Network',
    description:
      'Bytes per second through the network as the exporter sees it; inside a container that is its own card.',
    unit: units.BytesPerSecondIEC,
    width: 8,
    queries: [
      {
        expr: `sum by (device) (rate(node_network_receive_bytes_total{${cards}}[$interval]))`,
        legend: '{{device}} in',
      },
      {
        expr: `sum by (device) (rate(node_network_transmit_bytes_total{${cards}}[$interval]))`,
        legend: '{{device}} out',
      },
    ],
  }),
  timeSeriesPanel({
    title: 'Network errors and drops',
    description: 'Packets that were damaged or dropped. Anything but 0 deserves a look.',
    unit: perSecond,
    axis: 'packets per second',
    width: 8,
    queries: [
      { expr: `sum(rate(node_network_receive_errs_total{${cards}}[$interval]))`, legend: 'receive errors' },
      { expr: `sum(rate(node_network_transmit_errs_total{${cards}}[$interval]))`, legend: 'transmit errors' },
      { expr: `sum(rate(node_network_receive_drop_total{${cards}}[$interval]))`, legend: 'receive drops' },
    ],
  }),
  timeSeriesPanel({
    title: 'Open files',
    description: 'File handles in use on the whole machine. A line that only climbs is a leak.',
    unit: count,
    width: 8,
    queries: [{ expr: `sum(node_filefd_allocated{${selector}})`, legend: 'in use' }],
  }),
];
