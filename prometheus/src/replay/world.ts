import type { Happening } from './happenings.ts';
import type { Plan } from './plan-replay.ts';
import type { Random } from './random.ts';

/** A stack, second by second: what its processes count, whether they answer. Counters begin at 0 with each start. */
export interface World {
  /** The second that comes, since the first midnight. */
  step(second: number): void;
  api: ApiState;
  workers: WorkerState[];
  database: { up: boolean };
  pending: number;
  /** Prometheus scrapes; it does not when it is stopped itself. */
  prometheus: { runs: boolean; startedAt: number };
  host: { idleSeconds: number };
}

interface Process {
  instance: string;
  /** In discovery, and thus asked. */
  listed: boolean;
  /** Answers a scrape in time. */
  answers: boolean;
  startedAt: number;
  cpuSeconds: number;
  lagSeconds: number;
  openFiles: number;
}

export interface ApiState extends Process {
  healthy: boolean;
  live: boolean;
  ok: number;
  failed: number;
  okFast: number;
  failedFast: number;
  statements: number;
  statementsFast: number;
}

export interface WorkerState extends Process {
  progressAt: number;
  settled: number;
  batches: number;
  batchSeconds: number;
  batchErrors: number;
}

/** Transactions that one replica settles in a second, the figures of the shipped settings. */
const settledPerSecond = 100;
const generatedPerSecond = 10;

const newProcess = (instance: string, startedAt: number): Process => ({
  instance,
  listed: true,
  answers: true,
  startedAt,
  cpuSeconds: 0,
  lagSeconds: 0.02,
  openFiles: 30,
});

const newApi = (number: number, at: number): ApiState => ({
  ...newProcess(`10.0.1.${number}:8000`, at),
  healthy: true,
  live: true,
  ok: 0,
  failed: 0,
  okFast: 0,
  failedFast: 0,
  statements: 0,
  statementsFast: 0,
});

const newWorker = (number: number, at: number): WorkerState => ({
  ...newProcess(`10.0.2.${number}:8001`, at),
  progressAt: at,
  settled: 0,
  batches: 0,
  batchSeconds: 0,
  batchErrors: 0,
});

/** How many in so many tries happen, each with this chance: by a normal approximation where the number is large. */
function drawn(tries: number, chance: number, random: Random): number {
  if (tries <= 40) {
    let count = 0;
    for (let index = 0; index < tries; index++) if (random.share() < chance) count++;
    return count;
  }
  const spread = Math.sqrt(tries * chance * (1 - chance));
  const normal = random.share() + random.share() + random.share() + random.share() - 2;
  return Math.min(tries, Math.max(0, Math.round(tries * chance + normal * 1.73 * spread)));
}

/** `demand`: requests a second of users, at each second. */
export function createWorld({ happenings, demand }: Plan, random: Random): World {
  let next = 0;
  let current: Happening[] = [];
  let owed = 0;
  let address = 10;
  const world: World = {
    api: newApi(2, -86_400),
    workers: [newWorker(5, -86_400)],
    database: { up: true },
    pending: 0,
    prometheus: { runs: true, startedAt: -86_400 },
    host: { idleSeconds: 0 },
    step,
  };
  const find = (kind: Happening['kind']) => current.find((happening) => happening.kind === kind);
  const is = (kind: Happening['kind']) => find(kind) !== undefined;

  function step(second: number): void {
    while (next < happenings.length && (happenings[next] as Happening).from <= second)
      current.push(happenings[next++] as Happening);
    const over = current.filter(({ to }) => to <= second);
    current = current.filter(({ to }) => to > second);
    for (const happening of over) end(happening, second);
    world.database.up = !is('database restart') && !is('database down');
    stepPrometheus(second);
    stepApi(second);
    stepWorkers(second);
    world.host.idleSeconds += is('busy host') ? 0.08 : 1.4;
  }

  function end({ kind, size }: Happening, second: number): void {
    if (kind === 'api restart') world.api = newApi(size > 0.5 ? address++ % 250 : 2, second);
    if (kind === 'worker restart') world.workers = [newWorker(size > 0.5 ? address++ % 250 : 5, second)];
    if (kind === 'worker scaled') world.workers.length = 1;
    if (kind === 'prometheus restart') world.prometheus.startedAt = second;
  }

  function stepPrometheus(second: number): void {
    world.prometheus.runs = !is('prometheus restart');
    const scaled = find('worker scaled');
    while (scaled && world.workers.length < scaled.size)
      world.workers.push(newWorker(200 + world.workers.length, second));
  }

  function stepApi(second: number): void {
    const { api } = world;
    const away = is('api restart') || is('api gone');
    const frozen = is('api frozen');
    api.listed = !away;
    api.live = !away && !frozen;
    api.answers = api.live && !is('missed scrapes');
    api.healthy = api.live && world.database.up && !is('hang') && !is('pool exhaustion');
    api.cpuSeconds += is('cpu burn') ? 1.1 : 0.03;
    api.lagSeconds = is('event loop blocked') ? 0.8 : random.between(0.011, 0.05);
    api.openFiles = is('file descriptor leak') ? api.openFiles + 50 : random.whole(28, 60);
    if (api.live) serve(second);
  }

  function serve(second: number): void {
    const { api } = world;
    owed += (find('burst')?.size ?? demand(second)) * random.between(0.8, 1.2);
    const requests = Math.floor(owed);
    owed -= requests;
    if (requests === 0 || is('hang')) return;
    const failing = world.database.up
      ? is('error rate 30 %')
        ? 0.3
        : (find('error minute')?.size ?? find('error burst')?.size ?? 0.001)
      : 1;
    const isCold = second - api.startedAt < 2;
    const allSlow = is('latency 400 ms') || is('stall') || is('slow database') || is('pool exhaustion') || isCold;
    const slow = allSlow ? 1 : (find('slow minute')?.size ?? (is('burst') ? 0.03 : 0.01));
    const failed = drawn(requests, failing, random);
    const ok = requests - failed;
    api.ok += ok;
    api.failed += failed;
    api.okFast += ok - drawn(ok, slow, random);
    api.failedFast += failed - drawn(failed, slow, random);
    const statements = 2 * requests;
    api.statements += statements;
    api.statementsFast += statements - (is('slow database') ? statements : drawn(statements, 0.01, random));
  }

  function stepWorkers(second: number): void {
    const burst = find('pending burst') ?? find('12,000 pending');
    if (burst && burst.from === second) world.pending += burst.kind === '12,000 pending' ? 12_000 : burst.size;
    if (world.database.up) world.pending += generatedPerSecond;
    const away = is('worker restart') || is('no worker');
    for (const [index, worker] of world.workers.entries()) {
      const frozen = index === 0 && is('worker frozen');
      worker.listed = !away;
      worker.answers = !away && !frozen && !is('missed scrapes');
      worker.cpuSeconds += 0.02;
      worker.lagSeconds = random.between(0.011, 0.05);
      if (away || frozen || (index === 0 && is('worker stalled'))) continue;
      if (!world.database.up) {
        if (second % 3 === 0) worker.batchErrors += 1;
        continue;
      }
      worker.progressAt = second;
      const rows = Math.min(settledPerSecond, Math.floor(world.pending));
      if (rows === 0) continue;
      world.pending -= rows;
      worker.settled += rows;
      worker.batches += 1;
      worker.batchSeconds += random.between(0.9, 1.2);
    }
  }

  return world;
}
