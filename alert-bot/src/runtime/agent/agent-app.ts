import { requireAllowedHost } from '@stack/service-kit/allowed-hosts';
import { requireBearer } from '@stack/service-kit/bearer-auth';
import { refuseForeignPages } from '@stack/service-kit/foreign-pages';
import { createHealth, healthEndpoint, liveEndpoint } from '@stack/service-kit/health';
import { jsonBody } from '@stack/service-kit/json-body';
import type { Logger } from '@stack/service-kit/logger';
import { metricsEndpoint } from '@stack/service-kit/metrics-endpoint';
import { commonProblems, notFound, ProblemError, parseOrProblem, problemHandler } from '@stack/service-kit/problems';
import { requestLog } from '@stack/service-kit/request-log';
import { scopeRequest } from '@stack/service-kit/request-scope';
import { securityHeaders } from '@stack/service-kit/security-headers';
import express, { type Express, type RequestHandler, type Response } from 'express';
import { Registry } from 'prom-client';
import type { ContainerSample } from '../../containers/container-sample.ts';
import { type ObservedService, type Runtime, RuntimeUnavailable } from '../runtime.ts';
import { createActionBudget } from './action-budget.ts';
import { type ActionRegistry, createActionRegistry } from './action-registry.ts';
import {
  actionParams,
  actionQuery,
  evidenceQuery,
  restartRequest,
  scaleRequest,
  toObservationAnswer,
} from './agent-protocol.ts';
import type { AgentPolicy } from './check-policy.ts';
import { guardedAction } from './guarded-action.ts';
import type { WatchHub } from './watch-hub.ts';
import { watchQuery } from './watch-protocol.ts';

export interface AgentAppDeps {
  runtime: Runtime;
  policy: AgentPolicy;
  /** Bearer token of every request but the health checks; none: whoever reaches the agent may speak to it. */
  token?: string | undefined;
  allowedHosts?: readonly string[] | undefined;
  logger: Logger;
  registry?: ActionRegistry;
  /** What happens to the containers; absent where the runtime cannot tell. */
  hub?: WatchHub | undefined;
  /** `container_*` for Prometheus. */
  metrics?: Registry;
  /** What the containers used when they were measured last. */
  containers?: () => readonly ContainerSample[];
}

/** Requests are a few hundred bytes. */
const bodyLimitBytes = 16 * 1024;
const defaultActionsPerHour = 60;
/** Asked every few seconds. */
const quietPaths = [
  '/health',
  '/health/live',
  '/metrics',
  '/v2/observation',
  '/v2/ping',
  '/v2/containers',
  '/v2/watch',
];

const problems = {
  ...commonProblems,
  busy: { status: 409, title: 'Another action on this service is under way' },
  id_reused: { status: 409, title: 'This id was used for another action' },
  older_caller: {
    status: 410,
    title:
      'This agent speaks version 2 of its protocol, and the caller an older one: run bot and agent from the same image',
  },
  unknown_action: { status: 404, title: 'There is no action with this id' },
};

/** The agent's HTTP face: see agent-protocol.ts. Its metrics are those of the containers; the bot measures its actions. */
export function createAgentApp(deps: AgentAppDeps): Express {
  const { runtime, logger, registry = createActionRegistry() } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const answerProblem = problemHandler({ catalogue: problems, logger, mapError: toProblem });
  app.use(scopeRequest({ answer: answerProblem }), securityHeaders);
  app.use(requestLog({ logger, quietPaths }));
  app.get('/health/live', liveEndpoint);
  app.get('/health', healthEndpoint(createHealth({ runtime: () => runtime.ping() })));
  app.get('/metrics', metricsEndpoint(deps.metrics ?? new Registry()));
  app.use(requireAllowedHost(deps.allowedHosts), refuseForeignPages());
  app.use('/v2', requireBearer(deps.token));
  app.use('/v1', () => {
    throw new ProblemError('older_caller');
  });
  addQuestions(app, deps);
  addActions(app, deps, registry);
  app.use(notFound);
  app.use(answerProblem);
  return app;
}

