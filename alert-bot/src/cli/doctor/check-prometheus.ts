import { setTimeout as sleep } from 'node:timers/promises';
import type { Policy } from '../../runbooks/runbook.ts';
import { fieldOf, listOf, textOf } from '../../verify/json.ts';
import type { Neighbour } from '../../verify/neighbour.ts';
import type { SourceAddress } from '../../verify/source-address.ts';
import { createAsked, remedyFor } from './ask.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';

/** Alerts that the bot makes itself, from what the engine says. */
const ownAlerts = new Set(['ContainerUnhealthy', 'ContainerCrashLooping', 'ContainerOOMKilled']);

/** Whether Prometheus answers, sends its alerts somewhere, and has the alerts that the runbooks name. */
export async function checkPrometheus(
  address: SourceAddress | undefined,
  policy: Policy | undefined,
): Promise<Finding[]> {
  if (!address)
    return [skipped('prometheus', 'PROMETHEUS_URL is not set: only what the engine says is acted on and verified')];
  const asked = createAsked('prometheus', address);
  const url = address.url.href;
  const rules = await asked.ask('api/v1/rules', [['type', 'alert']]);
  if (!rules.ok)
    return [
      problem(
        'prometheus',
        `${url} does not answer as Prometheus does: ${rules.error}`,
        remedyFor('PROMETHEUS', rules.error),
      ),
    ];
  const active = await askManagers(asked);
  const findings: Finding[] = [];
  if (active?.length === 0)
    findings.push(
      problem(
        'prometheus',
        `${url} sends its alerts to no Alertmanager`,
        'add alerting: { alertmanagers: … } to prometheus.yml',
      ),
    );
  const names = alertNames(rules.body);
  const unknown = (policy ? exactNames(policy) : []).filter((name) => !names.has(name) && !ownAlerts.has(name));
  if (unknown.length > 0)
    findings.push(
      warning(
        'prometheus',
        `no rule of ${url} is called ${unknown.join(', ')}, which runbooks name`,
        'correct the name in the runbook, or add the rule; rules of Loki or Grafana are not seen here',
      ),
    );
  return findings.length > 0 ? findings : [ok('prometheus', `${url}: ${names.size} alerts`)];
}

/** The Alertmanagers that it sends to; undefined when it does not say. One that has just started finds them within seconds. */
async function askManagers(asked: Neighbour): Promise<readonly unknown[] | undefined> {
  for (let tries = 1; ; tries += 1) {
    const answer = await asked.ask('api/v1/alertmanagers', [], { optional: true });
    const active = answer.ok ? listOf(fieldOf(fieldOf(answer.body, 'data'), 'activeAlertmanagers')) : undefined;
    if (active?.length !== 0 || tries > 15 || !(await hasJustStarted(asked))) return active;
    await sleep(1_000);
  }
}

async function hasJustStarted(asked: Neighbour): Promise<boolean> {
  const answer = await asked.ask('api/v1/status/runtimeinfo', [], { optional: true });
  const startedAt = answer.ok ? textOf(fieldOf(fieldOf(answer.body, 'data'), 'startTime')) : undefined;
  return startedAt !== undefined && Date.now() - Date.parse(startedAt) < 30_000;
}

function alertNames(body: unknown): Set<string> {
  const groups = listOf(fieldOf(fieldOf(body, 'data'), 'groups'));
  const rules = groups.flatMap((group) => listOf(fieldOf(group, 'rules')));
  return new Set(rules.map((rule) => textOf(fieldOf(rule, 'name')) ?? ''));
}

/** The alert names that runbooks spell out. */
const exactNames = ({ runbooks }: Policy): string[] => [
  ...new Set(
    runbooks.flatMap(({ source = '' }) =>
      [...source.matchAll(/alertname: *["']?([A-Za-z_]\w*)/g)].map(([, name = '']) => name),
    ),
  ),
];
