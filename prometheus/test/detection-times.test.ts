import { eventually } from '@stack/test-kit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driveTraffic, type Traffic } from './drive-traffic.ts';
import { missingPrograms, type Stack, startStack } from './start-stack.ts';

/*
 * The figures of README.md, with the committed windows and the committed `for`: some ten minutes, so only on demand.
 *   MEASURE=1 npx vitest run prometheus/test/detection-times.test.ts
 */
interface Injection {
  title: string;
  inject(stack: Stack): Promise<unknown> | unknown;
  cure(stack: Stack): Promise<unknown> | unknown;
  /** What must fire, and nothing else may (but for alerts about the host, which the machine decides). */
  intended: string[];
  /** Alerts that this fault may cause besides, depending on how long it lasts. */
  tolerated?: string[];
}

const setFault = (service: 'api' | 'worker', fault: Record<string, unknown>) => async (stack: Stack) => {
  const response = await fetch(`${stack[service].url}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...fault, durationSeconds: 900 }),
  });
  expect(response.status, await response.text()).toBe(200);
};
const endFaults = (service: 'api' | 'worker') => (stack: Stack) =>
  fetch(`${stack[service].url}/faults`, { method: 'DELETE' });

const apiFault = (title: string, fault: Record<string, unknown>, intended: string[], tolerated: string[] = []) => ({
  title,
  inject: setFault('api', fault),
  cure: endFaults('api'),
  intended,
  tolerated,
});

const onApi: Injection[] = [
  apiFault('latencyMs 400', { latencyMs: 400 }, ['APIHighLatency']),
  apiFault('hang', { hang: true }, ['APIUnhealthy'], ['APIHighLatency']),
  apiFault('poolExhaustion', { poolExhaustion: true }, ['APIUnhealthy'], ['APIHighLatency']),
  apiFault('errorRate 0.3', { errorRate: 0.3 }, ['APIErrorRateHigh']),
  {
    title: 'process frozen',
    inject: ({ api }) => api.kill('SIGSTOP'),
    cure: ({ api }) => api.kill('SIGCONT'),
    intended: ['APIDown', 'TargetDown'],
  },
];

// the stall comes second: how long its batches take has to be known, or a silent worker gets a minute and a half
const onWorker: Injection[] = [
  {
    title: '12000 pending at once',
    // into the table and not by the API's burst fault: its PUT would end the fault that the API has at that moment
    inject: ({ database }) =>
      database.query(
        "INSERT INTO transactions (account_id, amount, currency) SELECT 'burst', 1, 'EUR' FROM generate_series(1, 12000)",
      ),
    cure: () => {},
    intended: ['WorkerBacklogHigh'],
  },
  {
    title: 'stall',
    inject: setFault('worker', { stall: true }),
    cure: endFaults('worker'),
    intended: ['WorkerStalled'],
    tolerated: ['WorkerBacklogHigh'],
  },
];

let stack: Stack;
let traffic: Traffic;

async function firing(): Promise<string[]> {
  const query = 'count by (alertname) (ALERTS{alertstate="firing",alertname!~"Watchdog|Host.*"})';
  const response = await fetch(`${stack.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await response.json()) as { data: { result: { metric: { alertname: string } }[] } };
  return data.result.map(({ metric }) => metric.alertname).sort();
}

const seconds = (since: number) => Math.round((performance.now() - since) / 1_000);
const patience = { timeoutMs: 480_000, intervalMs: 500 };

async function measure({ title, inject, cure, intended, tolerated = [] }: Injection, others: readonly string[]) {
  await eventually(async () => expect((await firing()).filter((name) => !others.includes(name))).toEqual([]), patience);
  const start = performance.now();
  const seen = new Map<string, number>();
  await inject(stack);
  await eventually(async () => {
    for (const name of await firing()) if (!seen.has(name)) seen.set(name, seconds(start));
    expect([...seen.keys()]).toEqual(expect.arrayContaining(intended));
  }, patience);
  const cured = performance.now();
  await cure(stack);
  const cleared = new Map<string, number>();
  await eventually(async () => {
    const now = await firing();
    for (const name of intended) if (!now.includes(name) && !cleared.has(name)) cleared.set(name, seconds(cured));
    expect([...cleared.keys()].sort()).toEqual([...intended].sort());
  }, patience);
  const text = (times: Map<string, number>) =>
    [...times].filter(([name]) => !others.includes(name)).map(([name, after]) => `${name} ${after} s`);
  console.log(`${title}: fired after ${text(seen).join(', ')}; cleared after ${text(cleared).join(', ')}`);
  const strange = [...seen.keys()].filter((name) => ![...intended, ...tolerated, ...others].includes(name));
  expect(strange).toEqual([]);
}

describe.skipIf(!process.env['MEASURE'] || missingPrograms.length > 0)('with the committed timings', () => {
  beforeAll(async () => {
    stack = await startStack({ rewriteRules: (text) => text, global: {} });
    traffic = driveTraffic(stack.api.url);
    await eventually(async () => expect(await firing()).toEqual([]), patience);
  }, 120_000);

  afterAll(async () => {
    await traffic?.stop();
    await stack?.stop();
  }, 60_000);

  it('each fault of API and worker makes the intended alerts fire, no others, and its cure clears them', async () => {
    const namesOf = (injections: Injection[]) =>
      injections.flatMap(({ intended, tolerated = [] }) => [...intended, ...tolerated]);
    await Promise.all([
      (async () => {
        for (const injection of onApi) await measure(injection, namesOf(onWorker));
      })(),
      (async () => {
        for (const injection of onWorker) await measure(injection, namesOf(onApi));
      })(),
    ]);
  }, 1_800_000);
});
