import type { ApiOperation, ApiResponse } from '@stack/service-kit/openapi';
import * as z from 'zod';
import { webhookPayload } from '../alerts/webhook-schema.ts';
import { viewOperations } from '../console/view-operations.ts';
import { reasons } from '../decide/reason.ts';
import { incidentPhases } from '../healer/healer.ts';
import { incidentEvent } from '../incidents/event.ts';
import { outcomes } from '../incidents/outcome.ts';
import { controlBody, incidentsQuery, pauseBody } from './request-schemas.ts';

const targetName = {
  target: z
    .string()
    .meta({ description: 'service in the home project, else project/service; -/name for a plain container' }),
  project: z.string().optional(),
  service: z.string(),
};

const intakeResult = z.object({
  incident: z.string().nullable(),
  alertname: z.string(),
  fingerprint: z.string(),
  decision: z.enum(['act', 'skip']),
  reason: z.enum(reasons),
  runbook: z.string().optional(),
  action: z
    .object({ type: z.enum(['restart', 'scale']), ...targetName })
    .loose()
    .optional(),
  until: z.iso.datetime().optional().meta({ description: 'when the bot looks again by itself' }),
  detail: z.string().optional().meta({ description: 'why, more exactly' }),
});

const intakeAnswer = z.object({
  accepted: z.int(),
  refusedCount: z.int().meta({ description: 'alerts that could not be taken' }),
  refused: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .meta({ description: 'where they are and why, the first 20', example: [] }),
  leftOut: z.int().meta({ description: 'alerts behind the first 100,000' }),
  truncatedAlerts: z.int().meta({ description: 'alerts that the sender left out, as it says' }),
  results: z.array(intakeResult).meta({ description: 'of the alerts that were taken, in their order' }),
});

const summary = z
  .object({
    id: z.string(),
    alertname: z.string(),
    labels: z.record(z.string(), z.string()),
    status: z.enum(['firing', 'resolved']),
    phase: z.enum(incidentPhases),
    reason: z.enum(reasons),
    target: z.string().nullable().meta({ description: 'what it is about: service or project/service' }),
    project: z.string().nullable(),
    service: z.string().nullable(),
    attempts: z.int(),
    outcome: z.enum(outcomes).nullable(),
    escalated: z.boolean(),
    startsAt: z.iso.datetime(),
  })
  .loose()
  .meta({ id: 'Incident' });

const omittedEvents = z
  .int()
  .meta({ description: 'events left out in the middle of the timeline: it has at most 500' });
const incidentId = z.object({
  id: z.string().meta({ description: 'the incident, as the answer to the alert named it' }),
});
const json = (description: string, schema?: z.ZodType, example?: unknown): ApiResponse => ({
  description,
  ...(schema && { schema }),
  ...(example !== undefined && { example }),
});
const guarded = ['unauthorized', 'forbidden'] as const;
const written = [
  ...guarded,
  'bad_json',
  'validation_failed',
  'body_too_large',
  'unsupported_media_type',
  'too_many_requests',
  'log_unavailable',
  'stopping',
];

const alertExample = { alerts: [{ labels: { alertname: 'APIHighLatency', severity: 'critical' } }] };

const intake = (path: string): ApiOperation => ({
  method: 'post',
  path,
  tag: 'alerts',
  summary: "Take alerts: Alertmanager's webhook, or the short form with nothing but labels",
  description: 'Answered when every alert is on disk with its decision, and before any action is begun.',
  body: webhookPayload,
  bodyExample: alertExample,
  responses: {
    202: json('Taken, as far as it could be', intakeAnswer),
  },
  problems: [...written, 'unavailable'],
});

const release = (path: string, params: z.ZodRawShape): ApiOperation => ({
  method: 'post',
  path,
  tag: 'control',
  summary: 'End the quarantine of a target and forget its attempts',
  params: z.object(params),
  body: controlBody,
  responses: { 200: json('Released', z.object({ ...targetName, wasQuarantined: z.boolean() })) },
  problems: [...written, 'not_found'],
});

