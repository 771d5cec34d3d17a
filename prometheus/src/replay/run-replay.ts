import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDuration } from '../durations.ts';
import { findTools } from '../find-tools.ts';
import { freePort } from '../free-port.ts';
import { type AlertInGroup, alertsInGroups } from '../rule-files.ts';
import { runTool } from '../run-tool.ts';
import { startProgram } from '../start-program.ts';
import { type Firing, firings, type Moments } from './judge.ts';
import type { Plan } from './plan-replay.ts';
import type { Random } from './random.ts';
import { scrape } from './scrape-world.ts';
import { createWorld } from './world.ts';

/** A Monday, and the beginning of a block of Prometheus. */
const epoch = Date.UTC(2026, 0, 5) / 1_000;
const blockSeconds = 7_200;
/** Prometheus answers a range query with so many points at most. */
const maxPoints = 11_000;

/**
 * Writes what a stack would have measured into the blocks of a real Prometheus and asks it for each alert's expression at each
 * evaluation. Times of the answer are seconds since the first midnight.
 * @throws Error when promtool or Prometheus refuses
 */
export async function runReplay(plan: Plan, random: Random, alerts = replayedAlerts()): Promise<Firing[]> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  try {
    await writeBlocks(folder, plan, random);
    const found = await askPrometheus(folder, plan, alerts);
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Burn rates need days of recorded series, the Watchdog always fires, and containers have no world here. */
const replayedAlerts = (): AlertInGroup[] =>
  alertsInGroups().filter(({ alert, group }) => !['slo-burn', 'containers'].includes(group) && alert !== 'Watchdog');

async function writeBlocks(folder: string, plan: Plan, random: Random): Promise<void> {
  const [promtool] = findTools('promtool');
  if (!promtool) throw new Error('the replay needs promtool');
  await mkdir(join(folder, 'data'));
  const world = createWorld(plan, random);
  const pending = new Set<Promise<void>>();
  for (let start = 0; start < plan.seconds; start += blockSeconds) {
    const lines: string[] = [];
    for (let second = start; second < Math.min(start + blockSeconds, plan.seconds); second++) {
      world.step(second);
      scrape(world, second, epoch, (series, value, at) => lines.push(`${series} ${value} ${epoch + at}`));
    }
    if (pending.size > 1) await Promise.race(pending);
    const block = writeBlock(promtool, folder, start, lines).finally(() => pending.delete(block));
    pending.add(block);
  }
  await Promise.all(pending);
}

async function writeBlock(promtool: string, folder: string, start: number, lines: string[]): Promise<void> {
  const file = join(folder, `${start}.om`);
  await writeFile(file, `${lines.join('\n')}\n# EOF\n`);
  const { ok, output } = await runTool(promtool, [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    file,
    join(folder, 'data'),
  ]);
  if (!ok) throw new Error(output);
  await rm(file);
}

async function askPrometheus(folder: string, plan: Plan, alerts: readonly AlertInGroup[]): Promise<Firing[]> {
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  await writeFile(config, 'scrape_configs: []\n');
  const program = startProgram(findTools('prometheus')[0] as string, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--storage.tsdb.retention.time=10y',
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  try {
    await ready(url, program.output);
    const found: Firing[] = [];
    for (const each of alerts) found.push(...(await askFor(url, each, plan, alerts)));
    return found;
  } finally {
    await program.stop();
  }
}

async function ready(url: string, output: () => string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (
      await fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error(`Prometheus does not start:\n${output()}`);
}

async function askFor(
  url: string,
  rule: AlertInGroup,
  { seconds, happenings }: Plan,
  all: readonly AlertInGroup[],
): Promise<Firing[]> {
  const step = parseDuration(rule.interval ?? '5s') / 1_000;
  const byLabels = new Map<string, { labels: Record<string, string>; at: number[] }>();
  for (let start = 0; start < seconds; start += maxPoints * step) {
    const end = Math.min(seconds, start + (maxPoints - 1) * step);
    for (const { labels, at } of await askRange(url, withoutAlerts(rule.expr, all), start, end, step)) {
      const key = JSON.stringify(labels);
      const known = byLabels.get(key);
      if (known) known.at.push(...at);
      else byLabels.set(key, { labels: { ...labels }, at: [...at] });
    }
  }
  const stops = happenings.filter(({ kind }) => kind === 'prometheus restart');
  return firings(rule, step, [...byLabels.values()], stops);
}

/** Nobody has written `ALERTS` here: what it would hold is asked for instead, pending, firing, and kept firing. */
function withoutAlerts(expr: string, all: readonly AlertInGroup[]): string {
  const asked = ({ expr: own, for: hold = '2s', keep_firing_for: keep }: AlertInGroup, window: string) => {
    const pending = `present_over_time((${own})[${window}:2s])`;
    return keep
      ? `(${pending}) or present_over_time((min_over_time((group(${own}) or vector(0))[${hold}:2s]) == 1)[${keep}:2s])`
      : pending;
  };
  return expr.replace(
    /present_over_time\(ALERTS\{alertname=~?"([^"]+)"\}\[(\w+)\]\)/g,
    (_, names: string, window: string) => {
      const rules = all.filter(({ alert }) => names.split('|').includes(alert));
      return `(${rules.map((rule) => asked(rule, window)).join(' or ')})`;
    },
  );
}

async function askRange(url: string, query: string, from: number, to: number, step: number): Promise<Moments[]> {
  const response = await fetch(`${url}/api/v1/query_range`, {
    method: 'POST',
    body: new URLSearchParams({ query, start: `${epoch + from}`, end: `${epoch + to}`, step: `${step}` }),
  });
  const answer = (await response.json()) as {
    error?: string;
    data?: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  if (!answer.data) throw new Error(`${answer.error ?? response.status}\n${query}`);
  return answer.data.result.map(({ metric, values }) => ({ labels: metric, at: values.map(([at]) => at - epoch) }));
}
