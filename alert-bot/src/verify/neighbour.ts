import type { Logger } from '@stack/service-kit/logger';
import type { SourceStatus } from './alert-source.ts';
import { createHttpGet, type HttpAnswer } from './http-get.ts';
import { createSlots } from './slots.ts';
import type { SourceAddress } from './source-address.ts';

export type Answer =
  | { ok: true; body: unknown; date: number }
  /** `missing`: it answers, but not under this path. */
  | { ok: false; error: string; missing?: true };

export type Query = readonly (readonly [name: string, value: string])[];

export interface AskOptions {
  /** Not every version of it has this path: 404 is an answer. */
  optional?: boolean;
}

/** A Prometheus or an Alertmanager, asked over HTTP. */
export interface Neighbour {
  /** Never rejects. `path` is one of a few, below the source's address. */
  ask(path: string, query: Query, options?: AskOptions): Promise<Answer>;
  status(): SourceStatus;
  /** Asks `path`, and again what failed last, so that the status is true also when nobody has a question. */
  probe(path: string, query: Query): Promise<void>;
}

export interface NeighbourOptions {
  source: SourceStatus['source'];
  address: SourceAddress;
  logger: Logger;
  timeoutMs?: number;
  maxBytes?: number;
}

/** One path that does not work: what was asked, why it failed, how often in a row, and when it may be asked again. */
interface Trouble {
  query: Query;
  error: string;
  count: number;
  until: number;
}

const maxInFlight = 8;
/** Silence costs every asker the whole timeout, so that it is remembered for longer than a refusal. */
const restsAfterSilenceMs = [10_000, 20_000, 30_000];
const restsAfterFailureMs = [2_000, 5_000, 10_000];

/**
 * Asks with bounds on everything: time, size, requests in flight, and how often a source is asked that does not answer. When
 * it stops answering and when it answers again is logged once each, with the reason and without the login.
 */
export function createNeighbour(options: NeighbourOptions): Neighbour {
  const { source, address, logger, timeoutMs = 2_500, maxBytes = 16 * 1_048_576 } = options;
  const get = createHttpGet(address, maxInFlight);
  const inSlot = createSlots(maxInFlight, 1_000);
  const troubles = new Map<string, Trouble>();
  const title = source === 'prometheus' ? 'Prometheus' : 'Alertmanager';

  const status = (): SourceStatus => {
    const [trouble] = troubles.values();
    return { source, up: trouble === undefined, ...(trouble && { error: trouble.error }) };
  };

  function fail(path: string, query: Query, error: string, silent: boolean, beganAt: number): Answer {
    const known = troubles.get(path);
    const now = performance.now();
    // Those that were under way together are one failure.
    const count = known ? known.count + Number(beganAt >= known.until) : 0;
    const rests = silent ? restsAfterSilenceMs : restsAfterFailureMs;
    const until = now + (rests[Math.min(count, rests.length - 1)] as number);
    if (troubles.size === 0) logger.warn({ source, error }, `${title} does not answer`);
    troubles.set(path, { query, error, count, until: Math.max(until, known?.until ?? 0) });
    return { ok: false, error };
  }

  function succeed(path: string): void {
    if (troubles.delete(path) && troubles.size === 0) logger.info({ source }, `${title} answers again`);
  }

  function judge(path: string, query: Query, answer: HttpAnswer, optional: boolean, beganAt: number): Answer {
    const { status: code, date } = answer;
    if (code >= 200 && code < 300) {
      const body = parsed(answer.body);
      if (body === undefined) return fail(path, query, 'its answer is not JSON: is the address right?', false, beganAt);
      succeed(path);
      return { ok: true, body, date };
    }
    if (code === 400 || code === 422 || (code === 404 && optional)) {
      succeed(path); // it works; it was the question, part of which is outside input
      return { ok: false, error: `it answered ${code}`, ...(code === 404 && { missing: true as const }) };
    }
    const hint =
      code === 401 || code === 403 ? ': it wants another login' : code === 404 ? ': is the address right?' : '';
    return fail(path, query, `it answered ${code}${hint}`, false, beganAt);
  }

  async function send(path: string, query: Query, optional: boolean): Promise<Answer> {
    const beganAt = performance.now();
    const resting = troubles.get(path);
    if (resting && beganAt < resting.until) return { ok: false, error: resting.error };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return judge(path, query, await get(endpoint(address.url, path, query), { signal, maxBytes }), optional, beganAt);
    } catch (error) {
      const reason = signal.aborted ? `no answer within ${timeoutMs / 1_000} s` : reasonOf(error);
      return fail(path, query, reason, signal.aborted, beganAt);
    }
  }

  const ask: Neighbour['ask'] = async (path, query, { optional = false } = {}) =>
    (await inSlot(() => send(path, query, optional))) ?? { ok: false, error: 'too many questions wait for it' };
  return {
    ask,
    status,
    probe: async (path, query) => {
      const failed = [...troubles].filter(([known]) => known !== path);
      await Promise.all([ask(path, query), ...failed.map(([known, trouble]) => ask(known, trouble.query))]);
    },
  };
}

/** `path` below a base address that may have a path of its own (`--web.external-url`). */
function endpoint(base: URL, path: string, query: Query): URL {
  const url = new URL(path, base);
  for (const [name, value] of query) url.searchParams.append(name, value);
  return url;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Node's words name host and port at most. Of several addresses that were tried, the first that says something. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || 'it cannot be reached';
}
