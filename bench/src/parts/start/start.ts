import { alone, type Figure, ratio } from '../../figures.ts';
import { interleave, type Sample, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { imageNode } from '../../requirements.ts';
import { spreadOf } from '../../statistics.ts';
import { type ContenderName, prepareCommands, services } from './commands.ts';
import { imageSizes } from './image-sizes.ts';
import { type StartCommand, startProcess } from './start-process.ts';

/** Of one round: one start has the noise of everything else on the machine. */
const startsPerRound = 5;
/** The services' first queries, loops and looks are over by then. */
const idleMs = 2_000;

export const start: Part = {
  name: 'start',
  title: 'Start and memory of each service as its image starts it, beside a bare node:http process',
  needs: [imageNode],
  run,
};

interface StartSample extends Sample {
  startMs: number;
  residentMb: number;
  proportionalMb: number;
}

async function run(bench: Bench): Promise<PartResult> {
  const commands = await prepareCommands(bench);
  const contenders = Object.fromEntries(
    Object.entries(commands).map(([name, command]) => [name, () => measure(command)]),
  ) as Record<ContenderName, () => Promise<StartSample>>;
  const samples = await interleave(bench, contenders);
  const sizes = await imageSizes();
  return { figures: [...figuresOf(samples), ...sizes.figures], notes: sizes.notes };
}

/** The median of several starts; the memory of the last, left alone for a while. */
export async function measure(command: StartCommand, idle = idleMs): Promise<StartSample> {
  const times: number[] = [];
  for (let index = 1; index < startsPerRound; index += 1) times.push((await startProcess(command, 0)).startMs);
  const last = await startProcess(command, idle);
  return { startMs: spreadOf([...times, last.startMs]).median, ...last.memory };
}

function figuresOf(samples: Record<ContenderName, StartSample[]>): Figure[] {
  const starts = services.map((service) =>
    ratio({
      what: `${service}: process start to listening`,
      unit: 'ms',
      reference: 'bare node:http',
      ours: valuesOf(samples[service], 'startMs'),
      theirs: valuesOf(samples.bare, 'startMs'),
      reach: { atMost: 2.5 },
    }),
  );
  const limits = services.map((service) =>
    alone({
      what: `${service}: resident memory, idle`,
      unit: 'MB',
      ours: valuesOf(samples[service], 'residentMb'),
      reach: { atMost: 90 },
    }),
  );
  return [...starts, ...limits];
}
