import { count, plainSeconds } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { sqlTablePanel } from '../panels/sql-table-panel.ts';

/** Both read only the newest rows, through the primary key: a refresh costs the same however large the table is. */
export const tableContents: SizedPanel[] = [
  sqlTablePanel({
    title: 'The 1,000 newest transactions',
    description:
      'How many of them have each status, and how long they took to settle; for pending ones, how long they have waited. Read from the table itself.',
    unit: count,
    width: 24,
    height: 6,
    noValue: 'No transaction yet',
    sql: `SELECT status,
       count(*) AS transactions,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::float8 AS "median time",
       percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds)::float8 AS "p95 time"
FROM (SELECT status, extract(epoch FROM coalesce(settled_at, now()) - created_at) AS seconds
      FROM transactions ORDER BY id DESC LIMIT 1000) AS newest
GROUP BY status ORDER BY status`,
    columns: [
      { title: 'status', meaning: 'status' },
      { title: 'transactions', unit: count, width: 110 },
      { title: 'median time', unit: plainSeconds, decimals: 1, width: 120 },
      { title: 'p95 time', unit: plainSeconds, decimals: 1, width: 120 },
    ],
  }),
  sqlTablePanel({
    title: 'Newest transactions',
    description: 'The twenty newest rows, as the API lists them.',
    unit: count,
    width: 24,
    height: 11,
    noValue: 'No transaction yet',
    sql: `SELECT id::text AS id, created_at AS created, account_id AS account, amount, currency, status, settled_at AS settled
FROM transactions ORDER BY transactions.id DESC LIMIT 20`,
    columns: [
      { title: 'id' },
      { title: 'created', width: 175 },
      { title: 'account', width: 130 },
      { title: 'amount', unit: count, decimals: 2, width: 110 },
      { title: 'currency', width: 80 },
      { title: 'status', width: 80, meaning: 'status' },
      { title: 'settled', width: 175 },
    ],
  }),
];
