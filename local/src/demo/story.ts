import type { StoryPhase } from './describe-event.ts';
import { requestJson } from './http-json.ts';
import { lookAtAlert } from './observe-stack.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { firstWorker } from './stack-access.ts';
import type { Plot, StoryOptions, StoryResult, StoryStep, Telling } from './telling.ts';
import { watchComeback } from './watch-comeback.ts';
import { watchHealing } from './watch-healing.ts';

/** What a whole story may take, beyond the rule's own `for`, in milliseconds. */
const patience = { fast: 120_000, real: 600_000 };

/** Breaks something and watches until the bot has healed it, or its time is up. */
export async function tellStory(options: StoryOptions): Promise<StoryResult> {
  const { stack, scenario } = options;
  const plot: Scenario = scenarios[scenario];
  const { forSeconds } = plot.alerts[0] ? await lookAtAlert(stack, plot.alerts[0]) : { forSeconds: 0 };
  const telling = beginTelling(options, plot);
  await inject(telling, plot, forSeconds);
  const deadline = Date.now() + forSeconds * 1_500 + patience[stack.fast ? 'fast' : 'real'];
  const end = plot.comesBackByItself ? await watchComeback(telling, deadline) : await watchHealing(telling, deadline);
  if ('problem' in end) telling.tell('failed', end.problem);
  return {
    scenario,
    title: plot.title,
    injectedAt: telling.injectedAt,
    endedAt: Date.now(),
    healed: !('problem' in end),
    steps: telling.steps,
    ...end,
  };
}

/** The clock starts; each step is kept and shown. */
export function beginTelling(options: Omit<StoryOptions, 'scenario'>, plot: Plot): Telling {
  const steps: StoryStep[] = [];
  const tell = (phase: StoryPhase, text: string, at = Date.now()) => {
    const step = { at, phase, text };
    steps.push(step);
    options.onStep(step);
  };
  const { stack, onStep, signal } = options;
  return { stack, onStep, signal, plot, injectedAt: Date.now(), steps, told: new Set(), tell };
}

async function inject(telling: Telling, plot: Scenario, forSeconds: number): Promise<void> {
  const { stack } = telling;
  const body = plot.body({ forSeconds, fast: stack.fast });
  const count = 'burst' in body ? ` (${body['burst']})` : '';
  telling.injectedAt = Date.now();
  telling.tell('injected', `${plot.injecting}${count}`, telling.injectedAt);
  if (plot.service === 'worker' && !plot.scalesBack) return void (await (await firstWorker(stack)).faults('PUT', body));
  await requestJson(`${stack.api}/faults`, { method: 'PUT', body, timeoutMs: 15_000 });
}
