import { loadWorkerConfig, type WorkerConfig } from '../../src/config.ts';
import { createService, type ServiceOverrides } from '../../src/service.ts';
import { createTestLogger } from './loop-harness.ts';

/** Nothing listens there: every connection is refused. */
export const refusingDatabase = 'postgres://app:app@127.0.0.1:1/transactions';

/** A whole worker in this process, on a free port. `config` may go below the limits that the environment has. */
export async function startService(
  databaseUrl: string,
  config: Partial<WorkerConfig> = {},
  overrides: ServiceOverrides = {},
) {
  const { logger, lines } = createTestLogger();
  const defaults = loadWorkerConfig({
    DATABASE_URL: databaseUrl,
    HOST: '127.0.0.1',
    PORT: '0',
    FAULTS_ENABLED: 'true',
  });
  const service = createService({ ...defaults, ...config }, { logger, ...overrides });
  await service.start();
  const ask = (path: string, init: RequestInit = {}) => fetch(service.url() + path, init);
  return {
    url: service.url(),
    lines,
    ask,
    stop: () => service.stop(),
    health: async () => {
      const answer = await ask('/health');
      return { httpStatus: answer.status, ...((await answer.json()) as HealthBody) };
    },
    putFaults: (body: unknown) =>
      ask('/faults', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    /** The samples of `/metrics` as `name{labels}` → value. */
    samples: async () => parseSamples(await (await ask('/metrics')).text()),
  };
}

interface HealthBody {
  status: string;
  checks: Record<string, { status: string; detail?: string }>;
}

function parseSamples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
