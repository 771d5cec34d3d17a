import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Bench } from '../../part.ts';

const megabyte = 1024 ** 2;

/** An engine with `count` healthy containers, on a Unix socket. It answers at once, so that what is measured is the asker. Resolves to its DOCKER_HOST. */
export async function startEngineWith(count: number, bench: Pick<Bench, 'directory' | 'onStop'>): Promise<string> {
  const path = join(bench.directory, `engine-${count}.sock`);
  const containers = Array.from({ length: count }, (_, index) => describe(index + 1));
  const list = JSON.stringify(containers.map(({ summary }) => summary));
  const inspections = new Map(containers.map(({ summary, inspect }) => [summary.Id, JSON.stringify(inspect)]));
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const [, id = '', what = ''] = /\/containers\/([0-9a-f]{64})\/(json|stats)/.exec(url) ?? [];
    if (url.includes('/events')) return void response.writeHead(200).flushHeaders(); // nothing happens
    if (what === 'stats') return answer(response, stats);
    const inspection = inspections.get(id);
    if (what === 'json' && inspection !== undefined) return answer(response, inspection);
    if (url.includes('/containers/json')) return answer(response, list);
    if (/\/version|_ping/.test(url)) return answer(response, '{"ApiVersion":"1.51"}');
    response.writeHead(404).end('{"message":"not part of this engine"}');
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  bench.onStop(`engine with ${count} containers`, () => {
    server.close();
    server.closeAllConnections();
  });
  return `unix://${path}`;
}

function answer(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(body);
}

function describe(number: number) {
  const labels = {
    'com.docker.compose.project': 'bench',
    'com.docker.compose.service': `service-${Math.ceil(number / 2)}`,
    'com.docker.compose.container-number': String(2 - (number % 2)),
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': 'c0ffee'.repeat(10),
    'self-healing.enable': 'true',
  };
  const Id = number.toString(16).padStart(64, '0');
  const Name = `/bench-service-${number}`;
  const state = {
    Status: 'running',
    Running: true,
    Restarting: false,
    ExitCode: 0,
    Health: { Status: 'healthy', Log: [] },
  };
  return {
    summary: { Id, Names: [Name], State: 'running', Status: 'Up 2 hours (healthy)', Labels: labels },
    inspect: {
      ...{ Id, Name, Created: '2026-01-01T00:00:00Z', Image: 'sha256:one', RestartCount: 0, Mounts: [] },
      State: { ...state, StartedAt: '2026-01-01T00:00:01.123456789Z' },
      Config: {
        Image: 'app:1',
        Env: Array.from({ length: 30 }, (_, i) => `NAME_${i}=a value of some length`),
        Labels: labels,
      },
      HostConfig: { Memory: 256 * megabyte, NanoCpus: 1e9, RestartPolicy: { Name: 'unless-stopped' } },
      NetworkSettings: { Networks: { bench_default: { IPAddress: '172.18.0.2', Aliases: [Name.slice(1)] } } },
    },
  };
}

/** As large as an engine on cgroup v2 sends it. */
const stats = JSON.stringify({
  read: '2026-01-01T02:00:00Z',
  pids_stats: { current: 11, limit: 128 },
  cpu_stats: {
    cpu_usage: { total_usage: 24_464_687_000, usage_in_kernelmode: 10_000_000, usage_in_usermode: 10_000_000 },
    system_cpu_usage: 40_035_860_000_000,
    online_cpus: 8,
    throttling_data: { periods: 100, throttled_periods: 3, throttled_time: 1_000_000 },
  },
  precpu_stats: { cpu_usage: { total_usage: 0 }, throttling_data: {} },
  memory_stats: {
    usage: 120 * megabyte,
    stats: {
      inactive_file: 20 * megabyte,
      ...Object.fromEntries(Array.from({ length: 38 }, (_, i) => [`counter_${i}`, i * 4_096])),
    },
    limit: 256 * megabyte,
  },
  blkio_stats: { io_service_bytes_recursive: [{ major: 8, minor: 0, op: 'read', value: 4_096 }] },
  networks: { eth0: { rx_bytes: 1_000, rx_packets: 10, tx_bytes: 2_000, tx_packets: 20 } },
});
