import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@stack/db/free-port';
import type { ContractWorld } from '../../../alert-bot/test/runtime-contract.ts';
import { createManagedProcess } from '../../src/managed-process.ts';
import { createProcessRuntime } from '../../src/process-runtime.ts';
import { type LocalReplica, type ReplicaGroup, replicaId } from '../../src/replica-group.ts';
import { hastyTimes } from './hasty-times.ts';

const project = 'local-test';
const secret = 'hunter2-and-more';

type Behaviour = 'steady' | 'breaks' | 'quits';

/** A process as its `behaviour` says: the second start of those that do not stay steady goes wrong, known by the marker file. */
const script = (behaviour: Behaviour) => `
const { existsSync, writeFileSync } = require('node:fs');
const again = existsSync(process.env.MARKER);
writeFileSync(process.env.MARKER, '');
console.log('started with ' + process.env.DB_PASSWORD);
if (again && ${behaviour === 'quits'}) process.exit(3);
require('node:http')
  .createServer((req, res) => { res.statusCode = again && ${behaviour === 'breaks'} ? 503 : 200; res.end('{}'); })
  .listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

interface Part {
  service: string;
  behaviour?: Behaviour;
  probed?: boolean;
  optedIn?: boolean;
  protected?: boolean;
  notScalable?: string;
}

const parts: Part[] = [
  { service: 'worker' },
  { service: 'plain', probed: false },
  { service: 'breaks', behaviour: 'breaks' },
  { service: 'quits', behaviour: 'quits' },
  { service: 'bystander', optedIn: false },
  { service: 'guarded', protected: true },
  { service: 'published', notScalable: 'has a fixed host port' },
  { service: 'named', notScalable: 'has a container_name' },
];

/** The contract's project as real processes. */
export async function createProcessWorld(): Promise<ContractWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'process-world-'));
  const groups = await Promise.all(parts.map((part) => startGroup(part, directory)));
  const stop = async () => {
    await Promise.all(groups.flatMap(({ replicas }) => replicas.map(({ process }) => process.stop())));
    await rm(directory, { recursive: true });
  };
  const runtime = createProcessRuntime({ project, groups: () => groups });
  return { runtime, project, secret, healthTimeoutMs: 10_000, stop };
}

async function startGroup(part: Part, directory: string): Promise<ReplicaGroup> {
  const { service, behaviour = 'steady', probed = true, optedIn = true } = part;
  const create = async (number: number): Promise<LocalReplica> => {
    const name = `${project}-${service}-${number}`;
    const port = await freePort();
    const env = { PORT: String(port), MARKER: join(directory, name), DB_PASSWORD: secret };
    const healthUrl = `http://127.0.0.1:${port}/health`;
    const spec = { name, command: process.execPath, args: ['-e', script(behaviour)], env };
    const managed = createManagedProcess({ ...spec, ...(probed && { healthUrl }) }, () => {}, hastyTimes);
    return {
      id: replicaId(name),
      name,
      number,
      addresses: [`127.0.0.1:${port}`, `localhost:${port}`],
      process: managed,
    };
  };
  const first = await create(1);
  first.process.start();
  await first.process.untilHealthy(10_000);
  const { notScalable } = part;
  return {
    service,
    optedIn,
    protected: part.protected ?? false,
    ...(notScalable !== undefined && { notScalable }),
    replicas: [first],
    create,
  };
}
