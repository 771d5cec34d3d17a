import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePastIncidents } from '@stack/alert-bot/test/console/past-incidents.ts';
import { alone, type Figure } from '../../figures.ts';
import { imageCommand } from '../../image-command.ts';
import { interleave, type Sample, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { chromium, imageNode } from '../../requirements.ts';
import { startServer } from '../../start-server.ts';
import { launchBrowser, type PageFigures, watchPage } from './browser.ts';
import { eventsPerSecond, startEvents } from './events.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const incidents = 10_000;

export const consolePart: Part = {
  name: 'alert-bot-console',
  title: `alert-bot: its page in Chromium, with ${incidents.toLocaleString('en')} incidents and ${eventsPerSecond} events a second`,
  needs: [imageNode, chromium],
  run,
};

const views = { Now: '/', Incidents: '/ui/incidents', Services: '/ui/services' } as const;
type View = keyof typeof views;

async function run(bench: Bench): Promise<PartResult> {
  const url = await startBot(bench);
  const browser = await launchBrowser();
  bench.onStop('browser', () => browser.close());
  await watchPage(browser, `${url}/`, 0); // the first page of a browser pays for its start
  const calm = await interleave(
    bench,
    eachView((path) => watchPage(browser, url + path, 1_000)),
  );
  const events = startEvents(`${url}/alert`);
  bench.onStop('events', () => events.stop());
  const busy = await interleave(
    bench,
    eachView((path) => watchPage(browser, url + path, 8_000)),
  );
  const rate = await events.stop();
  return { figures: [...paints(calm), ...tasks(busy)], notes: notesOf(rate) };
}

const eachView = (measure: (path: string) => Promise<PageFigures & Sample>) =>
  Object.fromEntries(Object.entries(views).map(([name, path]) => [name, () => measure(path)])) as Record<
    View,
    () => Promise<PageFigures & Sample>
  >;

type Samples = Record<View, (PageFigures & Sample)[]>;

const paints = (samples: Samples): Figure[] =>
  Object.entries(samples).flatMap(([view, rounds]) => [
    alone({
      what: `${view}: first contentful paint, ${incidents.toLocaleString('en')} incidents`,
      unit: 'ms',
      ours: valuesOf(rounds, 'paintMs'),
      reach: { atMost: 500 },
    }),
    alone({ what: `${view}: content is there`, unit: 'ms', ours: valuesOf(rounds, 'contentMs') }),
  ]);

const tasks = (samples: Samples): Figure[] =>
  Object.entries(samples).flatMap(([view, rounds]) => [
    alone({
      what: `${view}: longest task in 8 s at ${eventsPerSecond} events/s`,
      unit: 'ms',
      ours: valuesOf(rounds, 'longestTaskMs'),
      reach: { atMost: 50 },
    }),
    alone({ what: `${view}: share of the time in tasks`, unit: '%', ours: valuesOf(rounds, 'busyPercent') }),
  ]);

const notesOf = (rate: number): string[] => [
  `${rate.toFixed(0)} events a second were written to the log while the page was watched; of each alert it is received, decided and resolved.`,
  'A task is what the browser’s main thread does in one piece; its length is processor time, so that other processes of the machine do not count.',
];

async function startBot(bench: Bench): Promise<string> {
  bench.progress('bundling alert-bot');
  const bundle = await bench.bundle('alert-bot');
  const folder = join(bench.directory, 'console');
  await mkdir(folder);
  const log = join(folder, 'incident_log.jsonl');
  writePastIncidents(log, { count: incidents, endsAgoMs: 60_000, everyMs: 60_000 });
  const { url } = await startServer(bench, {
    name: 'alert-bot',
    command: imageCommand(bench.node, bundle),
    env: { RUNTIME: 'dry-run', INCIDENT_LOG_PATH: log, RUNBOOKS_PATH: join(repository, 'alert-bot/runbooks.yml') },
  });
  return url;
}
