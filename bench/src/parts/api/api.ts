import { type Figure, ratio } from '../../figures.ts';
import { p99AtFixedRate } from '../../fixed-rate.ts';
import { interleave, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { otherCores, pinProcess } from '../../pinning.ts';
import { flask, imageNode, taskset, wrk } from '../../requirements.ts';
import { type BurstSample, burst } from './burst.ts';
import { type ApiStage, type ContenderName, contenderNames, startContenders } from './contenders.ts';
import { type Route, routes } from './routes.ts';
import { saturationNotes } from './saturation.ts';

/** Far below what the slowest of them can do: what is compared is how long one waits, not how many fit. */
const calmRate = 250;

export const api: Part = {
  name: 'api',
  title: 'The API, fully instrumented, beside bare node:http + pg, Fastify and the Flask original',
  needs: [imageNode, wrk, taskset, flask],
  run,
};

async function run(bench: Bench): Promise<PartResult> {
  pinProcess(process.pid, otherCores());
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
  const each = <T>(work: (name: ContenderName) => Promise<T>) =>
    Object.fromEntries(contenderNames.map((name) => [name, () => work(name)])) as Record<
      ContenderName,
      () => Promise<T>
    >;
  const once = (name: ContenderName) => burst(route, stage.servers[name], stage.databasePid);
  progress('warming up');
  for (const name of contenderNames) await once(name);
  const bursts = await interleave({ ...bench, progress }, each(once));
  const calm = await interleave(
    { ...bench, rounds: Math.ceil(bench.rounds / 2), progress: (text) => progress(`${calmRate}/s, ${text}`) },
    each(async (name) => ({ p99Ms: await calmP99(route, stage.servers[name].url) })),
  );
  return { figures: figuresOf(route, bursts, calm), notes: saturationNotes(route, bursts) };
}

const calmP99 = ({ path, method, body }: Route, url: string) =>
  p99AtFixedRate({ url: url + path, method, body, requestsPerSecond: calmRate, seconds: 1 });

function figuresOf(
  route: Route,
  bursts: Record<ContenderName, BurstSample[]>,
  calm: Record<ContenderName, { p99Ms: number }[]>,
): Figure[] {
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
    ratio(against('bare', `p99 at ${calmRate}/s`, 'ms', (name) => calm[name].map(({ p99Ms }) => p99Ms))),
    ratio(against('fastify', `p99 at ${calmRate}/s`, 'ms', (name) => calm[name].map(({ p99Ms }) => p99Ms))),
  ];
}
