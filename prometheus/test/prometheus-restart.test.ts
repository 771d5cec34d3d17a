import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTools } from '../src/find-tools.ts';
import { freePort } from '../src/free-port.ts';
import { prometheusFolder } from '../src/rule-files.ts';
import { type RunningProgram, startProgram } from '../src/start-program.ts';

const versions = findTools('prometheus');

interface Worker {
  address: string;
  server: Server;
}

/** Answers scrapes as a worker whose last batch was finished so many seconds ago, and usually takes one. */
async function startWorker(lagSeconds: number): Promise<Worker> {
  let batches = 0;
  const server = createServer((_, response) => {
    batches += 1;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(
      [
        `worker_last_progress_timestamp_seconds{loop="settle"} ${Date.now() / 1_000 - lagSeconds}`,
        `worker_batch_duration_seconds_sum{loop="settle"} ${batches}`,
        `worker_batch_duration_seconds_count{loop="settle"} ${batches}`,
        'worker_backlog_transactions 10\n',
      ].join('\n'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe.skipIf(versions.length === 0).each(versions)('with the shipped rules, %s', (program) => {
  let folder: string;
  let port: number;
  let running: RunningProgram | undefined;
  const workers: Worker[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'restarted-'));
    port = await freePort();
    await writeFile(
      join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ['${join(prometheusFolder, 'alert.rules.yml')}']
scrape_configs:
  - job_name: prometheus
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
  - job_name: worker
    file_sd_configs: [{ files: ['${join(folder, 'workers.json')}'] }]
`,
    );
  });

  afterEach(async () => {
    await running?.stop();
    for (const { server } of workers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (listed: readonly Worker[]) => {
    await writeFile(join(folder, 'workers.json'), JSON.stringify([{ targets: listed.map(({ address }) => address) }]));
    running = startProgram(program, [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
  };
  const query = async (expr: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expr }),
    });
    return (
      (await answer.json()) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } }
    ).data.result;
  };
  const patience = { timeoutMs: 60_000, intervalMs: 250 };

  it('no alert names a replica that was removed while Prometheus was killed, and one that stalls is named', {
    timeout: 120_000,
  }, async () => {
    const removed = await startWorker(14);
    const kept = await startWorker(1);
    workers.push(removed, kept);
    await start([removed, kept]);
    await eventually(
      async () => expect(await query('count_over_time(up{job="worker"}[1m]) > 3')).toHaveLength(2),
      patience,
    );
    const killedAt = Date.now() / 1_000;
    running?.kill('SIGKILL');
    await running?.stop();

    const stalled = await startWorker(30);
    workers.push(stalled);
    await start([kept, stalled]);
    const names = async () =>
      (await query('count by (instance) (ALERTS{alertname="WorkerStalled",alertstate="firing"})')).map(
        ({ metric }) => metric['instance'],
      );
    await eventually(async () => expect(await names()).toEqual([stalled.address]), patience);
    // its data is still there, and its last batch is now longer ago than the rule allows
    await eventually(async () => expect(await query(`vector(time()) > ${killedAt + 26}`)).toHaveLength(1), patience);
    expect(await query(`last_over_time(up{instance="${removed.address}"}[5m])`)).toHaveLength(1);
    expect(await query(`count_over_time(ALERTS{instance="${removed.address}"}[5m])`)).toEqual([]);
    expect(await names()).toEqual([stalled.address]);
  });
});
