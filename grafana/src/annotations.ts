import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { type AnnotationQuery, AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { prometheus } from './datasources.ts';

interface EventSpec {
  name: string;
  color: string;
  expr: string;
  title: string;
  text: string;
  tags: string;
  /** The sample's value is the time of the event, in milliseconds. */
  valueIsTime?: boolean;
}

/** Fine enough to tell a repair from the fault before it; Grafana widens it on long ranges, and `$__rate_interval` with it. */
const step = '15s';

const events: readonly EventSpec[] = [
  {
    name: 'Bot actions',
    color: 'blue',
    expr: 'sum by (action, service, purpose, result) (increase(alertbot_actions_done_total{job="alert-bot"}[$__rate_interval])) > 0',
    title: 'Bot: {{action}} {{service}}',
    text: 'Done ({{purpose}}, {{result}}); the outcome follows',
    tags: 'action,service,purpose,result',
  },
  {
    name: 'Outcomes',
    color: 'green',
    expr: 'sum by (action, service, purpose, outcome) (increase(alertbot_actions_total{job="alert-bot"}[$__rate_interval])) > 0',
    title: '{{outcome}}: {{action}} {{service}}',
    text: 'What the bot knows now of its action ({{purpose}})',
    tags: 'action,service,outcome',
  },
  {
    name: 'Escalations',
    color: 'purple',
    expr: 'sum by (service) (increase(alertbot_escalations_total{job="alert-bot"}[$__rate_interval])) > 0',
    title: 'Bot: {{service}} needs a person',
    text: 'The bot gave up on an incident of {{service}}',
    tags: 'service',
  },
  {
    name: 'Alerts',
    color: 'red',
    expr: 'max by (alertname, service, severity) (ALERTS{alertstate="firing",severity=~"critical|warning"})',
    title: '{{alertname}}',
    text: '{{severity}} alert about {{service}} is firing',
    tags: 'service,severity',
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
const annotation = (event: EventSpec): Builder<AnnotationQuery> =>
  new AnnotationQueryBuilder()
    .name(event.name)
    .datasource(prometheus)
    .enable(true)
    .iconColor(event.color)
    .expr(event.expr)
    .step(step)
    .target(new DataqueryBuilder().refId('Anno').expr(event.expr).interval(step).range())
    .titleFormat(event.title)
    .textFormat(event.text)
    .tagKeys(event.tags)
    .useValueForTime(event.valueIsTime ?? false);

/** What happened, on every graph: what the bot did, what it gave up, what was firing, and what was restarted by whomever. */
export const eventAnnotations = (): Builder<AnnotationQuery>[] => events.map(annotation);
