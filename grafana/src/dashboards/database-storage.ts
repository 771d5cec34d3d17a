import * as units from '@grafana/grafana-foundation-sdk/units';
import { count, perSecond } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { database, rateOf, server } from './database-selectors.ts';

/** What the database keeps on disk, and how it gets at it. */
export const storage: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Blocks read',
    description: 'Blocks from shared buffers and from the disk (or the page cache of the host).',
    unit: perSecond,
    axis: 'blocks per second',
    width: 8,
    queries: [
      { expr: rateOf('pg_stat_database_blks_hit'), legend: 'from memory' },
      { expr: rateOf('pg_stat_database_blks_read'), legend: 'from disk' },
    ],
    colors: { 'from disk': 'orange' },
  }),
  timeSeriesPanel({
    title: 'Temporary files',
    description: 'Bytes per second that sorts and joins wrote to disk because work_mem was too small.',
    unit: units.BytesPerSecondIEC,
    width: 8,
    queries: [{ expr: rateOf('pg_stat_database_temp_bytes'), legend: 'written' }],
  }),
  timeSeriesPanel({
    title: 'Size and write-ahead log',
    description:
      'The database on disk and the write-ahead log of the server. A log that only grows has a stuck replication slot or archiver.',
    unit: units.BytesIEC,
    width: 8,
    queries: [
      { expr: `max(pg_database_size_bytes{${database}})`, legend: 'database' },
      { expr: `max(pg_wal_size_bytes{${server}})`, legend: 'write-ahead log' },
    ],
  }),
  timeSeriesPanel({
    title: 'Live and dead rows',
    description: 'Rows per table. Dead rows are cleaned by autovacuum; many for long mean that it cannot keep up.',
    unit: count,
    width: 8,
    queries: [
      { expr: `max by (relname) (pg_stat_user_tables_n_live_tup{${database}})`, legend: '{{relname}} live' },
      { expr: `max by (relname) (pg_stat_user_tables_n_dead_tup{${database}})`, legend: '{{relname}} dead' },
    ],
    colors: { '/dead$/': 'orange' },
  }),
  timeSeriesPanel({
    title: 'Table and index size',
    description: 'Bytes on disk per table, and of its indexes.',
    unit: units.BytesIEC,
    width: 8,
    queries: [
      { expr: `max by (relname) (pg_stat_user_tables_table_size_bytes{${database}})`, legend: '{{relname}}' },
      { expr: `max by (relname) (pg_stat_user_tables_index_size_bytes{${database}})`, legend: '{{relname}} indexes' },
    ],
  }),
  timeSeriesPanel({
    title: 'Scans',
    description: 'Scans by kind. Many sequential scans of a table that grows call for an index.',
    unit: perSecond,
    axis: 'scans per second',
    width: 8,
    queries: [
      { expr: rateOf('pg_stat_user_tables_idx_scan'), legend: 'index' },
      { expr: rateOf('pg_stat_user_tables_seq_scan'), legend: 'sequential' },
    ],
    colors: { sequential: 'orange' },
  }),
];
