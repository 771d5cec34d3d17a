import type { Express } from 'express';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import { jsonBody } from './json-body.ts';
import { methodNotAllowed, parseOrProblem } from './problems.ts';

/** What `GET /faults` shows: the faults that are on now, and when they end by themselves. */
export interface FaultReport<Faults> {
  active: Partial<Faults>;
  /** ISO 8601, or null: until DELETE or a restart. */
  until: string | null;
}

export interface FaultState<Faults> {
  /** The faults that are on at this moment; a field that is missing is off. */
  current(): Partial<Faults>;
  /** Replaces all faults. Without a duration they stay until `clear` or a restart. */
  replace(faults: Partial<Faults>, durationSeconds?: number): void;
  clear(): void;
  report(): FaultReport<Faults>;
}

const isOn = (value: unknown) => value !== undefined && value !== false && value !== 0;

/** Faults live in memory and nowhere else: a restart of the process is a real cure. */
export function createFaultState<Faults extends object>(clock: Clock): FaultState<Faults> {
  let faults: Partial<Faults> = {};
  let endsAt: number | undefined;
  const clear = () => {
    faults = {};
    endsAt = undefined;
  };
  const current = () => {
    if (endsAt !== undefined && clock.now() >= endsAt) clear();
    return faults;
  };
  return {
    current,
    clear,
    replace: (next, durationSeconds) => {
      faults = Object.fromEntries(Object.entries(next).filter(([, value]) => isOn(value))) as Partial<Faults>;
      const lasts = durationSeconds !== undefined && Object.keys(faults).length > 0;
      endsAt = lasts ? clock.now() + durationSeconds * 1_000 : undefined;
    },
    report: () => ({ active: current(), until: endsAt === undefined ? null : new Date(endsAt).toISOString() }),
  };
}

/**
 * Waits until the faults that are on now have had their duration.
 * @returns whether they had: false when they have none, or when `signal` aborted because they were changed before
 */
export async function faultsOver(
  state: Pick<FaultState<object>, 'report'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const { until } = state.report();
  if (until === null) return false;
  await clock.sleep(Date.parse(until) - clock.now(), signal);
  return !signal.aborted;
}

export interface FaultRoutesOptions<Shape extends z.ZodRawShape> {
  /** The service's own faults; every field optional. Unknown fields are refused. Asked for by the first PUT, not by the start. */
  loadShape: () => Promise<Shape>;
  state: FaultState<z.output<z.ZodObject<Shape>>>;
  /** Fields that happen once, at the PUT: handed to `onChange` but never kept, so never reported as on. */
  momentary?: readonly (keyof Shape)[];
  /** Called after PUT (with what is on now) and after DELETE (with nothing); awaited before the answer. */
  onChange?: (active: Partial<z.output<z.ZodObject<Shape>>>) => unknown;
}

/** A day: longer is a mistake in the unit. */
const maxDurationSeconds = 86_400;

/**
 * `PUT /faults` replaces all faults, `GET /faults` shows them, `DELETE /faults` ends them; each answers the report.
 * Call it only where FAULTS_ENABLED says so: without it the address does not exist.
 */
export function addFaultRoutes<Shape extends z.ZodRawShape>(app: Express, options: FaultRoutesOptions<Shape>): void {
  const { state, onChange, momentary = [] } = options;
  let body: Promise<z.ZodType> | undefined;
  const loadBody = async () => {
    const durationSeconds = z.number().positive().max(maxDurationSeconds).optional();
    return z.strictObject({ ...(await options.loadShape()), durationSeconds });
  };
  app.get('/faults', (_req, res) => void res.json(state.report()));
  app.put('/faults', jsonBody(4_096), async (req, res) => {
    body ??= loadBody();
    const { durationSeconds, ...faults } = parseOrProblem(await body, req.body, 'body') as Record<string, unknown>;
    const once = Object.fromEntries(Object.entries(faults).filter(([name]) => momentary.includes(name)));
    const kept = Object.fromEntries(Object.entries(faults).filter(([name]) => !momentary.includes(name)));
    state.replace(kept as never, durationSeconds as number | undefined);
    await onChange?.({ ...state.current(), ...once } as never);
    res.json(state.report());
  });
  app.delete('/faults', async (_req, res) => {
    state.clear();
    await onChange?.({});
    res.json(state.report());
  });
  app.all('/faults', methodNotAllowed('GET', 'PUT', 'DELETE'));
}
