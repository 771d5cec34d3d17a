import type { RequestHandler } from 'express';
import { sendJson } from './send-json.ts';
import { withTimeout } from './timeout.ts';
import { serviceVersion } from './version.ts';

export interface CheckResult {
  status: 'ok' | 'unavailable';
  latencyMs: number;
  /** Why it is unavailable; absent when it is ok. */
  detail?: string;
}

export interface HealthReport {
  status: 'ok' | 'unavailable';
  checks: Record<string, CheckResult>;
  uptimeSeconds: number;
  version: string;
}

/** Resolves when all is well; what it rejects with becomes the check's `detail`. */
export type HealthCheck = () => unknown;

/**
 * Runs the checks at the same time, each bounded by `timeoutMs` (1 s). Callers that ask while a run is under way share
 * it, so that a crowd of probes cannot drain the pool that they ask about. A failing check named in `reportOnly` is
 * shown without making the service unavailable: for what a restart of this service cannot cure.
 */
export function createHealth(
  checks: Readonly<Record<string, HealthCheck>>,
  timeoutMs = 1_000,
  reportOnly: readonly string[] = [],
): () => Promise<HealthReport> {
  let running: Promise<HealthReport> | undefined;
  const run = async (): Promise<HealthReport> => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await runCheck(name, check, timeoutMs)] as const),
    );
    const status = results.every(([name, { status }]) => status === 'ok' || reportOnly.includes(name))
      ? 'ok'
      : 'unavailable';
    const uptimeSeconds = Math.round(process.uptime() * 10) / 10;
    return { status, checks: Object.fromEntries(results), uptimeSeconds, version: serviceVersion };
  };
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function runCheck(name: string, check: HealthCheck, timeoutMs: number): Promise<CheckResult> {
  const startedAt = performance.now();
  const latencyMs = () => Math.round((performance.now() - startedAt) * 10) / 10;
  try {
    await withTimeout(Promise.resolve().then(check), timeoutMs, name);
    return { status: 'ok', latencyMs: latencyMs() };
  } catch (error) {
    return { status: 'unavailable', latencyMs: latencyMs(), detail: (error as Error).message };
  }
}

/** `GET /health`: 200, or 503 with the same shape. Never cached. */
export function healthEndpoint(health: () => Promise<HealthReport>): RequestHandler {
  return async (_req, res) => {
    const report = await health();
    res.setHeader('cache-control', 'no-store');
    sendJson(res, report.status === 'ok' ? 200 : 503, JSON.stringify(report));
  };
}

/** `GET /health/live`: the process answers; it asks nobody. */
export const liveEndpoint: RequestHandler = (_req, res) => {
  res.setHeader('cache-control', 'no-store');
  const uptimeSeconds = Math.round(process.uptime() * 10) / 10;
  sendJson(res, 200, JSON.stringify({ status: 'ok', uptimeSeconds, version: serviceVersion }));
};
