import { randomUUID } from 'node:crypto';
import type { Clock } from '@stack/service-kit/clock';
import type * as z from 'zod';
import { monotonicClock } from '../monotonic-clock.ts';
import { type ActionOptions, type ActionResult, type Runtime, RuntimeUnavailable } from '../runtime.ts';
import { type AgentAddress, type AgentAnswer, type AgentCall, callAgent } from './agent-client.ts';
import {
  type ActionAnswer,
  actionAnswer,
  begunAnswer,
  containersAnswer,
  evidenceAnswer,
  observationAnswer,
} from './agent-protocol.ts';
import { watchAgent } from './watch-agent.ts';

export interface AgentRuntimeOptions extends AgentAddress {
  callTimeoutMs?: number;
  /** How long the agent may be out of reach in the middle of an action before its end counts as unknown. */
  lostContactMs?: number;
  /** How long one question about an action stays open, in milliseconds. At most 30000. */
  longPollMs?: number;
}

export interface AgentRuntimeOverrides {
  clock?: Clock;
}

interface Connection {
  ask(call: Pick<AgentCall, 'method' | 'path' | 'body' | 'signal'>, timeoutMs?: number): Promise<AgentAnswer>;
  clock: Clock;
  callTimeoutMs: number;
  lostContactMs: number;
  longPollMs: number;
}

/**
 * The runtime that lives behind an agent: the supervisor of `npm start`, or `alert-bot agent`, which holds the Docker socket.
 * An action is asked for once and then followed. When the contact breaks, the question is repeated and never the request.
 */
export function createAgentRuntime(options: AgentRuntimeOptions, overrides: AgentRuntimeOverrides = {}): Runtime {
  const { callTimeoutMs = 15_000, lostContactMs = 60_000, longPollMs = 20_000 } = options;
  const ask: Connection['ask'] = (call, timeoutMs = callTimeoutMs) => callAgent(options, { ...call, timeoutMs });
  const connection = { ask, clock: overrides.clock ?? monotonicClock, callTimeoutMs, lostContactMs, longPollMs };
  return {
    ping: async () => void expectOk(await ask({ method: 'GET', path: '/v2/ping' })),
    observe: async (signal) => {
      const answer = await ask({ method: 'GET', path: '/v2/observation', signal });
      return understand(observationAnswer, expectOk(answer));
    },
    evidence: async (service, replica) => {
      const query = new URLSearchParams(replica === undefined ? { service } : { service, replica });
      return understand(evidenceAnswer, expectOk(await ask({ method: 'GET', path: `/v2/evidence?${query}` })));
    },
    meter: {
      look: async (signal) => {
        const { samples } = understand(
          containersAnswer,
          expectOk(await ask({ method: 'GET', path: '/v2/containers', signal })),
        );
        return { samples, missed: [] };
      },
    },
    watch: (signal) => {
      const ask = (path: string, timeoutMs: number, waking: AbortSignal) =>
        callAgent(options, { method: 'GET', path, timeoutMs, signal: waking });
      return watchAgent({ ask, clock: connection.clock, signal });
    },
    restart: (target, actionOptions) => act(connection, '/v2/restart', target, actionOptions),
    scale: async ({ service }, { from, to }, actionOptions) => {
      if (Number.isInteger(to)) return act(connection, '/v2/scale', { service, from, to }, actionOptions);
      return { ok: false, code: 'out_of_bounds', message: `${to} is not a number of replicas.`, retryable: false };
    },
  };
}

async function act(connection: Connection, path: string, wish: object, options: ActionOptions): Promise<ActionResult> {
  const id = randomUUID();
  const { healthTimeoutMs, includeHeld, signal } = options;
  if (signal?.aborted) return aborted;
  const timeout = Math.max(1, Math.round(healthTimeoutMs));
  const begun = await begin(connection, path, {
    ...wish,
    ...(includeHeld && { includeHeld }),
    id,
    healthTimeoutMs: timeout,
  });
  return 'id' in begun ? follow(connection, begun.id, options) : begun;
}

