import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@stack/service-kit/clock';
import { createLogger } from '@stack/service-kit/logger';
import { createPool } from '@stack/service-kit/postgres';
import { createFaults } from '../../../../worker/src/faults.ts';
import { createGeneratorLease } from '../../../../worker/src/generator-lease.ts';
import { createGenerateStep } from '../../../../worker/src/loops/generate.ts';
import { createWorkerMetrics } from '../../../../worker/src/metrics.ts';
import { createProgress } from '../../../../worker/src/progress.ts';
import { runLoop } from '../../../../worker/src/run-loop.ts';

/**
 * The worker's generate loop as it ships, without the other two loops, which would settle what is being generated. It runs
 * with an interval of 0 for `/run?size=N&batches=N` and answers what that took.
 */
const connectionString = process.env['DATABASE_URL'] as string;
const logger = createLogger({ service: 'worker', level: 'info' });
const connection = { connectionString, logger };
const lease = createGeneratorLease({ ...connection, applicationName: 'worker-generator@bench', leaseMs: 5_000 });
const faults = createFaults(systemClock);
const metrics = createWorkerMetrics({
  pool: createPool({ ...connection, applicationName: 'worker@bench' }),
  readBacklog: async () => ({ pending: 0, oldestAgeSeconds: 0 }),
  isGenerator: lease.held,
  activeFaults: faults.active,
  capacity: 0,
});
const progress = createProgress({
  clock: systemClock,
  stallAfterMs: 60_000,
  onMade: (loop, atSeconds) => metrics.lastProgress.set({ loop }, atSeconds),
});
const deps = { clock: systemClock, logger, metrics, progress, faults };

async function generate(size: number, batches: number) {
  const config = { GENERATE_INTERVAL_MS: 0, GENERATE_BATCH_SIZE: size };
  const step = createGenerateStep({ lease, metrics, random: Math.random, config });
  const stopping = new AbortController();
  let rows = 0;
  let left = batches;
  const countingStep: typeof step = async (signal) => {
    const result = await step(signal);
    rows += result.rows;
    left -= 1;
    if (left === 0) stopping.abort();
    return result;
  };
  await lease.acquire(); // after a pause longer than the lease it is another session
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  await runLoop('generate', countingStep, deps, stopping.signal);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { rows, seconds: (performance.now() - startedAt) / 1_000, cpuMicros: user + system };
}

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url as string, 'http://loop');
  generate(Number(searchParams.get('size')), Number(searchParams.get('batches'))).then(
    (answer) => response.end(JSON.stringify(answer)),
    (error: Error) => response.writeHead(500).end(error.stack),
  );
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
