import { timesOf } from '../demo/healing-times.ts';
import { requestJson } from '../demo/http-json.ts';
import { incidentsSince, lookAtAlert } from '../demo/observe-stack.ts';
import type { StackAccess } from '../demo/stack-access.ts';
import { beginTelling } from '../demo/story.ts';
import type { StoryStep, Telling } from '../demo/telling.ts';
import type { Traffic } from '../demo/traffic.ts';
import { endFaults } from '../demo/until-calm.ts';
import { watchComeback } from '../demo/watch-comeback.ts';
import { watchHealing } from '../demo/watch-healing.ts';
import type { Ending, Exercise, ExerciseResult, Injected } from './exercise.ts';
import { findFalseAlarms } from './find-false-alarms.ts';
import { type Seen, watchForPerson, watchGivenUp } from './watch-ending.ts';
import { watchReplicaBack } from './watch-replica-back.ts';

export interface ExerciseDeps {
  stack: StackAccess;
  traffic: Traffic;
  onStep: (step: StoryStep) => void;
  signal: AbortSignal;
}

/** What an exercise may take, beyond the rule's own `for`, in milliseconds. */
const patienceMs = { fast: 150_000, shipped: 900_000 };
/** Three attempts, each with its time to help, and the rests between them. */
const triesMs = { fast: 300_000, shipped: 1_500_000 };
/** A fault that nobody ended is over after this long. */
const durationSeconds = { fast: 600, shipped: 1_800 };

/** Breaks something, watches how it ends, and ends the fault in any case. */
export async function runExercise(name: string, exercise: Exercise, deps: ExerciseDeps): Promise<ExerciseResult> {
  const { stack, traffic } = deps;
  const expected = typeof exercise.expected === 'string' ? exercise.expected : exercise.expected(stack);
  const before = traffic.totals();
  // what another face of the fault has repaired is repaired
  const alerts = expected === 'healed' ? [...exercise.alerts, ...exercise.faces] : exercise.alerts;
  const telling = beginTelling(deps, { ...exercise, alerts });
  await exercise.prepare?.(stack, deps);
  const seen = await breakAndWatch(exercise, expected, telling);
  const requests = difference(traffic.totals(), before);
  const falseAlarms = await findFalseAlarms(stack, exercise, telling.injectedAt).catch(() => []);
  const { outcome, alert = exercise.alerts[0] ?? 'none needed', action = 'none', attempts = 0, ...times } = seen;
  return {
    name,
    title: exercise.title,
    expected,
    outcome,
    asIntended: outcome === expected,
    alert,
    action,
    attempts,
    ...times,
    ...requests,
    falseAlarms,
    startedAt: new Date(telling.injectedAt).toISOString(),
    steps: telling.steps.map(({ at, text }) => ({ seconds: round((at - telling.injectedAt) / 1_000), text })),
  };
}

async function breakAndWatch(
  exercise: Exercise,
  expected: Ending,
  telling: Telling,
): Promise<Seen & { verify?: number }> {
  const { stack } = telling;
  const speed = stack.fast ? 'fast' : 'shipped';
  const [first] = exercise.alerts;
  const { forSeconds } = first ? await lookAtAlert(stack, first) : { forSeconds: 0 };
  let injected: Injected | undefined;
  try {
    telling.injectedAt = Date.now();
    telling.tell('injected', exercise.injecting, telling.injectedAt);
    injected = await exercise.inject({ stack, forSeconds, durationSeconds: durationSeconds[speed] });
    const patience = expected === 'given up' ? triesMs : patienceMs;
    const deadline = Date.now() + forSeconds * 1_500 + patience[speed];
    const seen = await watch(exercise, expected, telling, deadline);
    const good = seen.outcome === expected;
    if (expected === 'for a person' || !good) telling.tell(good ? 'healed' : 'failed', seen.outcome);
    return seen;
  } catch (error) {
    return { outcome: `not injected: ${(error as Error).message}` };
  } finally {
    injected?.stop?.();
    await endFaults(stack);
    if (expected === 'given up') await release(telling, exercise.service);
  }
}

function watch(exercise: Exercise, expected: Ending, telling: Telling, deadline: number): Promise<Seen> {
  if (expected === 'for a person') return watchForPerson(telling, deadline);
  if (expected === 'given up') return watchGivenUp(telling, deadline);
  return expected === 'comes back' ? watchBack(exercise, telling, deadline) : watchHealed(telling, deadline);
}

async function watchBack({ service }: Exercise, telling: Telling, deadline: number): Promise<Seen> {
  const end = service === 'api' ? await watchComeback(telling, deadline) : await watchReplicaBack(telling, deadline);
  if ('problem' in end) return { outcome: end.problem };
  const who = telling.stack.kind === 'local' ? 'supervisor' : 'Docker';
  return { ...end.times, alert: 'none needed', action: `${who} starts it`, outcome: 'comes back' };
}

async function watchHealed(telling: Telling, deadline: number): Promise<Seen & { verify?: number }> {
  const end = await watchHealing(telling, deadline);
  const about = end.incident && {
    alert: end.incident.alertname,
    action: end.incident.action,
    attempts: end.incident.attempts,
  };
  if ('problem' in end) return { ...about, outcome: end.problem };
  const incidents = await incidentsSince(telling.stack, telling.plot.alerts, telling.injectedAt);
  const own = incidents.find(({ id }) => id === end.incident?.id);
  const times = end.times ?? (own && timesOf(own.timeline, telling.injectedAt));
  return { ...about, ...times, outcome: 'healed' };
}

/** The service is well again, and the next exercise needs the bot. */
async function release({ stack, tell }: Telling, service: string): Promise<void> {
  const body = { by: 'npm run gameday', note: 'the fault was ended' };
  await requestJson(`${stack.alertBot}/targets/${service}/release`, { method: 'POST', body, token: stack.token }).then(
    () => tell('resolved', `the fault is ended, ${service} is released`),
    () => undefined,
  );
}

function difference(after: Record<string, number>, before: Record<string, number>) {
  const counts = Object.entries(after).map(([status, count]) => ({ status, count: count - (before[status] ?? 0) }));
  const sum = (list: typeof counts) => list.reduce((total, { count }) => total + count, 0);
  return { requests: sum(counts), lost: sum(counts.filter(({ status }) => !status.startsWith('2'))) };
}

const round = (value: number) => Math.round(value * 10) / 10;
