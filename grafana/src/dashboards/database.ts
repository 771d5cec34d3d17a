import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard } from '../create-dashboard.ts';
import { upOrDown } from '../mappings.ts';
import { clock, count, perSecond, plain, share } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { database, rateOf, server } from './database-selectors.ts';
import { storage } from './database-storage.ts';
import { tableContents } from './table-contents.ts';

const health: SizedPanel[] = [
  statPanel({
    title: 'PostgreSQL',
    description:
      'Whether the exporter can log in and ask. Down for 30 s fires DatabaseDown, which silences its symptoms.',
    unit: plain,
    width: 4,
    expr: `min(pg_up{${server}})`,
    mappings: upOrDown,
    thresholds: highIsGood(1),
  }),
  statPanel({
    title: 'Connections used',
    description: 'Connections of all databases as a share of max_connections. At 100 % nobody new gets in.',
    unit: share,
    width: 4,
    expr: `sum(pg_stat_database_numbackends{${server}}) / max(pg_settings_max_connections{${server}})`,
    thresholds: lowIsGood(0.9, 0.7),
  }),
  statPanel({
    title: 'Cache hits',
    description:
      'Share of the blocks that were found in shared buffers. Under 95 % for long, memory is short for the data in use.',
    unit: share,
    width: 4,
    expr: `${rateOf('pg_stat_database_blks_hit')} / (${rateOf('pg_stat_database_blks_hit')} + ${rateOf('pg_stat_database_blks_read')} > 0)`,
    thresholds: highIsGood(0.9, 0.95),
  }),
  statPanel({
    title: 'Transaction age',
    description:
      'How long the oldest open transaction has run. Long ones keep vacuum from cleaning up and locks from being released.',
    unit: clock,
    width: 4,
    expr: `round(max(pg_stat_activity_max_tx_duration{${database}}))`,
    thresholds: lowIsGood(300, 60),
  }),
  statPanel({
    title: 'Deadlocks, 24 h',
    description:
      'Transactions of the last 24 h that PostgreSQL ended because they waited for each other. Claims skip locked rows, so there should be none.',
    unit: count,
    width: 4,
    sparkline: false,
    expr: `round(sum(increase(pg_stat_database_deadlocks{${database}}[24h])))`,
    thresholds: lowIsGood(10, 1),
  }),
  statPanel({
    title: 'Size',
    description: 'Size of the database on disk, indexes included. Settled rows past their retention are pruned.',
    unit: units.BytesIEC,
    width: 4,
    expr: `max(pg_database_size_bytes{${database}})`,
  }),
];

const load: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Transactions',
    description: 'Commits and rollbacks. Many rollbacks mean that the services run into errors.',
    unit: perSecond,
    axis: 'transactions per second',
    width: 12,
    queries: [
      { expr: rateOf('pg_stat_database_xact_commit'), legend: 'commits' },
      { expr: rateOf('pg_stat_database_xact_rollback'), legend: 'rollbacks' },
    ],
    colors: { commits: 'green', rollbacks: 'red' },
  }),
  timeSeriesPanel({
    title: 'Connections',
    description:
      'Connections to the database by state, under the limit of the server. "idle in transaction" is a client that forgot to commit.',
    unit: count,
    width: 12,
    queries: [
      {
        expr: `sum by (state) (pg_stat_activity_count{${database},state!~"disabled|fastpath function call"})`,
        legend: '{{state}}',
      },
      { expr: `max(pg_settings_max_connections{${server}})`, legend: 'limit' },
    ],
    limits: ['limit'],
    colors: { limit: 'red', active: 'blue', idle: 'green', 'idle in transaction': 'orange' },
  }),
];

const rows: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Rows',
    description: 'Rows written, and rows that queries fetched.',
    unit: perSecond,
    axis: 'rows per second',
    width: 12,
    queries: [
      { expr: rateOf('pg_stat_database_tup_inserted'), legend: 'inserted' },
      { expr: rateOf('pg_stat_database_tup_updated'), legend: 'updated' },
      { expr: rateOf('pg_stat_database_tup_deleted'), legend: 'deleted' },
      { expr: rateOf('pg_stat_database_tup_fetched'), legend: 'fetched' },
    ],
  }),
  timeSeriesPanel({
    title: 'Locks',
    description:
      'Locks held or awaited, by mode. accessexclusivelock beside normal traffic is a migration or an explicit LOCK.',
    unit: count,
    width: 12,
    queries: [{ expr: `sum by (mode) (pg_locks_count{${database}})`, legend: '{{mode}}' }],
    colors: { accessexclusivelock: 'red' },
  }),
];

/** Is the database well, and what is in it? */
export const databaseDashboard = (): Dashboard =>
  createDashboard({
    uid: 'database',
    description: 'Is PostgreSQL there, has it room for more connections, what do the services do to it, what is in it?',
    variables: [instanceVariable('up{job="postgres-exporter"}'), intervalVariable()],
    sections: [
      { title: 'Is it well?', panels: [...health, ...load] },
      { title: 'Rows and locks', panels: rows, collapsed: true },
      { title: 'The transactions themselves', panels: tableContents, collapsed: true },
      { title: 'Storage', panels: storage, collapsed: true },
    ],
  });
