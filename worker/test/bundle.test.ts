import { hostileRequests } from '@stack/test-kit/hostile-requests';
import { survivesHostileRequests } from '@stack/test-kit/survives-hostile-requests';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll, beforeAll } from 'vitest';
import { spawnWorker, type WorkerProcess } from './support/worker-process.ts';

// The very file that the image ships: what tools/build leaves out or loads late is missed by requests only.

let database: TestDatabase;
let worker: WorkerProcess;
beforeAll(async () => {
  database = await createTestDatabase();
  worker = await spawnWorker(database.url);
});
afterAll(async () => {
  await worker.stop();
  await database.drop();
});

survivesHostileRequests(
  hostileRequests({ write: { method: 'PUT', path: '/faults', body: '{}' }, read: '/faults' }),
  () => worker,
);
