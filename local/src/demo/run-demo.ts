import { writeFile } from 'node:fs/promises';
import { systemClock } from '@stack/service-kit/clock';
import { chooseStack } from './choose-stack.ts';
import type { DemoOptions } from './demo-options.ts';
import { createDisplay, type Display } from './display.ts';
import { renderReport } from './report.ts';
import { type Sample, startSampler } from './sampler.ts';
import { type Scenario, type ScenarioName, scenarios } from './scenarios.ts';
import type { StackAccess } from './stack-access.ts';
import { tellStory } from './story.ts';
import { formatSummary } from './summary.ts';
import type { StoryResult } from './telling.ts';
import { startTraffic } from './traffic.ts';
import { endFaults, forgetAttempts, untilCalm } from './until-calm.ts';

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
      const { service, alerts }: Scenario = scenarios[scenario];
      const tell = (line: string) => display.line(line);
      await forgetAttempts(stack, service, { by: 'npm run demo', tell });
      await untilCalm(stack, traffic, { alerts, tell, signal });
      results.push(await tellOne(scenario, stack, display, signal));
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

async function tellOne(
  scenario: ScenarioName,
  stack: StackAccess,
  display: Display,
  signal: AbortSignal,
): Promise<StoryResult> {
  display.heading(scenarios[scenario].title, Date.now());
  const onStep = ({ text, phase, at }: StoryResult['steps'][number]) => display.line(text, phase, at);
  return tellStory({ stack, scenario, signal, onStep });
}
