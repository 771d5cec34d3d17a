import { alone, type Figure, ratio } from '../../figures.ts';
import { interleave, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { imageNode } from '../../requirements.ts';
import { type ContenderName, prepareStage } from './stage.ts';
import { type StartSample, startOnLog } from './start-on-log.ts';

const events = 1_000_000;

export const recovery: Part = {
  name: 'alert-bot-recovery',
  title: 'alert-bot: start to ready after kill -9 with 1,000,000 events, beside reading them line by line',
  needs: [imageNode],
  run,
};

async function run(bench: Bench): Promise<PartResult> {
  const commands = await prepareStage(bench, events);
  const names = Object.keys(commands) as ContenderName[];
  for (const name of names) await startOnLog(commands[name]); // the files are in the page cache for everybody
  const contenders = Object.fromEntries(names.map((name) => [name, () => startOnLog(commands[name])])) as Record<
    ContenderName,
    () => Promise<StartSample>
  >;
  return { figures: figuresOf(await interleave(bench, contenders)), notes: [...notes] };
}

const references = {
  lines: 'reading all events line by line',
  keptLines: 'reading the current file line by line',
  parsed: 'all events, with JSON.parse',
};

function figuresOf(samples: Record<ContenderName, StartSample[]>): Figure[] {
  const ready = (name: ContenderName) => valuesOf(samples[name], 'readyMs');
  const against = (what: string, name: ContenderName, reference: keyof typeof references) => ({
    what,
    unit: 'ms',
    reference: references[reference],
    ours: ready(name),
    theirs: ready(reference),
  });
  const peak = (what: string, name: ContenderName) =>
    alone({ what: `${what}: peak of resident memory`, unit: 'MB', ours: valuesOf(samples[name], 'peakMb') });
  const kept = 'the log as the bot keeps it';
  const cold = 'all events in one file';
  return [
    ratio({ ...against(kept, 'kept', 'lines'), reach: { atMost: 2 } }),
    ratio({ ...against(kept, 'kept', 'keptLines'), reach: { atMost: 2 } }),
    ratio({ ...against(cold, 'oneFile', 'lines'), reach: { atMost: 2 } }),
    ratio(against(cold, 'oneFile', 'parsed')),
    peak(kept, 'kept'),
    peak(cold, 'oneFile'),
  ];
}

const notes = [
  'As the bot keeps it: files of 64 MiB, each beginning with what is remembered of those before it, the current one full. A start reads the current one only, about 150,000 of the million lines: beside reading them all that is no equal work, beside reading the same file it is. One file: INCIDENT_LOG_MAX_BYTES raised until nothing is archived, so every event is read.',
  'From the start of the process to its line "listening"; ended with SIGKILL, so the next start takes over a dead owner’s lock. The files are in the page cache. The reference is a process, too: node:readline over a stream with 1 MiB of buffer.',
  'About 330 bytes an event; one incident in ten was repaired. The more are, the more is parsed.',
];
