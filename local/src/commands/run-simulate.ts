import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { simulateFile } from '@stack/alert-bot/src/cli/simulate-file.ts';
import { systemClock } from '@stack/service-kit/clock';
import { ConfigError } from '@stack/service-kit/config';
import { parse } from 'yaml';
import { describeEvent } from '../demo/describe-event.ts';
import { requestJson } from '../demo/http-json.ts';
import type { BotIncident } from '../demo/observe-stack.ts';
import { findStack, howToStart, type StackAccess } from '../demo/stack-access.ts';
import { repository } from '../render-configuration.ts';

const usage = `npm run simulate: sends an alert by hand to the alert bot of the running stack, and follows what it does: it really acts

  npm run simulate -- APIHighLatency
  npm run simulate -- WorkerStalled instance=127.0.0.1:8001   with labels of your own
  npm run simulate -- APIHighLatency --resolved               says that it is over
  npm run simulate -- APIHighLatency --dry-run                what the bot would decide, and why; touches nothing, needs no stack

The other labels of the alert are those of its rule in prometheus/alert.rules.yml.
`;

type Labels = Record<string, string>;

interface SimulateOptions {
  labels: Labels;
  /** Only say what would be decided. */
  dryRun: boolean;
  resolved: boolean;
}

/** @throws ConfigError for the command line, Error when the bot cannot be reached or refuses */
export async function runSimulate(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  const options = await parseSimulateOptions(args);
  const stack = await findStack(env);
  const labels = await withInstance(options.labels, stack);
  const alert = { status: options.resolved ? 'resolved' : 'firing', labels };
  if (options.dryRun) return predict(alert, stack, env);
  if (!stack) throw new Error(`No stack runs. ${howToStart}`);
  await send(alert, stack);
}

/** @throws ConfigError that names the alerts there are */
export async function parseSimulateOptions(args: readonly string[]): Promise<SimulateOptions> {
  const { values, positionals } = readArgs(args);
  const [alertname = '', ...pairs] = positionals;
  const rules = await alertRules();
  const known = rules.get(alertname);
  if (!known) throw new ConfigError([`There is no alert "${alertname}". There are: ${[...rules.keys()].join(', ')}.`]);
  const own = pairs.map((pair) => {
    const [, name, value] = /^([a-zA-Z_]\w*)=(.*)$/.exec(pair) ?? [];
    if (name === undefined) throw new ConfigError([`"${pair}" is not a label. Say it like instance=127.0.0.1:8001.`]);
    return [name, value];
  });
  const labels = { alertname, ...known, ...Object.fromEntries(own) };
  return { labels, dryRun: values['dry-run'] ?? false, resolved: values.resolved ?? false };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean' }, resolved: { type: 'boolean' } },
    });
  } catch (error) {
    throw new ConfigError([
      `${(error as Error).message.split('.')[0]}. \`npm run simulate -- --help\` lists the options.`,
    ]);
  }
}

interface RuleFile {
  groups: { rules: { alert?: string; labels?: Labels }[] }[];
}

/** The labels of each alert in the committed rules, without those that only Prometheus can fill in. */
async function alertRules(): Promise<Map<string, Labels>> {
  const { groups } = parse(await readFile(join(repository, 'prometheus/alert.rules.yml'), 'utf8')) as RuleFile;
  const rules = groups.flatMap((group) => group.rules).filter((rule) => rule.alert !== undefined);
  const fixed = (labels: Labels = {}) => Object.entries(labels).filter(([, value]) => !value.includes('{{'));
  return new Map(rules.map(({ alert, labels }) => [alert as string, Object.fromEntries(fixed(labels))]));
}

/** An alert about one replica names it: the first one that Prometheus scrapes, unless another was given. */
async function withInstance(labels: Labels, stack: StackAccess | undefined): Promise<Labels> {
  if (labels['alertname'] !== 'WorkerStalled' || labels['instance'] || !stack) return labels;
  const query = new URLSearchParams({ query: 'up{job="worker"}' });
  const { data } = await requestJson<{ data: { result: { metric: Labels }[] } }>(
    `${stack.prometheus}/api/v1/query?${query}`,
  );
  const instance = data.result[0]?.metric['instance'];
  return instance === undefined ? labels : { ...labels, job: 'worker', instance };
}

/** What `alert-bot simulate` says, with the replicas of the stack that runs. */
async function predict(alert: object, stack: StackAccess | undefined, env: NodeJS.ProcessEnv): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'simulate-'));
  try {
    const file = join(directory, 'alert.json');
    await writeFile(file, JSON.stringify({ alerts: [alert] }));
    const runtime = stack?.runtime ?? { RUNTIME: 'docker', DOCKER_HOST: 'unix:///nowhere' };
    process.exitCode = await simulateFile(file, join(repository, 'alert-bot/runbooks.yml'), { ...env, ...runtime });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Answer {
  results: { incident: string | null; alertname: string; decision: string; reason: string }[];
}

const followMs = 600_000;

/** Sends the alert and follows what the bot does about it, until it is done. */
async function send(alert: object, { alertBot, token }: StackAccess): Promise<void> {
  const { results } = await requestJson<Answer>(`${alertBot}/alert`, {
    method: 'POST',
    body: { alerts: [alert] },
    token,
  });
  const [result] = results;
  say(`sent to ${alertBot}: ${result?.decision} (${result?.reason})`);
  if (!result?.incident || result.decision !== 'act') return;
  say(`incident ${alertBot}/incidents/${result.incident}`);
  const deadline = Date.now() + followMs;
  for (let seen = -1; Date.now() < deadline; await systemClock.sleep(500)) {
    const incident = await requestJson<BotIncident>(`${alertBot}/incidents/${result.incident}`, { token });
    for (const event of incident.timeline.filter(({ seq }) => seq > seen)) {
      const step = describeEvent(event, result.alertname);
      if (step) say(`  ${event.at.slice(11, 19)}  ${step.text}`);
      seen = event.seq;
    }
    if (incident.outcome !== null || incident.phase === 'closed') return;
  }
}

const say = (text: string) => void process.stdout.write(`${text}\n`);
