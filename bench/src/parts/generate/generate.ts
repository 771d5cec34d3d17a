import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { alone, type Figure, ratio } from '../../figures.ts';
import { interleave, type Sample, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { cpuSecondsOf } from '../../process-cpu.ts';
import { imageNode, psql } from '../../requirements.ts';
import { type RunningServer, startServer } from '../../start-server.ts';
import { spreadOf } from '../../statistics.ts';
import { ask } from './ask.ts';
import { prepareCopy } from './psql-copy.ts';
import { emptyTables, type Stage, startStage } from './stage.ts';

/** About a second each. */
const loads = [
  { size: 100, batches: 500 },
  { size: 1_000, batches: 120 },
  { size: 10_000, batches: 15 },
] as const;
type Load = (typeof loads)[number];

export const generate: Part = {
  name: 'worker-generate',
  title: 'The worker generating at full speed, beside psql’s \\copy of prepared files',
  needs: [imageNode, psql],
  run,
};

async function run(bench: Bench): Promise<PartResult> {
  const stage = await startStage(bench);
  const command = [
    bench.node,
    '--import',
    'tsx',
    fileURLToPath(new URL('./loop-process.ts', import.meta.url)),
  ] as const;
  const env = { DATABASE_URL: stage.app };
  const loop = await startServer(bench, { name: 'generate-loop', command: [...command], env });
  const result: PartResult = { figures: [], notes: [] };
  for (const load of loads) {
    const { figures, notes } = await measureLoad(bench, stage, loop, load);
    result.figures.push(...figures);
    result.notes.push(...notes);
  }
  return result;
}

async function measureLoad(bench: Bench, stage: Stage, loop: RunningServer, load: Load): Promise<PartResult> {
  const what = `${load.size.toLocaleString('en-US')} rows a batch`;
  const progress = (text: string) => bench.progress(`${what}: ${text}`);
  progress('preparing');
  const session = await prepareCopy(bench.directory, load.size, load.batches);
  const ours = async () => {
    await emptyTables(stage.session);
    return generateOnce(loop, stage, load);
  };
  const copy = async () => {
    await emptyTables(stage.session);
    return { rowsPerSecond: await session.rowsPerSecond(stage.app) };
  };
  await ours();
  await copy();
  const samples = await interleave<Contender, Sample>({ ...bench, progress }, { ours, copy });
  const database = spreadOf(valuesOf(samples.ours, 'databaseShare')).median;
  return { figures: figuresOf(what, load, samples), notes: [shareNote(what, database)] };
}

type Contender = 'ours' | 'copy';

async function generateOnce(loop: RunningServer, { databasePid }: Stage, { size, batches }: Load): Promise<Sample> {
  const before = cpuSecondsOf(databasePid);
  const answer = (await ask(loop, `/run?size=${size}&batches=${batches}`)) as Record<string, number>;
  const { rows = 0, seconds = 0, cpuMicros = 0 } = answer;
  if (rows !== size * batches) throw new Error(`the loop made ${rows} rows of ${size * batches}: see its log`);
  const databaseShare = (cpuSecondsOf(databasePid) - before) / seconds;
  return { rowsPerSecond: rows / seconds, cpuMicros: cpuMicros / rows, databaseShare };
}

function figuresOf(what: string, { size }: Load, samples: Record<Contender, Sample[]>): Figure[] {
  return [
    ratio({
      what: `generated, ${what}`,
      unit: '/s',
      ours: valuesOf(samples.ours, 'rowsPerSecond'),
      theirs: valuesOf(samples.copy, 'rowsPerSecond'),
      reference: 'psql \\copy',
      ...(size === 10_000 && { reach: { atLeast: 0.8 } }),
    }),
    alone({ what: `CPU of the worker for a row, ${what}`, unit: 'µs', ours: valuesOf(samples.ours, 'cpuMicros') }),
  ];
}

const shareNote = (what: string, share: number) =>
  `${what}: the database used ${Math.round(share * 100)} % of one core of ${cpus().length}; one session cannot use more than about one.`;
