import type { World } from './world.ts';

/** `at`: seconds since the first midnight. */
export type Sink = (series: string, value: number, at: number) => void;

/**
 * What Prometheus would have scraped at that second, as its configuration has it: services and probes each 2 s, the rest each 5 s.
 * Nothing is marked as gone, as if Prometheus were stopped whenever a series ends.
 */
export function scrape(world: World, at: number, epoch: number, sink: Sink): void {
  if (!world.prometheus.runs) return;
  const put = (series: string, value: number) => sink(series, value, at);
  if (at % 2 === 0) {
    scrapeApi(world, put, epoch);
    scrapeWorkers(world, put, epoch);
    put('probe_success{job="probe",service="api",check="live"}', world.api.live ? 1 : 0);
    put('probe_http_status_code{job="probe",service="api",check="health"}', statusOf(world));
  }
  if (at % 5 === 0) scrapeRest(world, put, epoch);
}

const statusOf = ({ api, database }: World): number => (api.healthy ? 200 : api.live && !database.up ? 503 : 0);

type Put = (series: string, value: number) => void;

function scrapeApi({ api, database }: World, put: Put, epoch: number): void {
  if (!api.listed) return;
  const labels = `job="api",instance="${api.instance}"`;
  put(`up{${labels}}`, api.answers ? 1 : 0);
  if (!api.answers) return;
  const histogram = (status: string, all: number, fast: number) => {
    const own = `${labels},method="GET",path="/transactions",status_code="${status}"`;
    put(`http_request_duration_seconds_bucket{${own},le="0.2"}`, fast);
    put(`http_request_duration_seconds_bucket{${own},le="0.5"}`, all);
    put(`http_request_duration_seconds_bucket{${own},le="+Inf"}`, all);
    put(`http_request_duration_seconds_count{${own}}`, all);
  };
  histogram('200', api.ok, api.okFast);
  if (api.failed > 0) histogram('500', api.failed, api.failedFast);
  put(`api_database_up{${labels}}`, database.up ? 1 : 0);
  put(`api_database_statement_seconds_bucket{${labels},le="0.2"}`, api.statementsFast);
  put(`api_database_statement_seconds_bucket{${labels},le="1"}`, api.statements);
  put(`api_database_statement_seconds_bucket{${labels},le="+Inf"}`, api.statements);
  put(`api_database_statement_seconds_count{${labels}}`, api.statements);
  scrapeProcess(api, labels, put, epoch);
}

function scrapeWorkers({ workers, pending, database }: World, put: Put, epoch: number): void {
  for (const worker of workers) {
    if (!worker.listed) continue;
    const labels = `job="worker",instance="${worker.instance}"`;
    put(`up{${labels}}`, worker.answers ? 1 : 0);
    if (!worker.answers) continue;
    if (database.up) put(`worker_backlog_transactions{${labels}}`, Math.round(pending));
    put(`worker_transactions_settled_total{${labels},result="settled"}`, worker.settled);
    put(`worker_last_progress_timestamp_seconds{${labels},loop="settle"}`, epoch + worker.progressAt);
    put(`worker_batches_total{${labels},loop="settle",result="error"}`, worker.batchErrors);
    put(`worker_batch_duration_seconds_sum{${labels},loop="settle"}`, worker.batchSeconds);
    put(`worker_batch_duration_seconds_count{${labels},loop="settle"}`, worker.batches);
    scrapeProcess(worker, labels, put, epoch);
  }
}

function scrapeProcess(
  process: World['api'] | World['workers'][number],
  labels: string,
  put: Put,
  epoch: number,
): void {
  put(`process_start_time_seconds{${labels}}`, epoch + process.startedAt);
  put(`process_cpu_seconds_total{${labels}}`, process.cpuSeconds);
  put(`process_open_fds{${labels}}`, process.openFiles);
  put(`process_max_fds{${labels}}`, 1_048_576);
  put(`nodejs_eventloop_lag_p99_seconds{${labels}}`, process.lagSeconds);
}

function scrapeRest({ database, prometheus, host }: World, put: Put, epoch: number): void {
  put('up{job="prometheus",instance="localhost:9090"}', 1);
  put('process_start_time_seconds{job="prometheus",instance="localhost:9090"}', epoch + prometheus.startedAt);
  put('up{job="postgres-exporter",instance="postgres-exporter:9187"}', 1);
  put('pg_up{job="postgres-exporter",instance="postgres-exporter:9187"}', database.up ? 1 : 0);
  if (database.up) {
    put(
      'pg_stat_database_numbackends{job="postgres-exporter",instance="postgres-exporter:9187",datname="transactions"}',
      25,
    );
    put('pg_settings_max_connections{job="postgres-exporter",instance="postgres-exporter:9187"}', 100);
  }
  put('up{job="node-exporter",instance="node-exporter:9100"}', 1);
  put(
    'node_cpu_seconds_total{job="node-exporter",instance="node-exporter:9100",cpu="0",mode="idle"}',
    host.idleSeconds / 2,
  );
  put('node_memory_MemTotal_bytes{job="node-exporter",instance="node-exporter:9100"}', 8e9);
  put('node_memory_MemAvailable_bytes{job="node-exporter",instance="node-exporter:9100"}', 2e9);
  put('up{job="alert-bot",instance="10.0.3.2:5001"}', 1);
}
