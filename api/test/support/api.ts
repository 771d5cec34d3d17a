import { createLogger } from '@stack/service-kit/logger';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll } from 'vitest';
import { loadApiConfig } from '../../src/config.ts';
import { createService, type ServiceOverrides } from '../../src/service.ts';

export interface RunningApi {
  url: string;
  /** Lines of its log so far, with details. */
  logs: Record<string, unknown>[];
  stop(): Promise<readonly string[]>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** One value of `/metrics`, found by its full name with labels. */
  metric(name: string): Promise<number | undefined>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed, when it is JSON. */
  body: Body;
  elapsedMs: number;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
type Body = any;

/** The api in this process, on a port of its own, with a real server, pool and log. */
export async function startApi(
  databaseUrl: string,
  env: Record<string, string> = {},
  overrides: ServiceOverrides = {},
): Promise<RunningApi> {
  const logs: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void logs.push(JSON.parse(line)) };
  const config = loadApiConfig({ HOST: '127.0.0.1', PORT: '0', DATABASE_URL: databaseUrl, ...env });
  const logger = createLogger({ service: 'api', level: 'info', destination });
  const service = createService(config, { logger, ...overrides });
  await service.start();
  const url = service.url();
  const send = (method: string) => (path: string, body: unknown, headers?: Record<string, string>) =>
    ask(url + path, { method, headers: { 'content-type': 'application/json', ...headers }, body: asText(body) });
  return {
    url,
    logs,
    stop: () => service.stop(),
    get: (path, headers = {}) => ask(url + path, { headers }),
    post: send('POST'),
    put: send('PUT'),
    delete: (path) => ask(url + path, { method: 'DELETE' }),
    metric: async (name) => readMetric((await ask(`${url}/metrics`)).text, name),
  };
}

/** For all tests of a file: one api with a database of its own, both gone when they are through. */
export async function useApi(env: Record<string, string> = {}): Promise<{ api: RunningApi; database: TestDatabase }> {
  const database = await createTestDatabase();
  const api = await startApi(database.url, env);
  afterAll(async () => {
    await api.stop();
    await database.drop();
  });
  return { api, database };
}

export const emptyTables = (database: TestDatabase) =>
  database.query('TRUNCATE transactions, settlements, idempotency_keys RESTART IDENTITY');

const asText = (body: unknown): string | null =>
  body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const elapsedMs = performance.now() - startedAt;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : text,
    elapsedMs,
  };
}

export function readMetric(exposition: string, name: string): number | undefined {
  const line = exposition.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

export const validBody = { accountId: 'acc-1', amount: '12.50', currency: 'EUR' };
