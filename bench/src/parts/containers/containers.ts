import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { alone, difference, type Figure } from '../../figures.ts';
import { interleave, type Sample, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { cpuSecondsOf } from '../../process-cpu.ts';
import { imageNode } from '../../requirements.ts';
import { type RunningServer, startServer } from '../../start-server.ts';
import { startEngineWith } from './engine-with-containers.ts';

/** Of one contender in one round: four looks at the containers and four scrapes. */
const windowMs = 20_000;
const scrapeEveryMs = 5_000;
/** Start, first looks, compilation. */
const warmUpMs = 20_000;

export const containers: Part = {
  name: 'containers',
  title:
    'What measuring the containers costs the bot, each 5 s and scraped each 5 s, beside the same bot that measures nothing',
  needs: [imageNode],
  run,
};

interface CostSample extends Sample {
  cpuPercent: number;
  scrapeMs: number;
}

async function run(bench: Bench): Promise<PartResult> {
  const bundle = await bench.bundle('alert-bot');
  const start = (name: string, count: number, intervalMs: number) =>
    startBot(bench, bundle, { name, count, intervalMs });
  const servers = {
    off: await start('off', 20, 0),
    twenty: await start('twenty', 20, 5_000),
    twoHundred: await start('two-hundred', 200, 5_000),
  };
  bench.progress('warming up');
  await Promise.all(Object.values(servers).map((server) => watch(server, warmUpMs)));
  const samples = await interleave(bench, {
    off: () => watch(servers.off, windowMs),
    twenty: () => watch(servers.twenty, windowMs),
    twoHundred: () => watch(servers.twoHundred, windowMs),
  });
  return {
    figures: figuresOf(samples),
    notes: ['The engine of this part answers at once, and its CPU time is not counted.'],
  };
}

async function startBot(
  bench: Bench,
  bundle: string,
  { name, count, intervalMs }: { name: string; count: number; intervalMs: number },
): Promise<RunningServer> {
  const folder = join(bench.directory, name);
  await mkdir(folder);
  return startServer(bench, {
    name: `bot ${name}`,
    command: [bench.node, bundle],
    env: {
      RUNTIME: 'dry-run',
      DOCKER_HOST: await startEngineWith(count, { directory: folder, onStop: bench.onStop }),
      COMPOSE_PROJECT: 'bench',
      CONTAINER_METRICS_INTERVAL_MS: String(intervalMs),
      INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
      RUNBOOKS_PATH: fileURLToPath(new URL('../../../../alert-bot/runbooks.yml', import.meta.url)),
    },
  });
}

/** CPU of one core over the window, in which it is scraped as Prometheus does. */
async function watch({ url, pid }: RunningServer, forMs: number): Promise<CostSample> {
  const startedAt = performance.now();
  const cpuBefore = cpuSecondsOf(pid);
  const scrapes: number[] = [];
  for (let at = 0; at < forMs; at += scrapeEveryMs) {
    const before = performance.now();
    await (await fetch(`${url}/metrics`)).text();
    scrapes.push(performance.now() - before);
    await sleep(scrapeEveryMs);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuPercent = (100 * (cpuSecondsOf(pid) - cpuBefore)) / seconds;
  return { cpuPercent, scrapeMs: Math.max(...scrapes) };
}

function figuresOf({ off, twenty, twoHundred }: Record<'off' | 'twenty' | 'twoHundred', CostSample[]>): Figure[] {
  const cpu = { unit: '% of a core', reference: 'not measuring', theirs: valuesOf(off, 'cpuPercent') };
  return [
    difference({ what: '20 containers: CPU', ...cpu, ours: valuesOf(twenty, 'cpuPercent'), reach: { atMost: 1 } }),
    difference({ what: '200 containers: CPU', ...cpu, ours: valuesOf(twoHundred, 'cpuPercent') }),
    alone({ what: '200 containers: slowest scrape of a round', unit: 'ms', ours: valuesOf(twoHundred, 'scrapeMs') }),
  ];
}
