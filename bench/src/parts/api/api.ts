import { type Figure, ratio } from '../../figures.ts';
import { p99AtFixedRate } from '../../fixed-rate.ts';
import { interleave, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { allCores, otherCores, pinProcess } from '../../pinning.ts';
import { flask, imageNode, referencePackages, taskset, wrk } from '../../requirements.ts';
import { type BurstSample, burst } from './burst.ts';
import { type ApiStage, type ContenderName, contenderNames, startContenders } from './contenders.ts';
import { type Route, routes } from './routes.ts';
import { saturationNotes } from './saturation.ts';

/** Far below what the slowest of them can do: what is compared is how long one waits, not how many fit. */
const calmRate = 250;

export const api: Part = {
  name: 'api',
  title: 'The API, fully instrumented, beside bare node:http + pg, Fastify and the Flask original',
  needs: [imageNode, referencePackages, wrk, taskset, flask],
  run,
};

async function run(bench: Bench): Promise<PartResult> {
  pinProcess(process.pid, otherCores());
  bench.onStop('pinning', () => pinProcess(process.pid, allCores())); // or the next part's processes would inherit it
  const stage = await startContenders(bench);
  const result: PartResult = { figures: [], notes: [] };
  for (const route of routes) {
    const { figures, notes } = await measureRoute(bench, stage, route);
    result.figures.push(...figures);
    result.notes.push(...notes);
  }
  return result;
}

async function measureRoute(bench: Bench, stage: ApiStage, route: Route): Promise<PartResult> {
  const progress = (text: string) => bench.progress(`${route.name}: ${text}`);
  const once = (name: ContenderName) => burst(route, stage.servers[name], stage.databasePid);
  progress('warming up');
  for (const name of contenderNames) await once(name);
  const bursts = await interleave({ ...bench, progress }, contenders(contenderNames, once));
  const figures = figuresOf(route, bursts);
  if (route.calm) figures.push(...(await measureCalm(bench, stage, route)));
  return { figures, notes: saturationNotes(route, bursts) };
}

const contenders = <Name extends ContenderName, T>(names: readonly Name[], work: (name: Name) => Promise<T>) =>
  Object.fromEntries(names.map((name) => [name, () => work(name)])) as Record<Name, () => Promise<T>>;

/** How long one waits when nothing is full. */
async function measureCalm(bench: Bench, { servers }: ApiStage, route: Route): Promise<Figure[]> {
  const { path, method, body, what } = route;
  const load = { method, body, requestsPerSecond: calmRate, seconds: 2 };
  const samples = await interleave(
    { ...bench, rounds: Math.ceil(bench.rounds / 2), progress: (text) => bench.progress(`${calmRate}/s, ${text}`) },
    contenders(['ours', 'bare', 'fastify'] as const, async (name) => ({
      p99Ms: await p99AtFixedRate({ ...load, url: servers[name].url + path }),
    })),
  );
  const ours = valuesOf(samples.ours, 'p99Ms');
  return (['bare', 'fastify'] as const).map((reference) =>
    ratio({
      what: `${what}: p99 at ${calmRate}/s`,
      unit: 'ms',
      ours,
      reference,
      theirs: valuesOf(samples[reference], 'p99Ms'),
    }),
  );
}

function figuresOf(route: Route, bursts: Record<ContenderName, BurstSample[]>): Figure[] {
  const rate = (name: ContenderName) => valuesOf(bursts[name], 'requestsPerSecond');
  const perCpuSecond = (name: ContenderName) => valuesOf(bursts[name], 'cpuMicros').map((micros) => 1e6 / micros);
  const against = (
    reference: ContenderName,
    what: string,
    unit: string,
    values: (name: ContenderName) => number[],
  ) => ({
    what: `${route.what}: ${what}`,
    unit,
    reference,
    ours: values('ours'),
    theirs: values(reference),
  });
  const reachOf = (reach: Figure['reach']) => (reach ? { reach } : {});
  return [
    ratio({ ...against('bare', 'requests/s', '/s', rate), ...reachOf(route.reachBare) }),
    ratio({ ...against('fastify', 'requests/s', '/s', rate), reach: { atLeast: 1 } }),
    ratio({ ...against('flask', 'requests/s', '/s', rate) }),
    ratio(against('bare', 'requests per CPU second', '/s', perCpuSecond)),
    ratio(against('fastify', 'requests per CPU second', '/s', perCpuSecond)),
    ratio({ ...against('flask', 'requests per CPU second', '/s', perCpuSecond), ...reachOf(route.reachFlask) }),
    ratio(against('bare', 'p99, 32 connections busy', 'ms', (name) => valuesOf(bursts[name], 'p99Ms'))),
    ratio(against('fastify', 'p99, 32 connections busy', 'ms', (name) => valuesOf(bursts[name], 'p99Ms'))),
  ];
}
