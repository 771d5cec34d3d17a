import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alerts, prometheusFolder, recordedRules } from '../src/rule-files.ts';

const severities = ['critical', 'warning', 'info', 'none'];
const dashboards = ['overview', 'api', 'worker', 'database', 'host', 'containers', 'self-healing'];

/** The bot makes them of the container engine's events; no rule does. */
const ofTheEngineOnly = ['ContainerCrashLooping', 'ManyContainersUnhealthy'];

it.each(alerts())('$alert has all that a person or the bot needs', ({ alert, labels, annotations, expr }) => {
  expect(severities).toContain(labels?.['severity']);
  // the service comes from the rule or, where one rule speaks about several, from its expression
  expect(labels?.['service'] ?? expr).toMatch(/^[a-z{]|by \((project, )?service/);
  expect(annotations?.['summary']).toMatch(/^\S/);
  expect(annotations?.['description']).toMatch(/\{\{.*(\$value|query).*\}\}/);
  expect(annotations?.['runbook_url']).toBe(`{{ $externalLabels.alert_bot_url }}/runbooks#${alert.toLowerCase()}`);
  expect(dashboards.map((uid) => `{{ $externalLabels.grafana_url }}/d/${uid}`)).toContain(
    annotations?.['dashboard_url'],
  );
});

it('gives every alert its section in the runbook page, and no section to anything else', () => {
  const page = readFileSync(join(prometheusFolder, '../alert-bot/RUNBOOK.md'), 'utf8');
  const sections = [...page.matchAll(/^## (\S+)$/gm)].map((match) => match[1]);
  expect(sections.sort()).toEqual([...alerts().map(({ alert }) => alert), ...ofTheEngineOnly].sort());
});

it('never judges by a lifetime counter', () => {
  // a counter may only be read through something that sees its resets; whether it is there says nothing of its value
  const bare = [...alerts(), ...recordedRules()].filter(({ expr }) =>
    expr
      .replace(/(rate|increase|present_over_time)\(\s*\w+(\{[^}]*\})?\s*\[\w+\]/g, '')
      .match(/\w+_(total|count|sum|bucket)\b/),
  );
  expect(bare.map(({ alert, record }) => alert ?? record)).toEqual([]);
});

// Prometheus marks what has gone only while it runs: a plain selector finds the series of five minutes ago after its restart. Recorded series are
// written by Prometheus itself, also when there is nothing to record.
it('never reads a series that may be five minutes old', () => {
  const plain = alerts().flatMap(({ alert, expr, annotations }) => {
    const queries = [...(annotations?.['description'] ?? '').matchAll(/query "([^"]*)"/g)].map((match) => match[1]!);
    return [expr, ...queries].flatMap((text) =>
      [...text.matchAll(/([a-zA-Z_][\w:]*)\{(?:"[^"]*"|'[^']*'|[^"'}])*\}(?!\s*\[)/g)]
        .filter(([, name]) => !name!.includes(':'))
        .map(([selector]) => `${alert}: ${selector}`),
    );
  });
  expect(plain).toEqual([]);
});

// with an offset it asks for the past
it('looks for the last word of a series no longer than two scrapes ago, but where a rule has another witness', () => {
  const far = alerts().flatMap(({ alert, expr }) =>
    [...expr.matchAll(/(?:last|present)_over_time\(([a-z_]+)(?:\{[^}]*\})?\[(\w+)\](?! offset)/g)]
      .filter(([, , window]) => !['5s', '11s'].includes(window!))
      .map(([, name, window]) => `${alert}: ${name} ${window}`),
  );
  // of a frozen worker: only when it is listed, and only what was heard since Prometheus was started
  expect(far).toEqual(['WorkerStalled: worker_last_progress_timestamp_seconds 15m']);
});
