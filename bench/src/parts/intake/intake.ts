import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone, type Figure, ratio } from '../../figures.ts';
import { imageCommand } from '../../image-command.ts';
import { interleave, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { imageNode } from '../../requirements.ts';
import { startServer } from '../../start-server.ts';
import { spreadOf } from '../../statistics.ts';
import { type Case, cases } from './cases.ts';
import { type DeliverySample, deliver } from './deliver.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const reference = 'JSON.parse + fdatasync';

export const intake: Part = {
  name: 'alert-bot-intake',
  title: 'alert-bot: alerts judged and on disk, beside JSON.parse and one fdatasync for each payload and nothing else',
  needs: [imageNode],
  run,
};

type Contender = 'ours' | 'bare';
type Samples = Record<Contender, DeliverySample[]>;

async function run(bench: Bench): Promise<PartResult> {
  const urls = await startContenders(bench);
  const result: PartResult = { figures: [], notes: [...generalNotes] };
  for (const one of cases) {
    const progress = (text: string) => bench.progress(`${one.what}: ${text}`);
    const measure = (name: Contender) => () => deliver(urls[name], one.load);
    progress('warming up');
    for (const name of ['ours', 'bare'] as const) await deliver(urls[name], { ...one.load, seconds: 0.3 });
    const samples = await interleave({ ...bench, progress }, { ours: measure('ours'), bare: measure('bare') });
    result.figures.push(...figuresOf(one, samples));
    result.notes.push(...saturationNotes(one, samples));
  }
  return result;
}

async function startContenders(bench: Bench): Promise<Record<Contender, string>> {
  bench.progress('bundling alert-bot');
  const bundle = await bench.bundle('alert-bot');
  const ours = await startServer(bench, {
    name: 'ours',
    command: imageCommand(bench.node, bundle),
    env: {
      RUNTIME: 'dry-run',
      INCIDENT_LOG_PATH: join(bench.directory, 'intake', 'incident_log.jsonl'),
      RUNBOOKS_PATH: join(repository, 'alert-bot/runbooks.yml'),
    },
  });
  const bare = await startServer(bench, {
    name: 'bare',
    command: [bench.node, join(repository, 'bench/reference/intake-parse-and-sync.mjs')],
    env: { REFERENCE_LOG: join(bench.directory, 'reference.log') },
  });
  return { ours: `${ours.url}/alert`, bare: `${bare.url}/alert` };
}

function figuresOf({ what, reachRate, reachP99Ms }: Case, { ours, bare }: Samples): Figure[] {
  const sides = (metric: keyof DeliverySample & string) => ({
    ours: valuesOf(ours, metric),
    theirs: valuesOf(bare, metric),
  });
  const reach = reachRate === undefined ? {} : { reach: { atLeast: reachRate } };
  const limit = reachP99Ms === undefined ? {} : { reach: { atMost: reachP99Ms } };
  return [
    ratio({ what: `${what}: alerts/s`, unit: '/s', reference, ...sides('alertsPerSecond'), ...reach }),
    alone({ what: `${what}: p99 of the answer`, unit: 'ms', ours: valuesOf(ours, 'p99Ms'), ...limit }),
    ratio({ what: `${what}: median of the answer`, unit: 'ms', reference, ...sides('medianMs') }),
  ];
}

const generalNotes = [
  'Closed loop: each sender waits for its answer before it sends again. Both sides are on the same disk and share the machine with the senders.',
  'Alerts that no runbook names: the containers are not looked at. New incidents are two lines of the log each, repeats none.',
];

const busy = 0.9;

function saturationNotes({ what }: Case, samples: Samples): string[] {
  return (['ours', 'bare'] as const).flatMap((name) => {
    const share = spreadOf(valuesOf(samples[name], 'generatorShare')).median;
    if (share < busy) return [];
    const who = name === 'ours' ? 'ours' : reference;
    return [
      `${what}, ${who}: the load generator was the limit (${Math.round(share * 100)} % of a core); a lower bound.`,
    ];
  });
}
