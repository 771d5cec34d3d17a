import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '@stack/test-kit/eventually';
import { describe, expect, it } from 'vitest';
import { findTools, howToGetTools } from '../../prometheus/src/find-tools.ts';
import { apiProblems } from '../src/problems.ts';
import { ask, useApi, validBody } from './support/api.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

const { api } = await useApi({ LOG_LEVEL: 'silent', FAULTS_ENABLED: 'true' });

const exposition = async () => (await api.get('/metrics')).text;
const series = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('the metrics', () => {
  it('are exactly those of the catalogue, with its types', async () => {
    const catalogue = await readFile(`${repository}prometheus/metrics.md`, 'utf8');
    const listed = [...catalogue.matchAll(/^\| `(api_\w+)` *\| (\w+) /gm)].map(([, name, type]) => `${name} ${type}`);
    const exported = [...(await exposition()).matchAll(/^# TYPE (api_\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    expect(listed.length).toBeGreaterThan(8);
    expect(exported.toSorted()).toEqual(listed.toSorted());
  });

  it('exist at zero for every label value before anything happens', async () => {
    const text = await exposition();
    for (const code of Object.keys(apiProblems)) expect(text).toContain(`api_problems_total{code="${code}"} 0\n`);
    for (const result of ['first', 'replayed', 'mismatch'])
      expect(text).toContain(`api_idempotent_requests_total{result="${result}"} 0\n`);
    for (const kind of ['unavailable', 'timeout', 'retryable', 'other'])
      expect(text).toContain(`api_database_errors_total{kind="${kind}"} 0\n`);
  });

  it('say that the database is up before anybody asked for /health', async () => {
    await eventually(async () => (await api.metric('api_database_up')) === 1);
  });

  it('pass promtool check metrics', async (test) => {
    const [promtool] = findTools('promtool');
    if (!promtool && !process.env['CI']) return test.skip(howToGetTools);
    await api.post('/transactions', validBody);
    const check = run(promtool ?? 'promtool', ['check', 'metrics']);
    check.child.stdin?.end(await exposition());
    const { stdout, stderr } = await check;
    expect(stdout + stderr).toBe('');
  });

  it('stay as few as they are under 10,000 random addresses, methods and answers', { timeout: 120_000 }, async () => {
    await api.get('/transactions');
    await api.get('/transactions/1');
    await api.get('/nothing');
    const before = series(await exposition()).length;
    const methods = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'REPORT'];
    const word = () => Math.random().toString(36).slice(2);
    const addresses = [
      () => `/${word()}`,
      () => `/transactions/${word()}`,
      () => `/transactions/${Math.trunc(Math.random() * 1e6)}`,
      () => `/transactions?cursor=${word()}`,
      () => `/${word()}/${word()}.php?x=${word()}`,
      () => `/metrics/${word()}`,
      () => `/health/${word()}`,
    ];
    const pick = <T>(from: readonly T[]) => from[Math.trunc(Math.random() * from.length)] as T;
    for (let batch = 0; batch < 200; batch++) {
      const requests = Array.from({ length: 50 }, () => ask(api.url + pick(addresses)(), { method: pick(methods) }));
      for (const { status } of await Promise.all(requests)) expect(status).toBeLessThan(500);
    }
    const text = await exposition();
    const paths = new Set([...text.matchAll(/path="([^"]*)"/g)].map(([, path]) => path));
    expect(
      [...paths].filter((path) => !['/transactions', '/transactions/:id', 'unmatched'].includes(String(path))),
    ).toEqual([]);
    const labelSets = new Set(
      [...text.matchAll(/http_request_duration_seconds_count(\{.*\})/g)].map(([, labels]) => labels),
    );
    expect(labelSets.size).toBeLessThan(40);
    expect(series(text).length - before).toBeLessThan(40 * 15); // 13 buckets, sum and count
  });
});
