import { join } from 'node:path';
import { systemClock } from '@stack/service-kit/clock';
import { chooseStack } from '../demo/choose-stack.ts';
import { createDisplay, type Display } from '../demo/display.ts';
import { queryValue } from '../demo/observe-stack.ts';
import { startSampler } from '../demo/sampler.ts';
import type { StackAccess } from '../demo/stack-access.ts';
import { startTraffic, type Traffic } from '../demo/traffic.ts';
import { endFaults, forgetAttempts, untilCalm } from '../demo/until-calm.ts';
import { localDirectory } from '../local-directory.ts';
import type { Exercise, ExerciseResult } from './exercise.ts';
import { type ExerciseName, exercises } from './exercises.ts';
import { lockGameday } from './gameday-lock.ts';
import type { GamedayOptions } from './gameday-options.ts';
import { runExercise } from './run-exercise.ts';
import { type GamedayResult, renderText } from './summary.ts';
import { writeReports } from './write-reports.ts';

/** All exercises one after the other, with a report at the end, also when it is interrupted. Resolves to the exit code. */
export async function runGameday(
  options: GamedayOptions,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<0 | 1 | 130> {
  const out = process.stdout;
  const display = createDisplay({
    write: (text) => void out.write(text),
    isTTY: out.isTTY === true && env['NO_COLOR'] === undefined,
    columns: out.columns,
  });
  const { stack, stop } = await chooseStack(options, env, (line) => display.line(line));
  try {
    const unlock = await lockGameday(stack.api);
    try {
      await assertBudget(stack, options.names);
      const result = await runAll(options, stack, display, signal);
      display.close();
      const directory = options.out ?? join(await localDirectory(env['LOCAL_DATA_DIR'] || undefined), 'gameday');
      const files = await writeReports(directory, result);
      out.write(`\n${renderText(result)}\n\n  report: ${files.join(', ')}\n`);
      return signal.aborted ? 130 : result.asIntended ? 0 : 1;
    } finally {
      await unlock();
    }
  } finally {
    await stop();
  }
}

/** At most: three attempts for what cannot be healed, two for what is scaled back. */
const actionsOf = (name: ExerciseName) => {
  const { expected, alerts }: Exercise = exercises[name];
  if (expected === 'given up') return 3;
  return alerts.length === 0 || expected === 'for a person' ? 0 : name === 'backlog' ? 2 : 1;
};

/** @throws Error when the bot may not do so much within this hour */
async function assertBudget(stack: StackAccess, names: readonly ExerciseName[]): Promise<void> {
  const needed = names.reduce((sum, name) => sum + actionsOf(name), 0);
  const left = await queryValue(stack, 'min(alertbot_budget_remaining{job="alert-bot"})');
  if (left === undefined || left >= needed) return;
  throw new Error(
    `The alert bot has ${left} actions left in this hour, and ${needed} may be needed. Come back later, or take fewer faults with --only.`,
  );
}

async function runAll(
  { names, perSecond }: GamedayOptions,
  stack: StackAccess,
  display: Display,
  signal: AbortSignal,
): Promise<GamedayResult> {
  const startedAt = new Date();
  const traffic = startTraffic({ api: stack.api, perSecond });
  const sampler = startSampler(stack, traffic, display.sample);
  const results: ExerciseResult[] = [];
  const lastOn = new Map<string, number>();
  try {
    for (const name of names) {
      if (signal.aborted) break;
      const { service }: Exercise = exercises[name];
      await restFrom(lastOn.get(service), stack, signal);
      const result = await runOne(name, names, { stack, traffic, display, signal });
      if (result) results.push(result);
      lastOn.set(service, Date.now());
    }
  } finally {
    sampler.stop();
    await traffic.stop();
    await endFaults(stack);
  }
  const done = new Set(results.map(({ name }) => name));
  const missing = names.filter((name) => !done.has(name));
  return {
    startedAt: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1_000),
    stack: { kind: stack.kind, timings: stack.fast ? 'fast' : 'shipped' },
    perSecond,
    asIntended: missing.length === 0 && results.every(({ asIntended }) => asIntended),
    missing,
    results,
  };
}

/** The bot rests after each repair of a service: the next fault of the same one would be repaired late. */
const cooldownMs = { fast: 6_000, shipped: 62_000 };

async function restFrom(endedAt: number | undefined, { fast }: StackAccess, signal: AbortSignal): Promise<void> {
  const restMs = (endedAt ?? 0) + cooldownMs[fast ? 'fast' : 'shipped'] - Date.now();
  if (restMs > 0) await systemClock.sleep(restMs, signal);
}

interface Deps {
  stack: StackAccess;
  traffic: Traffic;
  display: Display;
  signal: AbortSignal;
}

async function runOne(
  name: ExerciseName,
  names: readonly ExerciseName[],
  { stack, traffic, display, signal }: Deps,
): Promise<ExerciseResult | undefined> {
  const exercise: Exercise = exercises[name];
  const tell = (line: string) => display.line(line);
  await forgetAttempts(stack, exercise.service, { by: 'npm run gameday', tell });
  // what an earlier exercise set off is over: its own alerts, and those that would silence or hide these
  const alerts = [...new Set(names.flatMap((other) => [...exercises[other].alerts, ...exercises[other].faces]))];
  await untilCalm(stack, traffic, { alerts: [...alerts, 'AlertBotDeaf', 'AlertBotSourceDown'], tell, signal });
  if (signal.aborted) return undefined;
  display.heading(`${exercise.title} (${name})`, Date.now());
  const onStep: Parameters<typeof runExercise>[2]['onStep'] = ({ text, phase, at }) => display.line(text, phase, at);
  return runExercise(name, exercise, { stack, traffic, signal, onStep });
}
