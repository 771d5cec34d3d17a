import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alerts, prometheusFolder, recordedRules } from '../src/rule-files.ts';

const severities = ['critical', 'warning', 'info', 'none'];
const dashboards = ['overview', 'api', 'worker', 'database', 'host', 'containers', 'self-healing'];

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
  expect(sections.sort()).toEqual(
    alerts()
      .map(({ alert }) => alert)
      .sort(),
  );
});

it('never judges by a lifetime counter', () => {
  // a counter may only be read through something that sees its resets
  const bare = [...alerts(), ...recordedRules()].filter(({ expr }) =>
    expr.replace(/(rate|increase)\(\s*\w+(\{[^}]*\})?\s*\[\w+\]/g, '').match(/\w+_(total|count|sum|bucket)\b/),
  );
  expect(bare.map(({ alert, record }) => alert ?? record)).toEqual([]);
});
