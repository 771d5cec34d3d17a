import { expect, test } from 'vitest';
import { eventually } from '../src/eventually.ts';
import { query } from '../src/prometheus.ts';
import { connectToStack } from '../src/stack.ts';
import { startTraffic } from '../src/traffic.ts';

const ours = [
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_seconds',
  'http_request_duration_seconds_bucket',
];

/** service × metric: what Prometheus must have of each service on a healthy stack. */
const signals: Record<string, readonly string[]> = {
  api: [
    ...ours,
    'api_build_info',
    'api_transactions_created_total',
    'api_idempotent_requests_total',
    'api_problems_total',
    'api_database_up',
    'api_database_errors_total',
    'api_postgres_pool_connections',
    'api_requests_in_flight',
    'api_fault_active',
    'api_faults_injected_total',
    'api_collector_errors_total',
  ],
  worker: [
    ...ours,
    'worker_build_info',
    'worker_transactions_generated_total',
    'worker_transactions_settled_total',
    'worker_transactions_pruned_total',
    'worker_batches_total',
    'worker_batch_duration_seconds_bucket',
    'worker_last_progress_timestamp_seconds',
    'worker_backlog_transactions',
    'worker_oldest_pending_age_seconds',
    'worker_generator',
    'worker_settle_capacity',
    'worker_database_errors_total',
    'worker_fault_active',
  ],
  'alert-bot': [
    ...ours,
    'alertbot_build_info',
    'alertbot_deliveries_total',
    'alertbot_alerts_received_total',
    'alertbot_decisions_total',
    'alertbot_link_info',
    'alertbot_actions_done_total',
    'alertbot_actions_total',
    'alertbot_escalations_total',
    'alertbot_detect_seconds_bucket',
    'alertbot_act_seconds_bucket',
    'alertbot_verify_seconds_bucket',
    'alertbot_time_to_heal_seconds_bucket',
    'alertbot_open_incidents',
    'alertbot_budget_remaining',
    'alertbot_last_watchdog_timestamp_seconds',
    'alertbot_runtime_up',
  ],
  prometheus: ['prometheus_build_info', 'prometheus_rule_evaluations_total', 'prometheus_notifications_sent_total'],
  alertmanager: ['alertmanager_alerts', 'alertmanager_notifications_total'],
  'node-exporter': [
    'node_cpu_seconds_total',
    'node_memory_MemAvailable_bytes',
    'node_filesystem_avail_bytes',
    'node_load1',
  ],
  'blackbox-exporter': ['blackbox_exporter_build_info'],
  'postgres-exporter': ['pg_up', 'pg_stat_database_xact_commit'],
  probe: ['probe_success', 'probe_http_status_code', 'probe_duration_seconds'],
};

const stack = connectToStack();

test.each(Object.entries(signals))('Prometheus has every signal of %s', async (job, metrics) => {
  // a histogram of requests exists once there was one
  const traffic = job === 'api' ? startTraffic(stack) : undefined;
  try {
    await eventually(
      async () => {
        const found = await query(stack, `count by (__name__) ({job="${job}"})`);
        const names = new Set(found.map(({ labels }) => labels['__name__']));
        expect(metrics.filter((metric) => !names.has(metric))).toEqual([]);
      },
      { timeoutMs: 30_000 },
    );
  } finally {
    await traffic?.stop();
  }
});

test('every target is up, and the only alert that fires is the one that always does', async () => {
  await eventually(
    async () => {
      const down = await query(stack, 'up{job!="grafana"} == 0');
      expect(down.map(({ labels }) => `${labels['job']} ${labels['instance']}`)).toEqual([]);
      const firing = await query(stack, 'ALERTS{alertstate="firing"}');
      expect(firing.map(({ labels }) => labels['alertname'])).toEqual(['Watchdog']);
    },
    { timeoutMs: 60_000 },
  );
});

test('the dead man’s switch arrives at the alert bot', async () => {
  await eventually(
    async () => {
      const ages = await query(stack, 'time() - alertbot_last_watchdog_timestamp_seconds{job="alert-bot"}');
      expect(ages).toHaveLength(1);
      expect(ages[0]?.value).toBeLessThan(120);
    },
    { timeoutMs: 90_000 },
  );
});

test('memory, limit, CPU, health and state of every container come from the process that holds the Docker socket, once each', async () => {
  const stack = connectToStack();
  const holder = stack.description.files.includes('docker-compose.hardened.yml') ? 'agent' : 'alert-bot';
  const services = ['api', 'worker', 'alert-bot', 'db', 'prometheus', 'alertmanager', 'node-exporter'];
  await eventually(
    async () => {
      for (const metric of [
        'container_memory_working_set_bytes',
        'container_spec_memory_limit_bytes',
        'container_cpu_usage_seconds_total',
        'container_start_time_seconds',
        'container_health{health="healthy"}',
        'container_state{state="running"}',
      ]) {
        const samples = await query(stack, metric);
        expect(new Set(samples.map(({ labels }) => labels['job']))).toEqual(new Set([holder]));
        const seen = samples.map(({ labels }) => labels['replica']);
        expect(seen).toEqual([...new Set(seen)]);
        expect(samples.map(({ labels }) => labels['service'])).toEqual(expect.arrayContaining(services));
      }
    },
    { timeoutMs: 30_000 },
  );
});
