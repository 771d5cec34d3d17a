import { writeFile } from 'node:fs/promises';
import { systemClock } from '@stack/service-kit/clock';
import { chooseStack } from './choose-stack.ts';
import type { DemoOptions } from './demo-options.ts';
import { createDisplay, type Display } from './display.ts';
import { requestJson } from './http-json.ts';
import { lookAtAlert, queryValue } from './observe-stack.ts';
import { renderReport } from './report.ts';
import { type Sample, startSampler } from './sampler.ts';
import { type Scenario, type ScenarioName, scenarios } from './scenarios.ts';
import type { StackAccess } from './stack-access.ts';
import { tellStory } from './story.ts';
import { formatSummary } from './summary.ts';
import type { StoryResult } from './telling.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export interface DemoResult {
  startedAt: number;
  endedAt: number;
  stack: { kind: StackAccess['kind']; fast: boolean };
  healed: boolean;
  stories: StoryResult[];
  samples: Sample[];
  /** Requests by status code; `none` without an answer. */
  requests: Record<string, number>;
}

/** Runs the stories one after the other and shows them. Resolves to the exit code. */
export async function runDemo(options: DemoOptions, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<0 | 1> {
  const out = options.json ? process.stderr : process.stdout;
  const display = createDisplay({
    write: (text) => void out.write(text),
    isTTY: out.isTTY === true && env['NO_COLOR'] === undefined,
    columns: out.columns,
  });
  const { stack, stop } = await chooseStack(options, env, (line) => display.line(line));
  try {
    const result = await tellStories(options, stack, display, signal);
    display.close();
    out.write(`\n${formatSummary(result.stories)}\n`);
    if (options.report) await writeFile(options.report, renderReport(result));
    if (options.report) out.write(`\n  report: ${options.report}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return result.healed ? 0 : 1;
  } finally {
    await stop();
  }
}

async function tellStories(
  { stories, perSecond }: DemoOptions,
  stack: StackAccess,
  display: Display,
  signal: AbortSignal,
): Promise<DemoResult> {
  const startedAt = Date.now();
  const traffic = startTraffic({ api: stack.api, perSecond });
  const sampler = startSampler(stack, traffic, display.sample);
  const results: StoryResult[] = [];
  try {
    for (const scenario of stories) {
      if (signal.aborted) break;
      await forgetAttempts(stack, scenarios[scenario].service, display);
      await untilCalm(stack, traffic, scenario, display, signal);
      results.push(await tell(scenario, stack, display, signal));
    }
    await systemClock.sleep(2_500, signal); // so that the end is on the plots too
  } finally {
    sampler.stop();
    await traffic.stop();
    await endFaults(stack);
  }
  return {
    startedAt,
    endedAt: Date.now(),
    stack: { kind: stack.kind, fast: stack.fast },
    healed: results.length === stories.length && results.every(({ healed }) => healed),
    stories: results,
    samples: sampler.samples,
    requests: traffic.totals(),
  };
}

async function tell(
  scenario: ScenarioName,
  stack: StackAccess,
  display: Display,
  signal: AbortSignal,
): Promise<StoryResult> {
  display.heading(scenarios[scenario].title, Date.now());
  const onStep = ({ text, phase, at }: StoryResult['steps'][number]) => display.line(text, phase, at);
  return tellStory({ stack, scenario, signal, onStep });
}

/**
 * Three repairs in half an hour put a service into quarantine, and that is right; somebody who shows four faults one after the
 * other is the person who may end it.
 */
async function forgetAttempts({ alertBot, token }: StackAccess, service: string, display: Display): Promise<void> {
  const body = { by: 'npm run demo', note: 'a demonstration begins' };
  await requestJson(`${alertBot}/targets/${service}/release`, { method: 'POST', body, token }).catch((error: Error) => {
    display.line(`the alert bot was not told to forget earlier repairs of ${service}: ${error.message}`);
  });
}

/** Longer than any alert of an earlier story takes to go away, with the shipped timings too. */
const calmTimeoutMs = 300_000;

/** A story begins on a healthy stack: traffic is answered, its alerts are silent, one worker runs and has nothing to do. */
async function untilCalm(
  stack: StackAccess,
  traffic: Traffic,
  scenario: ScenarioName,
  display: Display,
  signal: AbortSignal,
): Promise<void> {
  const { alerts }: Scenario = scenarios[scenario];
  let told = '';
  const deadline = Date.now() + calmTimeoutMs;
  for (let calm = 0; calm < 3 && !signal.aborted; ) {
    if (Date.now() > deadline) throw new Error(`The stack does not come to rest, so no story can begin: ${told}.`);
    const why = await whyNotCalm(stack, traffic, alerts).catch((error: Error) => error.message);
    calm = why === undefined ? calm + 1 : 0;
    if (why !== undefined && why !== told) display.line(`waiting: ${why}`);
    told = why ?? told;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function whyNotCalm(
  stack: StackAccess,
  traffic: Traffic,
  alerts: readonly string[],
): Promise<string | undefined> {
  for (const alertname of alerts) {
    const { state } = await lookAtAlert(stack, alertname);
    if (state !== 'inactive') return `${alertname} is ${state}`;
  }
  const { requests, failed, p95 = 0 } = traffic.look(3_000);
  if (requests === 0 || failed > 0 || p95 > 200) return 'the traffic is not answered quickly yet';
  const workers = await queryValue(stack, 'count(up{job="worker"} == 1)');
  if (workers === undefined) return 'Prometheus has not seen the worker yet';
  const backlog = await queryValue(stack, 'max(worker_backlog_transactions{job="worker"})');
  return (backlog ?? 0) > 400 ? `${backlog} transactions wait to be settled` : undefined;
}

/** A healed stack has none any more; one that was given up must not stay broken. */
async function endFaults(stack: StackAccess): Promise<void> {
  await requestJson(`${stack.api}/faults`, { method: 'DELETE' }).catch(() => undefined);
}