/** A request whose answer is lost is not sent again: following it tells whether it arrived. */
async function begin(
  { ask }: Connection,
  path: string,
  body: { id: string; healthTimeoutMs: number },
): Promise<ActionResult | { id: string }> {
  let answer: AgentAnswer;
  try {
    answer = await ask({ method: 'POST', path, body });
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable) || neverConnected(error)) throw error;
    return { id: body.id };
  }
  if (answer.status !== 409) return understand(begunAnswer, expectOk(answer));
  const message = 'The agent is busy with another action on this service.';
  return { ok: false, code: 'conflict', message, retryable: true };
}

const neverConnected = ({ cause }: RuntimeUnavailable): boolean =>
  ['ECONNREFUSED', 'ENOENT', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN'].includes(
    (cause as { code?: string } | undefined)?.code ?? '',
  );

async function follow(connection: Connection, id: string, options: ActionOptions): Promise<ActionResult> {
  const { clock, lostContactMs } = connection;
  const giveUp = createGiveUp(connection, id, options.signal);
  let seenSteps = 0;
  let lastContact = clock.now();
  for (;;) {
    await giveUp();
    const answer = await look(connection, id, seenSteps, options.signal);
    if (answer instanceof RuntimeUnavailable) {
      if (clock.now() - lastContact > lostContactMs) throw answer;
      await clock.sleep(1_000, options.signal?.aborted ? undefined : options.signal);
      continue;
    }
    lastContact = clock.now();
    for (const step of answer.steps) options.onStep?.(step);
    seenSteps += answer.steps.length;
    if (answer.state === 'done') return answer.result;
    if (answer.state === 'unavailable') throw new RuntimeUnavailable(answer.message);
  }
}

/** Tells the agent once that the action is not wanted any more. Its end is awaited all the same. */
function createGiveUp({ ask }: Connection, id: string, signal: AbortSignal | undefined): () => Promise<void> {
  let told = false;
  return async () => {
    if (!signal?.aborted || told) return;
    told = true;
    await ask({ method: 'DELETE', path: `/v2/actions/${id}` }).catch(() => undefined);
  };
}

async function look(
  { ask, longPollMs, callTimeoutMs }: Connection,
  id: string,
  afterStep: number,
  signal: AbortSignal | undefined,
): Promise<ActionAnswer | RuntimeUnavailable> {
  const path = `/v2/actions/${id}?waitMs=${longPollMs}&afterStep=${afterStep}`;
  try {
    const waking = signal?.aborted ? undefined : signal; // an abort wakes the long poll
    const answer = await ask({ method: 'GET', path, signal: waking }, longPollMs + callTimeoutMs);
    if (answer.status >= 500) return new RuntimeUnavailable(told(answer));
    return understand(actionAnswer, expectOk(answer));
  } catch (error) {
    if (signal?.aborted && !(error instanceof RuntimeUnavailable)) return { id, state: 'running', steps: [] };
    if (error instanceof RuntimeUnavailable && error.cause !== undefined) return error;
    throw error;
  }
}

/** @throws RuntimeUnavailable with what the agent said: a wrong token, an action that it does not know, its own trouble */
function expectOk(answer: AgentAnswer): unknown {
  if (answer.status < 200 || answer.status > 299) throw new RuntimeUnavailable(told(answer));
  return answer.body;
}

function told({ status, body }: AgentAnswer): string {
  const { title, detail, code } = (body ?? {}) as { title?: string; detail?: string; code?: string };
  if (status === 404 && code !== 'unknown_action')
    return 'The agent does not speak version 2 of its protocol: it is older than the bot. Run both from the same image.';
  return `The agent answered ${status}: ${detail ?? title ?? 'nothing that could be understood'}`;
}

function understand<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new RuntimeUnavailable(`The agent's answer is not understood: ${first?.path.join('.')} ${first?.message}`);
}

const aborted: ActionResult = {
  ok: false,
  code: 'aborted',
  message: 'The action was given up before it began: the bot is stopping.',
  retryable: true,
};
