import { alone, type Figure, ratio } from '../../figures.ts';
import { interleave, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { imageNode, referencePackages } from '../../requirements.ts';
import { type Stage, startStage } from '../generate/stage.ts';
import { type Contender, startQueue, startWorkers } from './contenders.ts';
import { assertSettledOnce, type DrainSample, drain } from './drain.ts';
import { saturationNotes } from './saturation.ts';

const jobs = 80_000;
const warmUpJobs = 20_000;
/** The processor answers at once. The best of batches of 500 to 10,000: one replica takes two transactions for a large one. */
const fullSpeed = { SETTLE_LATENCY_MS: '0', SETTLE_BATCH_SIZE: '10000' };
const fullSpeedOfThree = { ...fullSpeed, SETTLE_BATCH_SIZE: '999' };
/** Batches of 100, one second each: the worker's defaults. */
const batchesWithLatency = 4;

export const settle: Part = {
  name: 'worker-settle',
  title: 'The worker settling, beside graphile-worker and pg-boss doing jobs that do nothing',
  needs: [imageNode, referencePackages],
  run,
};

const names = ['ours', 'graphile-worker', 'pg-boss', 'ours × 3', 'graphile-worker × 3', 'pg-boss × 3'] as const;
type Name = (typeof names)[number];
type Samples = Record<Name, DrainSample[]>;

async function run(bench: Bench): Promise<PartResult> {
  const stage = await startStage(bench);
  bench.progress('starting workers and queues');
  const contenders: Record<Name, Contender> = {
    ours: await startWorkers(bench, stage, 1, fullSpeed),
    'graphile-worker': await startQueue(bench, stage, 'graphile-worker-replica.mjs', 1),
    'pg-boss': await startQueue(bench, stage, 'pg-boss-replica.mjs', 1),
    'ours × 3': await startWorkers(bench, stage, 3, fullSpeedOfThree),
    'graphile-worker × 3': await startQueue(bench, stage, 'graphile-worker-replica.mjs', 3),
    'pg-boss × 3': await startQueue(bench, stage, 'pg-boss-replica.mjs', 3),
  };
  const once = async (name: Name, count = jobs) => {
    const sample = await drain(contenders[name], stage, count);
    if (name.startsWith('ours')) await assertSettledOnce(stage, count);
    return sample;
  };
  bench.progress('warming up');
  for (const name of names) await once(name, warmUpJobs);
  const each = Object.fromEntries(names.map((name) => [name, () => once(name)])) as Record<
    Name,
    () => Promise<DrainSample>
  >;
  const samples = await interleave(bench, each);
  const scaling = await measureScaling(bench, stage);
  return { figures: [...speedFigures(samples), scaling], notes: [startNote, ...saturationNotes(samples)] };
}

const startNote =
  'A queue begins when it is told to; a worker is let go by lifting its fault `stall`, which it looks at every 100 ms: counted against ours.';

/** One replica and three with the default latency: does three times the replicas settle three times as much? */
async function measureScaling(bench: Bench, stage: Stage): Promise<Figure> {
  const one = await startWorkers(bench, stage, 1, {});
  const three = await startWorkers(bench, stage, 3, {});
  const progress = (text: string) => bench.progress(`default latency, ${text}`);
  const samples = await interleave(
    { ...bench, progress, rounds: Math.ceil(bench.rounds / 2) },
    {
      one: () => drain(one, stage, batchesWithLatency * 100),
      three: () => drain(three, stage, batchesWithLatency * 300),
    },
  );
  return ratio({
    what: 'settled with the default processor, three replicas',
    unit: '/s',
    ours: valuesOf(samples.three, 'rowsPerSecond'),
    theirs: valuesOf(samples.one, 'rowsPerSecond'),
    reference: 'one replica',
    reach: { atLeast: 2.8 },
  });
}

function speedFigures(samples: Samples): Figure[] {
  const rate = (name: Name) => valuesOf(samples[name], 'rowsPerSecond');
  const cpu = (name: Name) => samples[name].map((sample) => sample.replicaMicros + sample.databaseMicros);
  const against = (ours: Name, reference: Name, what: string) => [
    ratio({ what, unit: '/s', ours: rate(ours), theirs: rate(reference), reference, reach: { atLeast: 1 } }),
    ratio({ what: `${what}: CPU each`, unit: 'µs', ours: cpu(ours), theirs: cpu(reference), reference }),
  ];
  return [
    ...against('ours', 'graphile-worker', 'settled at full speed, one replica'),
    ...against('ours', 'pg-boss', 'settled at full speed, one replica'),
    ...against('ours × 3', 'graphile-worker × 3', 'settled at full speed, three replicas'),
    ...against('ours × 3', 'pg-boss × 3', 'settled at full speed, three replicas'),
    alone({
      what: 'CPU of the worker itself for a settled row',
      unit: 'µs',
      ours: valuesOf(samples.ours, 'replicaMicros'),
    }),
  ];
}
