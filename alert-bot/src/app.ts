import { createBaseApp } from '@stack/service-kit/base-app';
import { requireBearer } from '@stack/service-kit/bearer-auth';
import { addDocsRoutes } from '@stack/service-kit/docs-routes';
import { type HealthReport, healthEndpoint, liveEndpoint } from '@stack/service-kit/health';
import type { Logger } from '@stack/service-kit/logger';
import type { OpenApiOptions } from '@stack/service-kit/openapi';
import { methodNotAllowed, ProblemError } from '@stack/service-kit/problems';
import { createPage, type Page, sendPage } from '@stack/service-kit/security-headers';
import type { Express, RequestHandler } from 'express';
import { addPageRoutes } from './console/page-routes.ts';
import { addViewRoutes, type Links } from './console/view-routes.ts';
import { ControlRefused, type Healer, HealerUnavailable } from './healer/healer.ts';
import { addControlRoutes } from './http/control-routes.ts';
import { createEventStream, type EventStream } from './http/event-stream.ts';
import { addIncidentRoutes } from './http/incident-routes.ts';
import { addIntakeRoutes } from './http/intake-routes.ts';
import { alertBotProblems } from './http/problem-catalogue.ts';
import type { AlertBotMetrics } from './metrics.ts';

export interface AppDeps {
  healer: Healer;
  health: () => Promise<HealthReport>;
  metrics: AlertBotMetrics;
  logger: Logger;
  /** Bearer token for everything but health, metrics and documents; without it nothing is asked. */
  token: string | undefined;
  /** `ALLOWED_HOSTS`: names that the bot may be asked by, besides its own. */
  allowedHosts?: readonly string[];
  /** `PUBLIC_URL`: where browsers reach the bot through a reverse proxy. */
  publicOrigin?: string | undefined;
  /** Where a browser finds what the console links to. */
  links?: Links;
  now: () => number;
  /** RUNBOOK.md: the page that every alert's `runbook_url` points to; undefined when it was not shipped. */
  runbookMarkdown: string | undefined;
}

export interface App {
  express: Express;
  stream: EventStream;
}

const description = 'Takes alerts, restarts or scales containers, verifies that it helped, and records every step.';

/** The bot's HTTP surface. Routes are flat, so that the metrics' `path` label is right. */
export function createApp(deps: AppDeps): App {
  const { healer, health, metrics, logger, token, allowedHosts = [], publicOrigin, links = {} } = deps;
  const stream = createEventStream(healer, logger);
  const guard = [requireBearer(token)];
  const express = createBaseApp(
    { logger, metrics: metrics.metrics, catalogue: alertBotProblems, mapError, allowedHosts, publicOrigin },
    (app) => {
      app.get('/health', healthEndpoint(health));
      app.get('/health/live', liveEndpoint);
      addDocsRoutes(app, { describe: describeBot, publicOrigin });
      app.get('/runbooks', runbookPage(deps.runbookMarkdown));
      addIntakeRoutes(app, { ...deps, guard });
      addControlRoutes(app, { healer, guard });
      app.get('/incidents/stream', ...guard, stream.handler);
      addIncidentRoutes(app, { healer, guard });
      addViewRoutes(app, { healer, guard, now: deps.now, links });
      addPageRoutes(app);
      for (const path of ['/alert', '/alerts']) app.all(path, methodNotAllowed('POST'));
    },
  );
  return { express, stream };
}

async function describeBot(): Promise<OpenApiOptions> {
  const { operations } = await import('./http/operations.ts');
  return { title: 'alert-bot', description, catalogue: alertBotProblems, operations };
}

/** Rendered for the first reader: a markdown parser has no place in the start of the bot. */
function runbookPage(markdown: string | undefined): RequestHandler {
  let page: Page | undefined;
  return async (_req, res) => {
    if (markdown === undefined)
      throw new ProblemError('not_found', { detail: 'RUNBOOK.md is not beside the program.' });
    page ??= await createPage((await import('./http/runbook-page.ts')).renderRunbookPage(markdown));
    sendPage(res, page);
  };
}

const controlProblems = {
  incident_not_found: 'not_found',
  target_not_found: 'not_found',
  not_awaiting_approval: 'conflict',
  bad_cursor: 'validation_failed',
  bad_minutes: 'validation_failed',
} as const;

/** The core's refusals as problems; anything else is a defect and stays a 500. */
function mapError(error: unknown): ProblemError | undefined {
  if (error instanceof HealerUnavailable) {
    const code = { queue_full: 'unavailable', log_unwritable: 'log_unavailable', stopping: 'stopping' }[error.code];
    return new ProblemError(code, { detail: error.message, retryAfterSeconds: error.retryAfterSeconds, cause: error });
  }
  if (error instanceof ControlRefused) return new ProblemError(controlProblems[error.code], { detail: error.message });
  return undefined;
}
