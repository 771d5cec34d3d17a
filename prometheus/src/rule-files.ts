import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const prometheusFolder = join(import.meta.dirname, '..');

export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Alert extends Rule {
  alert: string;
  for?: string;
  keep_firing_for?: string;
}

export interface AlertInGroup extends Alert {
  group: string;
  /** How often it is evaluated, where its group says so. */
  interval?: string;
}

const rulesOf = (file: string): Rule[] =>
  (parse(readFileSync(join(prometheusFolder, file), 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  );

export const recordedRules = (): Rule[] => rulesOf('recording.rules.yml');
export const alerts = (): Alert[] => rulesOf('alert.rules.yml').filter((rule): rule is Alert => 'alert' in rule);

export const alertsInGroups = (): AlertInGroup[] => {
  const file = parse(readFileSync(join(prometheusFolder, 'alert.rules.yml'), 'utf8')) as {
    groups: { name: string; interval?: string; rules: Alert[] }[];
  };
  return file.groups.flatMap(({ name, interval, rules }) =>
    rules.map((rule) => ({ ...rule, group: name, ...(interval && { interval }) })),
  );
};

/** The promtool cases: paths below tests/. */
export const caseFiles = (): string[] =>
  readdirSync(join(prometheusFolder, 'tests')).filter((name) => name.endsWith('.test.yml'));

export const caseNames = (): string[] =>
  caseFiles().flatMap((name) => {
    const file = parse(readFileSync(join(prometheusFolder, 'tests', name), 'utf8')) as { tests: { name: string }[] };
    return file.tests.map((test) => test.name);
  });
