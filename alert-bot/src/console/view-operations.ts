import type { ApiOperation } from '@stack/service-kit/openapi';
import * as z from 'zod';
import { webhookPayload } from '../alerts/webhook-schema.ts';
import { outcomes } from '../incidents/outcome.ts';

const time = z.iso.datetime();
const guarded = ['unauthorized', 'forbidden'] as const;

const repairWindow = z.object({
  hours: z.int(),
  repairs: z.int(),
  outcomes: z.record(z.enum(outcomes), z.int()),
  healedShare: z.number().nullable().meta({ description: 'from 0 to 1; null without repairs' }),
  timeToHealSeconds: z
    .object({ median: z.number(), p90: z.number() })
    .nullable()
    .meta({ description: 'from the start of the alert until the repair was verified' }),
});

const replica = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.string(),
    health: z.string(),
    startedAt: z.string(),
    memory: z
      .object({ usedMiB: z.number(), limitMiB: z.number().nullable() })
      .optional()
      .meta({ description: 'without the page cache; absent while it is not measured' }),
  })
  .loose();

const service = z.object({
  target: z.string().meta({ description: 'its text: service or project/service' }),
  project: z.string().nullable(),
  service: z.string(),
  replicas: z.array(replica),
  optedIn: z.boolean(),
  protected: z.boolean(),
  changing: z.string().nullable(),
  runbooks: z.array(z.string()),
  attempts: z.object({ left: z.int(), max: z.int(), withinSeconds: z.number() }).nullable(),
  rest: z.object({ kind: z.enum(['cooldown', 'backoff']), until: time }).nullable(),
  quarantine: z.object({ since: time, attempts: z.int() }).nullable(),
  active: z.string().nullable().meta({ description: 'the incident that has the service for itself now' }),
});

const runbook = z
  .object({
    name: z.string(),
    mode: z.enum(['observe', 'approve', 'auto']),
    target: z.string().meta({ description: 'as it is written, perhaps with label names in braces' }),
    source: z.string().meta({ description: 'its lines in the file' }),
  })
  .loose();

const page = (path: string, summary: string, params?: z.ZodObject): ApiOperation => ({
  ...{ method: 'get', path, tag: 'console', summary },
  ...(params && { params }),
  responses: { 200: { description: 'A page', contentType: 'text/html' } },
  problems: ['not_found'],
});

/** What the console reads, for the OpenAPI document; `decision` is the schema of one decision. */
export const viewOperations = (decision: z.ZodType): readonly ApiOperation[] => [
  {
    method: 'get',
    path: '/stats',
    tag: 'console',
    summary: 'Repairs of the last 24 hours, 7 and 30 days: outcomes, share healed, time to heal',
    responses: { 200: { description: 'The three windows', schema: z.object({ windows: z.array(repairWindow) }) } },
    problems: [...guarded],
  },
  {
    method: 'get',
    path: '/services',
    tag: 'console',
    summary: 'Every service in scope: replicas, opted in, attempts left, rest, quarantine',
    responses: {
      200: {
        description: 'The services; without `observedAt` the container engine does not answer',
        schema: z.object({
          project: z.string().nullable().meta({ description: 'the home project' }),
          projects: z
            .array(z.string())
            .meta({ description: 'where else the bot may act; * is wherever a container opted in' }),
          observedAt: time.nullable(),
          services: z.array(service),
        }),
      },
    },
    problems: [...guarded],
  },
  {
    method: 'get',
    path: '/runbooks.json',
    tag: 'console',
    summary: 'The runbooks in force',
    responses: { 200: { description: 'In their order', schema: z.object({ runbooks: z.array(runbook) }) } },
    problems: [...guarded],
  },
  {
    method: 'get',
    path: '/links',
    tag: 'console',
    summary: 'Where a browser finds Prometheus and Grafana, as far as it was configured',
    responses: {
      200: {
        description: 'Addresses; null where there are no pages',
        schema: z.object({ prometheus: z.string().nullish(), grafana: z.string().nullish() }),
      },
    },
    problems: [...guarded],
  },
  {
    method: 'post',
    path: '/simulate',
    tag: 'console',
    summary: 'What would happen if these alerts came now; nothing is recorded or touched',
    body: webhookPayload,
    bodyExample: { alerts: [{ labels: { alertname: 'APIHighLatency', severity: 'critical' } }] },
    responses: { 200: { description: 'The decisions', schema: z.object({ results: z.array(decision) }) } },
    problems: [
      ...guarded,
      'bad_json',
      'validation_failed',
      'body_too_large',
      'unsupported_media_type',
      'too_many_requests',
    ],
  },
  page('/', 'The console: the page for an operator'),
  page('/ui', 'The console'),
  page('/ui/:view', 'One view of the console: now, incidents, services', z.object({ view: z.string() })),
  page('/ui/:view/:id', 'One incident in the console', z.object({ view: z.string(), id: z.string() })),
  {
    ...page('/assets/:name', 'A file of the console', z.object({ name: z.string() })),
    responses: { 200: { description: 'Script, style or picture', contentType: 'text/javascript' } },
  },
];
