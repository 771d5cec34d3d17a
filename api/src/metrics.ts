import { createMetrics, type Metrics } from '@stack/service-kit/metrics';
import { type Pool, poolConnections } from '@stack/service-kit/postgres';
import { databaseErrorKinds } from '@stack/service-kit/sqlstate';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { type FaultName, faultNames } from './faults/fault-names.ts';
import { apiProblems } from './problems.ts';
import { readQueries } from './transactions/read-queue.ts';

export const idempotencyResults = ['first', 'replayed', 'mismatch'] as const;

export interface ApiMetrics extends Metrics {
  transactionsCreated: Counter;
  insertStatements: Counter;
  readStatements: Counter<'query'>;
  idempotentRequests: Counter<'result'>;
  problems: Counter<'code'>;
  databaseUp: Gauge;
  databaseStatements: Histogram;
  databaseErrors: Counter<'kind'>;
  faultsInjected: Counter<'fault'>;
}

export interface ApiMetricSources {
  pool: Pool;
  activeFaults: () => Record<FaultName, number>;
  requestsInFlight: () => number;
  insertsWaiting: () => number;
  readsWaiting: () => number;
  defaultMetrics?: boolean | undefined;
}

/** Seconds. One boundary is the 200 ms that an answer may take. */
const statementBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5];

/** The `api` rows of prometheus/metrics.md. */
export function createApiMetrics(sources: ApiMetricSources): ApiMetrics {
  const { pool, activeFaults, requestsInFlight, insertsWaiting, readsWaiting, defaultMetrics = true } = sources;
  const collectors = [
    'api_postgres_pool_connections',
    'api_requests_in_flight',
    'api_inserts_waiting',
    'api_reads_waiting',
    'api_fault_active',
  ];
  const metrics = createMetrics({ prefix: 'api', collectors, defaultMetrics });
  const { counter, gauge } = metrics;
  metrics.collectedGauge({
    name: 'api_postgres_pool_connections',
    help: 'The PostgreSQL pool as it is now.',
    label: 'state',
    collect: () => poolConnections(pool),
  });
  metrics.collectedGauge({
    name: 'api_requests_in_flight',
    help: 'Requests accepted and not answered yet.',
    collect: requestsInFlight,
  });
  metrics.collectedGauge({
    name: 'api_inserts_waiting',
    help: 'Transactions that wait to be stored together.',
    collect: insertsWaiting,
  });
  metrics.collectedGauge({
    name: 'api_reads_waiting',
    help: 'Requests that wait to be answered by one statement together.',
    collect: readsWaiting,
  });
  metrics.collectedGauge({
    name: 'api_fault_active',
    help: '1 while the fault is switched on.',
    label: 'fault',
    collect: activeFaults,
  });
  return {
    ...metrics,
    transactionsCreated: counter('api_transactions_created_total', 'Transactions inserted by POST /transactions.'),
    insertStatements: counter('api_insert_statements_total', 'Statements that stored transactions without a key.'),
    readStatements: counter('api_read_statements_total', 'Statements that answered GET requests for transactions.', {
      query: readQueries,
    }),
    idempotentRequests: counter('api_idempotent_requests_total', 'Requests that carried an Idempotency-Key.', {
      result: idempotencyResults,
    }),
    problems: counter('api_problems_total', 'Answers of application/problem+json.', { code: Object.keys(apiProblems) }),
    databaseUp: gauge('api_database_up', '1 when the last health check reached the database, else 0.'),
    databaseStatements: metrics.histogram(
      'api_database_statement_seconds',
      'Duration of a statement, without the wait for a connection.',
      statementBuckets,
    ),
    databaseErrors: counter('api_database_errors_total', 'Failed database operations.', { kind: databaseErrorKinds }),
    faultsInjected: counter('api_faults_injected_total', 'Requests or operations that a fault touched.', {
      fault: faultNames,
    }),
  };
}
