import type { Logger } from '@stack/service-kit/logger';
import type { SourceStatus } from './alert-source.ts';
import { createHttpGet, type HttpAnswer } from './http-get.ts';
import { createSlots } from './slots.ts';
import type { SourceAddress } from './source-address.ts';
import { createTroubles } from './troubles.ts';

export type Answer =
  | { ok: true; body: unknown; date: number }
  /** `missing`: it answers, but not under this path. */
  | { ok: false; error: string; missing?: true };

export type Query = readonly (readonly [name: string, value: string])[];

export interface AskOptions {
  /** Not every version or relative of it has this path, or shows it: a refusal is an answer. */
  optional?: boolean;
  /** It may be too much for a neighbour that is well: its failures are its own. */
  heavy?: boolean;
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

const maxInFlight = 8;
const maxWaiting = 1_000;
/** Refusals of one question, part of which is outside input: the next one may be answered. */
const ofTheQuestion: ReadonlySet<number> = new Set([400, 414, 422, 431]);
const ofThePath: ReadonlySet<number> = new Set([403, 404, 405, 501]);

/**
 * Asks with bounds on everything: time, size, requests in flight, and how often a source is asked that does not answer. When
 * it stops answering and when it answers again is logged once each, with the reason and without the login.
 */
export function createNeighbour(options: NeighbourOptions): Neighbour {
  const { source, address, logger, timeoutMs = 2_500, maxBytes = 16 * 1_048_576 } = options;
  const get = createHttpGet(address, maxInFlight);
  const inSlot = createSlots(maxInFlight, maxWaiting);
  const [troubles, heavyTroubles] = [createTroubles(), createTroubles()];
  const title = source === 'prometheus' ? 'Prometheus' : 'Alertmanager';

  async function send(path: string, query: Query, { optional = false, heavy = false }: AskOptions): Promise<Answer> {
    const own = heavy ? heavyTroubles : troubles;
    const resting = own.resting(path);
    if (resting !== undefined) return { ok: false, error: resting };
    const askedAt = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    const failed = (error: string): Answer => {
      if (!heavy && troubles.any() === undefined) logger.warn({ source, error }, `${title} does not answer`);
      own.failed(path, { query, error, silent: signal.aborted, askedAt });
      return { ok: false, error };
    };
    const worked = <T extends Answer>(answer: T): T => {
      if (own.worked(path) && !heavy && troubles.any() === undefined) logger.info({ source }, `${title} answers again`);
      return answer;
    };
    try {
      const answer = read(await get(endpoint(address.url, path, query), { signal, maxBytes }), optional);
      return typeof answer === 'string' ? failed(answer) : worked(answer);
    } catch (error) {
      return failed(signal.aborted ? `no answer within ${timeoutMs / 1_000} s` : reasonOf(error));
    }
  }

  const ask: Neighbour['ask'] = async (path, query, options = {}) =>
    (await inSlot(() => send(path, query, options))) ?? { ok: false, error: 'too many questions wait for it' };
  return {
    ask,
    status: () => {
      const error = troubles.any();
      return { source, up: error === undefined, ...(error !== undefined && { error }) };
    },
    probe: async (path, query) => {
      const failed = troubles.all().filter(([known]) => known !== path);
      await Promise.all([ask(path, query), ...failed.map(([known, again]) => ask(known, again))]);
    },
  };
}

/** The answer, or why it is a failure. */
function read({ status, date, body }: HttpAnswer, optional: boolean): Answer | string {
  if (status >= 200 && status < 300) {
    const json = parsed(body);
    return json === undefined ? 'its answer is not JSON: is the address right?' : { ok: true, body: json, date };
  }
  const error = `it answered ${status}`;
  if (optional && ofThePath.has(status)) return { ok: false, error, missing: true };
  if (ofTheQuestion.has(status)) return { ok: false, error };
  if (status === 401 || status === 403) return `${error}: it wants another login`;
  return status === 404 ? `${error}: is the address right?` : error;
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
