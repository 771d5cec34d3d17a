import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';

export interface WorkerProcess extends SpawnedService {
  /** One sample of `/metrics`, by its name with labels; undefined when it is absent. @throws when it takes over 2 s */
  metric(name: string): Promise<number | undefined>;
  isGenerator(): Promise<boolean>;
  health(): Promise<{ httpStatus: number; checks: Record<string, { status: string }> }>;
  putFaults(faults: object): Promise<Response>;
}

/** A real worker process that generates nothing unless `env` says so. */
export async function spawnWorker(databaseUrl: string, env: Record<string, string> = {}): Promise<WorkerProcess> {
  const defaults = { DATABASE_URL: databaseUrl, GENERATE_BATCH_SIZE: '0', FAULTS_ENABLED: 'true' };
  const worker = await spawnService('worker', { ...defaults, ...env });
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(worker.url + path, { signal: AbortSignal.timeout(2_000), ...init });
  const metric = async (name: string) => {
    const lines = (await (await ask('/metrics')).text()).split('\n');
    const line = lines.find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
  return {
    ...worker,
    metric,
    isGenerator: async () => (await metric('worker_generator')) === 1,
    health: async () => {
      const answer = await ask('/health');
      return {
        httpStatus: answer.status,
        ...((await answer.json()) as { checks: Record<string, { status: string }> }),
      };
    },
    putFaults: (faults) =>
      ask('/faults', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(faults),
      }),
  };
}
