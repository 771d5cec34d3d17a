import { readFile } from 'node:fs/promises';
import type {
  ContainerMeter,
  ContainerSample,
  ContainerUsage,
} from '@stack/alert-bot/src/containers/container-sample.ts';
import type { LocalReplica, ReplicaGroup } from './replica-group.ts';

export interface ProcessMeterOptions {
  project: string;
  groups(): readonly ReplicaGroup[];
  /** In bytes, by service: what its container may use in compose. Nothing enforces it here. */
  memoryLimits: ReadonlyMap<string, number>;
}

/** What the processes use, in the words of containers. Only Linux tells, in /proc; elsewhere they have a state and no usage. */
export function createProcessMeter({ project, groups, memoryLimits }: ProcessMeterOptions): ContainerMeter {
  return {
    look: async () => {
      const replicas = groups().flatMap(({ service, replicas: each }) => each.map((replica) => ({ service, replica })));
      const samples = await Promise.all(
        replicas.map(({ service, replica }) => sampleOf(project, service, replica, memoryLimits.get(service))),
      );
      return { samples, missed: [] };
    },
  };
}

async function sampleOf(
  project: string,
  service: string,
  { id, name, process }: LocalReplica,
  memoryLimitBytes: number | undefined,
): Promise<ContainerSample> {
  const { state, health, pid, restarts, startedAt } = process.status();
  const sample = { id, project, service, replica: name, state, health };
  if (pid === undefined) return sample;
  const used = await usageOf(await treeOf(pid));
  const limit = memoryLimitBytes === undefined ? {} : { memoryLimitBytes };
  return { ...sample, usage: { ...used, ...limit, restarts, startedAtSeconds: Date.parse(startedAt) / 1_000 } };
}

/** The process and what it started: the one that holds the leash, PostgreSQL with its workers. */
async function treeOf(pid: number): Promise<number[]> {
  const text = await readProc(`${pid}/task/${pid}/children`);
  const children = (text ?? '').split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(treeOf))).flat()];
}

async function usageOf(pids: readonly number[]): Promise<ContainerUsage> {
  const [memory, cpu] = await Promise.all([sum(pids, anonymousBytes), sum(pids, cpuSeconds)]);
  return {
    ...(memory !== undefined && { memoryWorkingSetBytes: memory }),
    ...(cpu !== undefined && { cpuSeconds: cpu }),
  };
}

async function sum(
  pids: readonly number[],
  read: (pid: number) => Promise<number | undefined>,
): Promise<number | undefined> {
  const values = (await Promise.all(pids.map(read))).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
}

/** What is its own and in memory: without files that are mapped, as the programs and libraries are. */
async function anonymousBytes(pid: number): Promise<number | undefined> {
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec((await readProc(`${pid}/status`)) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
}

/** Linux counts in hundredths of a second on every architecture. */
const ticksPerSecond = 100;

/** Of the fields behind the name, which may hold blanks, the 12th and 13th are user and system time. */
async function cpuSeconds(pid: number): Promise<number | undefined> {
  const fields = (await readProc(`${pid}/stat`))?.split(') ').at(-1)?.split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const readProc = (path: string): Promise<string | undefined> =>
  readFile(`/proc/${path}`, 'utf8').catch(() => undefined);