/** Every address of the bot, for its OpenAPI document. */
export const operations: readonly ApiOperation[] = [
  intake('/alert'),
  intake('/alerts'),
  {
    method: 'get',
    path: '/incidents',
    tag: 'incidents',
    summary: 'Incidents, newest first',
    query: incidentsQuery,
    responses: { 200: json('A page', z.object({ items: z.array(summary), nextCursor: z.string().nullable() })) },
    problems: [...guarded, 'validation_failed'],
  },
  {
    method: 'get',
    path: '/incidents/stream',
    tag: 'incidents',
    summary: 'Every event as it becomes durable (server-sent events)',
    description:
      'With `Last-Event-ID` what was missed comes first, from the log; an event `gap` says that some of it is too long ago. `progress=true` adds steps and looks of repairs, which are not in the log.',
    query: z.object({ progress: z.enum(['true', 'false']).optional() }),
    responses: {
      200: {
        description: 'One event for each line of the log',
        schema: incidentEvent,
        contentType: 'text/event-stream',
      },
    },
    problems: [...guarded, 'unavailable', 'stopping'],
  },
  {
    method: 'get',
    path: '/incidents/:id',
    tag: 'incidents',
    summary: 'One incident with its timeline from the log',
    params: incidentId,
    responses: { 200: json('The incident', summary.extend({ timeline: z.array(incidentEvent), omittedEvents })) },
    problems: [...guarded, 'not_found'],
  },
  {
    method: 'post',
    path: '/incidents/:id/approve',
    tag: 'control',
    summary: 'Let the bot do what it asked for; the decision is made again at once',
    params: incidentId,
    body: controlBody,
    responses: { 202: json('The new decision', intakeResult) },
    problems: [...written, 'not_found', 'conflict'],
  },
  {
    method: 'post',
    path: '/incidents/:id/reject',
    tag: 'control',
    summary: 'Forbid what the bot asked for',
    params: incidentId,
    body: controlBody,
    responses: { 200: json('The incident', summary) },
    problems: [...written, 'not_found', 'conflict'],
  },
  release('/targets/:target/release', {
    target: z.string().meta({ description: 'a service of the home project, or project%2Fservice' }),
  }),
  release('/targets/:project/:service/release', { project: z.string(), service: z.string() }),
  {
    method: 'post',
    path: '/pause',
    tag: 'control',
    summary: 'Act on nothing for a while; alerts are still taken and recorded',
    body: pauseBody,
    bodyExample: { minutes: 30, reason: 'deploy' },
    responses: {
      200: json('Paused', z.object({ until: z.iso.datetime(), reason: z.string().nullable(), by: z.string() })),
    },
    problems: written,
  },
  {
    method: 'delete',
    path: '/pause',
    tag: 'control',
    summary: 'Act again',
    responses: { 204: { description: 'No longer paused' } },
    problems: [...guarded, 'log_unavailable', 'stopping'],
  },
  {
    method: 'get',
    path: '/status',
    tag: 'control',
    summary: 'Queue, budget, quarantine, pause, last Watchdog, log and runbooks as they are now',
    responses: { 200: json('The state') },
    problems: [...guarded],
  },
  {
    method: 'get',
    path: '/health',
    tag: 'operation',
    summary: 'Can the bot record? (503 when not.) Also shows whether it can reach what it needs.',
    responses: { 200: json('Yes'), 503: json('No, the same form') },
  },
  {
    method: 'get',
    path: '/health/live',
    tag: 'operation',
    summary: 'The process answers',
    responses: { 200: json('Yes') },
  },
  {
    method: 'get',
    path: '/metrics',
    tag: 'operation',
    summary: 'Prometheus metrics',
    responses: { 200: { description: 'The text format', contentType: 'text/plain' } },
  },
  {
    method: 'get',
    path: '/runbooks',
    tag: 'operation',
    summary: 'What each alert means and what to do: where runbook_url points to',
    responses: { 200: { description: 'A page', contentType: 'text/html' } },
  },
  ...viewOperations(intakeResult),
];