function addQuestions(app: Express, { runtime, hub, containers = () => [] }: AgentAppDeps): void {
  if (hub) app.get('/v2/watch', watchRoute(hub));
  app.get('/v2/containers', (_req, res) => void res.json({ samples: containers() }));
  app.get('/v2/ping', async (_req, res) => {
    await runtime.ping();
    res.json({ status: 'ok' });
  });
  app.get('/v2/observation', async (_req, res) => {
    res.json(toObservationAnswer(await runtime.observe()));
  });
  app.get('/v2/evidence', async (req, res) => {
    const { service, replica } = parseOrProblem(evidenceQuery, req.query, 'query');
    const isAllowed = mayBeRepaired((await runtime.observe()).services.get(service));
    res.json(isAllowed ? await runtime.evidence(service, replica) : { capturedAt: Date.now(), replicas: [] });
  });
}

/** A caller that goes away is not waited for. */
const watchRoute =
  (hub: WatchHub): RequestHandler =>
  async (req, res) => {
    const { after, waitMs } = parseOrProblem(watchQuery, req.query, 'query');
    const leaving = new AbortController();
    res.once('close', () => leaving.abort());
    res.json(await hub.follow(after, waitMs, leaving.signal));
  };

/** Log lines hold more than a caller needs to know of what it may not touch. */
const mayBeRepaired = (seen: ObservedService | undefined): boolean => seen?.optedIn === true && !seen.protected;

function addActions(app: Express, { runtime, policy }: AgentAppDeps, registry: ActionRegistry): void {
  const body = jsonBody(bodyLimitBytes);
  const budget = createActionBudget(policy.maxActionsPerHour ?? defaultActionsPerHour, () => performance.now());
  const guard = { runtime, policy, budget };

  app.post('/v2/restart', body, (async (req, res) => {
    const {
      id,
      service,
      replica,
      healthTimeoutMs,
      includeHeld = false,
    } = parseOrProblem(restartRequest, req.body, 'body');
    const target = replica === undefined ? { service } : { service, replica };
    const wish = JSON.stringify(['restart', target]);
    const begun = registry.begin({ id, service, wish }, ({ signal, onStep }) =>
      guardedAction(guard, { ...target, includeHeld }, onStep, (_, told) =>
        runtime.restart(target, { healthTimeoutMs, includeHeld, signal, onStep: told }),
      ),
    );
    answerBegun(res, begun);
  }) satisfies RequestHandler);

  app.post('/v2/scale', body, (async (req, res) => {
    const {
      id,
      service,
      from,
      to,
      healthTimeoutMs,
      includeHeld = false,
    } = parseOrProblem(scaleRequest, req.body, 'body');
    const wish = JSON.stringify(['scale', service, from, to]);
    const begun = registry.begin({ id, service, wish }, ({ signal, onStep }) =>
      guardedAction(guard, { service, to, includeHeld }, onStep, (count, told) =>
        runtime.scale({ service }, { from: from ?? count, to }, { healthTimeoutMs, includeHeld, signal, onStep: told }),
      ),
    );
    answerBegun(res, begun);
  }) satisfies RequestHandler);

  app.get('/v2/actions/:id', async (req, res) => {
    const { id } = parseOrProblem(actionParams, req.params);
    const { waitMs, afterStep } = parseOrProblem(actionQuery, req.query, 'query');
    const answer = await registry.follow(id, afterStep, waitMs);
    if (!answer)
      throw new ProblemError('unknown_action', { detail: 'It never arrived, or the agent was restarted since.' });
    res.json(answer);
  });
  app.delete('/v2/actions/:id', (req, res) => {
    const { id } = parseOrProblem(actionParams, req.params);
    if (!registry.giveUp(id)) throw new ProblemError('unknown_action');
    res.status(202).json({ id });
  });
}

function answerBegun(res: Response, begun: ReturnType<ActionRegistry['begin']>): void {
  if (typeof begun === 'string') throw new ProblemError(begun);
  res.status(202).json(begun);
}

const toProblem = (error: unknown): ProblemError | undefined =>
  error instanceof RuntimeUnavailable
    ? new ProblemError('unavailable', { detail: error.message, cause: error, retryAfterSeconds: 5 })
    : undefined;
