import { readFileSync } from 'node:fs';
import { httpDurationBuckets } from '@stack/service-kit/http-metrics';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadWorkerConfig } from '../src/config.ts';
import { createService } from '../src/service.ts';
import { refusingDatabase, startService } from './support/running-service.ts';

let service: Awaited<ReturnType<typeof startService>>;
afterEach(async () => {
  expect(await service.stop()).toEqual([]);
});

const namesOf = (samples: Map<string, number>) => [...samples.keys()].map((key) => key.split('{')[0] as string);

describe('a worker whose database is not there', () => {
  it('starts, lives, says so in a check of its own, and is not unhealthy: a restart would not help', async () => {
    service = await startService(refusingDatabase, { STALL_AFTER_MS: 1_500 });
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // longer than a stall
    const { httpStatus, status, checks } = await service.health();
    expect(checks['database']).toMatchObject({
      status: 'unavailable',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
    expect({ httpStatus, status, progress: checks['progress']?.status }).toEqual({
      httpStatus: 200,
      status: 'ok',
      progress: 'ok',
    });
    expect((await service.ask('/health/live')).status).toBe(200);
  });

  it('answers a scrape with everything but the backlog, which is absent and not zero', async () => {
    service = await startService(refusingDatabase);
    await service.samples();
    const samples = await service.samples();
    expect(namesOf(samples)).not.toContain('worker_backlog_transactions');
    expect(namesOf(samples)).not.toContain('worker_oldest_pending_age_seconds');
    expect(samples.get('worker_collector_errors_total{collector="worker_backlog_transactions"}')).toBeGreaterThan(0);
    expect(samples.get('worker_generator')).toBe(0);
    expect(samples.get('worker_settle_capacity')).toBe(100);
    await eventually(
      async () => Number((await service.samples()).get('worker_database_errors_total{kind="unavailable"}')) > 3,
    );
  });
});

it('a worker whose port is taken does not start, and leaves nothing behind', async () => {
  service = await startService(refusingDatabase);
  const port = Number(new URL(service.url).port);
  const second = createService({
    ...loadWorkerConfig({ DATABASE_URL: refusingDatabase, HOST: '127.0.0.1', LOG_LEVEL: 'silent' }),
    PORT: port,
  });
  await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(await second.stop()).toEqual([]);
});

describe('/metrics', () => {
  /** The rows of the catalogue's worker section: name → label names. */
  function readCatalogue(): Map<string, string[]> {
    const page = readFileSync(new URL('../../prometheus/metrics.md', import.meta.url), 'utf8');
    const section = page.split(/^## /m).find((part) => part.startsWith('worker')) as string;
    const rows = [...section.matchAll(/^\| `(worker_\w+)` *\| \w+ *\| ([^|]*)\|/gm)];
    return new Map(
      rows.map(([, name, labels]) => [
        name as string,
        [...(labels as string).matchAll(/`(\w+)`/g)].map(([, label]) => label as string),
      ]),
    );
  }

  it('names exactly what the catalogue lists, with its labels', async () => {
    service = await startService(refusingDatabase);
    const text = await (await service.ask('/metrics')).text();
    const exported = [...text.matchAll(/^# TYPE (worker_\w+) /gm)].map(([, name]) => name as string);
    const catalogue = readCatalogue();
    expect(exported.sort()).toEqual([...catalogue.keys()].sort());
    for (const [key] of await service.samples()) {
      const [, name, labels = ''] = /^(worker_\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})?$/.exec(key) ?? [];
      if (!name) continue;
      const labelNames = [...labels.matchAll(/(\w+)="/g)]
        .map(([, label]) => label as string)
        .filter((label) => label !== 'le');
      expect({ name, labels: labelNames.sort() }).toEqual({ name, labels: catalogue.get(name)?.sort() });
    }
  });

  it('has every label value from the start, and no more after requests for 500 made-up addresses', async () => {
    service = await startService(refusingDatabase);
    await service.samples();
    const before = await service.samples();
    for (const loop of ['generate', 'settle', 'prune'])
      for (const result of ['ok', 'error'])
        expect(before.has(`worker_batches_total{loop="${loop}",result="${result}"}`)).toBe(true);
    await Promise.all(Array.from({ length: 500 }, (_, n) => service.ask(`/made-up/${n}?${Math.random()}`)));
    const added = [...(await service.samples()).keys()].filter(
      (key) => /^(http|worker)_/.test(key) && !before.has(key),
    );
    expect(added).toHaveLength(httpDurationBuckets.length + 3); // buckets, +Inf, sum and count of path="unmatched"
    expect(new Set(added.map((key) => /path="([^"]*)"/.exec(key)?.[1]))).toEqual(new Set(['unmatched']));
  });
});

describe('/faults', () => {
  it('does not exist unless it is enabled', async () => {
    service = await startService(refusingDatabase, { FAULTS_ENABLED: false });
    expect((await service.ask('/faults')).status).toBe(404);
    expect((await service.putFaults({ stall: true })).status).toBe(404);
  });

  it.each([
    [{ stall: 'yes' }, 'body.stall'],
    [{ stall: 1 }, 'body.stall'],
    [{ latencyMs: -1 }, 'body.latencyMs'],
    [{ latencyMs: 20_001 }, 'body.latencyMs'],
    [{ latencyMs: 1.5 }, 'body.latencyMs'],
    [{ latencyMs: '100' }, 'body.latencyMs'],
    [{ crash: null }, 'body.crash'],
    [{ stal: true }, 'body.stal'],
    [{ stall: true, durationSeconds: 0 }, 'body.durationSeconds'],
    [{ stall: true, durationSeconds: 86_401 }, 'body.durationSeconds'],
    [[], 'body'],
  ])('refuses %j and leaves everything as it was', async (body, path) => {
    service = await startService(refusingDatabase);
    const answer = await service.putFaults(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'validation_failed', errors: [{ path }] });
    expect(await (await service.ask('/faults')).json()).toEqual({ active: {}, until: null });
  });

  it('of the next PUT replace those of the last, and DELETE ends them', async () => {
    service = await startService(refusingDatabase);
    await service.putFaults({ stall: true });
    const second = await service.putFaults({ latencyMs: 500, durationSeconds: 60 });
    expect(await second.json()).toEqual({ active: { latencyMs: 500 }, until: expect.stringMatching(/^\d{4}-.*Z$/) });
    const samples = await service.samples();
    expect(samples.get('worker_fault_active{fault="latency"}')).toBe(1);
    expect(samples.get('worker_fault_active{fault="stall"}')).toBe(0);
    const cleared = await service.ask('/faults', { method: 'DELETE' });
    expect(await cleared.json()).toEqual({ active: {}, until: null });
    expect((await service.samples()).get('worker_fault_active{fault="latency"}')).toBe(0);
  });

  it('stall makes the worker unhealthy after STALL_AFTER_MS while it goes on answering; the end of the stall cures it', async () => {
    service = await startService(refusingDatabase, { STALL_AFTER_MS: 1_500 });
    await service.putFaults({ stall: true });
    await eventually(async () => (await service.health()).httpStatus === 503);
    const { status, checks } = await service.health();
    expect(status).toBe('unavailable');
    expect(checks['progress']).toMatchObject({
      status: 'unavailable',
      detail: expect.stringMatching(/no loop has made progress/),
    });
    expect((await service.ask('/health/live')).status).toBe(200);
    await service.ask('/faults', { method: 'DELETE' });
    await eventually(async () => (await service.health()).httpStatus === 200);
  });

  it('stall is cured by a restart, because it lives in memory only', async () => {
    const stalled = await startService(refusingDatabase, { STALL_AFTER_MS: 500 });
    await stalled.putFaults({ stall: true });
    await eventually(async () => (await stalled.health()).httpStatus === 503);
    expect(await stalled.stop()).toEqual([]);
    service = await startService(refusingDatabase, { STALL_AFTER_MS: 500 });
    expect((await service.health()).httpStatus).toBe(200);
    expect(await (await service.ask('/faults')).json()).toEqual({ active: {}, until: null });
  });

  it('crash ends the process, after the answer', async () => {
    const crash = vi.fn();
    service = await startService(refusingDatabase, {}, { crash });
    expect((await service.putFaults({ crash: true })).status).toBe(200);
    expect(crash).toHaveBeenCalledOnce();
  });
});
