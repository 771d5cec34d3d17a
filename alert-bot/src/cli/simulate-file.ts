import { readFileSync } from 'node:fs';
import { createLogger } from '@stack/service-kit/logger';
import { withTimeout } from '@stack/service-kit/timeout';
import type { Delivery, PayloadProblem, ReadDelivery } from '../alerts/alert.ts';
import { labelOf } from '../alerts/label-of.ts';
import { InvalidPayload, parseDelivery } from '../alerts/parse-delivery.ts';
import { loadAlertBotConfig } from '../config.ts';
import { createRuntime } from '../create-runtime.ts';
import { hostOf } from '../decide/find-replica.ts';
import type { IntakeResult } from '../healer/healer.ts';
import { nameOf } from '../healer/judge.ts';
import { simulate } from '../healer/simulate.ts';
import { loadChosenRunbooks } from '../runbooks/chosen-runbooks.ts';
import { RunbookError } from '../runbooks/load-runbooks.ts';
import type { Policy } from '../runbooks/runbook.ts';
import type { Observation, ObservedService } from '../runtime/runtime.ts';
import type { NamedTarget } from '../targets/target-name.ts';

/**
 * Prints what the bot would do about the alerts in a file (`-`: standard input), by the very code that decides. It looks at
 * the real containers where it can reach them, else it assumes that they are there, healthy and opted in, and says so.
 * Resolves to the exit code.
 */
export async function simulateFile(
  file: string,
  runbooksPath: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  try {
    const { policy, from } = await loadChosenRunbooks(runbooksPath);
    const delivery = readDelivery(file);
    const seen = await observe(env);
    const observed = seen ?? assume(delivery, policy);
    const results = simulate(delivery, observed, policy, Date.now());
    const about = seen
      ? `the containers of ${describeScope(seen)}`
      : 'no container runtime in reach: targets are taken to be there and healthy';
    const lines = [...results.map(describe), ...describeRefused(delivery)];
    process.stdout.write(`runbooks: ${from}; ${about}\n${lines.join('\n')}\nNothing was touched.\n`);
    return 0;
  } catch (error) {
    if (!isUsersMistake(error)) throw error;
    process.stderr.write(`${describeMistake(error)}\n`);
    return 2;
  }
}

function readDelivery(file: string): ReadDelivery {
  return parseDelivery(JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')), Date.now());
}

/** What the configured runtime shows; undefined when there is none in reach. */
async function observe(env: NodeJS.ProcessEnv): Promise<Observation | undefined> {
  try {
    const logger = createLogger({ service: 'alert-bot', level: 'silent' });
    return await withTimeout(
      createRuntime(loadAlertBotConfig(env), logger).observe(),
      3_000,
      'looking at the containers',
    );
  } catch {
    return undefined;
  }
}

/** The home project that is assumed, where none is in reach. */
const assumedHome = 'assumed';

/** One healthy, opted-in replica of every target that a runbook and an alert name, at every address that an alert names. */
function assume({ alerts }: Delivery, { runbooks }: Policy): Observation {
  const addresses = alerts.map(({ labels }) => hostOf(labelOf(labels, 'instance')));
  const replica = ({ target, service }: NamedTarget) => ({
    id: `assumed-${target}`,
    name: `${service}-1`,
    service,
    number: 1,
    state: 'running' as const,
    health: 'healthy' as const,
    startedAt: '2026-01-01T00:00:00Z',
    restartCount: 0,
    addresses,
    optedIn: true,
  });
  const targets = runbooks.flatMap((runbook) => alerts.map((alert) => nameOf(runbook, alert, assumedHome)));
  const services = targets
    .filter((name): name is NamedTarget => name?.project !== undefined)
    .map((name): [string, ObservedService] => {
      const { target, project, service } = name;
      return [target, { project, service, optedIn: true, protected: false, replicas: [replica(name)] }];
    });
  return { project: assumedHome, projects: ['*'], observedAt: Date.now(), services: new Map(services) };
}

function describe({ alertname, decision, reason, detail, runbook, action }: IntakeResult): string {
  const why = reason === 'target_missing' ? ` (${detail})` : '';
  const by = runbook === undefined ? '' : `, runbook ${runbook}`;
  const target =
    action?.type === 'scale'
      ? `scale ${action.target} from ${action.from} to ${action.to}`
      : `restart ${action?.target}`;
  const what = action === undefined ? 'nothing' : decision === 'act' ? target : `nothing now (it would be: ${target})`;
  return `  ${alertname || '(no alertname)'} -> ${what}; reason: ${reason}${why}${by}`;
}

function describeScope({ project, projects = [] }: Observation): string {
  const others = projects.filter((one) => one !== project);
  if (others.includes('*')) return `project ${project} and all that opted in elsewhere`;
  return others.length === 0 ? `project ${project}` : `the projects ${[project, ...others].join(', ')}`;
}

function describeRefused({ refused }: ReadDelivery): string[] {
  if (refused.count === 0) return [];
  return [`${refused.count} alerts cannot be taken:`, ...refused.problems.map(describeProblem)];
}

const describeProblem = ({ path, message }: PayloadProblem) => `  ${path || 'body'}: ${message}`;

const isUsersMistake = (error: unknown): error is Error =>
  error instanceof RunbookError ||
  error instanceof InvalidPayload ||
  error instanceof SyntaxError ||
  (error as NodeJS.ErrnoException | undefined)?.syscall !== undefined;

function describeMistake(error: Error): string {
  if (!(error instanceof InvalidPayload)) return error.message;
  return [error.message, ...error.problems.map(describeProblem)].join('\n');
}
