import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationPanelFilterBuilder,
  type AnnotationQuery,
  AnnotationQueryBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { colorsOf } from './colors.ts';
import { prometheus } from './datasources.ts';
import { asOfNow } from './promql.ts';

interface EventSpec {
  name: string;
  color: string;
  expr: string;
  title: string;
  text: string;
  tags: string;
  /** Has a switch above the dashboard. Not all have one: they would take a line of their own. */
  hasSwitch?: boolean;
  /** The sample's value is the time of the event, in milliseconds. */
  valueIsTime?: boolean;
}

/** Fine enough to tell a repair from the fault before it; Grafana widens it on long ranges, and `$__rate_interval` with it. */
const step = '15s';

const outcome = (name: string, pattern: string, color: string): EventSpec => ({
  name,
  color,
  expr: `sum by (action, project, service, purpose, outcome) (increase(alertbot_actions_total{job="alert-bot",outcome${pattern}}[$__rate_interval])) > 0`,
  title: '{{outcome}}: {{action}} {{project}}/{{service}}',
  text: 'What the bot knows now of its action ({{purpose}})',
  tags: 'action,service,outcome',
});

const alerts = (name: string, severity: 'critical' | 'warning', hasSwitch: boolean): EventSpec => ({
  name,
  color: colorsOf['severity']?.[severity] ?? 'red',
  hasSwitch,
  expr: `max by (alertname, service, severity) (ALERTS{alertstate="firing",severity="${severity}"})`,
  title: '{{alertname}}',
  text: '{{severity}} alert about {{service}} is firing',
  tags: 'service,severity',
});

const events: readonly EventSpec[] = [
  {
    name: 'Bot actions',
    color: 'blue',
    hasSwitch: true,
    expr: 'sum by (action, project, service, purpose, result) (increase(alertbot_actions_done_total{job="alert-bot"}[$__rate_interval])) > 0',
    title: 'Bot: {{action}} {{project}}/{{service}}',
    text: 'Done ({{purpose}}, {{result}}); the outcome follows',
    tags: 'action,service,purpose,result',
  },
  outcome('Healed', '="healed"', 'green'),
  outcome('Not healed', '!="healed"', 'orange'),
  {
    name: 'Escalations',
    color: 'purple',
    expr: 'sum by (project, service) (increase(alertbot_escalations_total{job="alert-bot"}[$__rate_interval])) > 0',
    title: 'Bot: {{project}}/{{service}} needs a person',
    text: 'The bot gave up on an incident of {{service}}',
    tags: 'service',
  },
  alerts('Alerts', 'critical', true),
  alerts('Warnings', 'warning', false),
  {
    name: 'Injected faults',
    color: 'yellow',
    expr: 'max by (job, fault) (api_fault_active{job="api"} or worker_fault_active{job="worker"}) == 1',
    title: 'Fault on in {{job}}: {{fault}}',
    text: 'Somebody switched it on; nobody needs to look for its cause',
    tags: 'job,fault',
  },
  {
    name: 'Process starts',
    color: 'text',
    expr: 'max by (job, instance) (process_start_time_seconds{job=~"api|worker|alert-bot"}) * 1000',
    title: '{{job}} started',
    text: 'Replica {{instance}}',
    tags: 'job',
    valueIsTime: true,
  },
];

/** `expr` stands twice: at the top for Grafana 11, which reads it there, and in `target` for the versions that moved it. */
const annotation = (event: EventSpec, panels: readonly number[]): Builder<AnnotationQuery> =>
  new AnnotationQueryBuilder()
    .name(event.name)
    .datasource(prometheus)
    .enable(true)
    .hide(event.hasSwitch !== true)
    .iconColor(event.color)
    .filter(new AnnotationPanelFilterBuilder().exclude(false).ids([...panels]))
    .expr(asOfNow(event.expr))
    .step(step)
    .target(new DataqueryBuilder().refId('Anno').expr(asOfNow(event.expr)).interval(step).range())
    .titleFormat(event.title)
    .textFormat(event.text)
    .tagKeys(event.tags)
    .useValueForTime(event.valueIsTime ?? false);

/**
 * What happened: what the bot did and what came of it, what it gave up, what was firing, which fault was on, and what was restarted by whomever.
 * @param panels ids of the graphs that are wide enough for marks
 */
export const eventAnnotations = (panels: readonly number[]): Builder<AnnotationQuery>[] =>
  events.map((event) => annotation(event, panels));
