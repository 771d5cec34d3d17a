import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { prometheusFolder, type Rule } from './rule-files.ts';

interface RuleFile {
  groups: { name: string; rules: Rule[] }[];
}

interface CaseFile {
  group_eval_order?: string[];
  tests: { name: string }[];
}

const ruleFiles = ['recording.rules.yml', 'alert.rules.yml'];

/**
 * Writes the cases of one file of tests/ to `folder`, one promtool file per alert, each with the rules that the alert is made of and no
 * others. promtool evaluates every rule of a file at every step of every case, so that the whole set takes about ten times as long.
 * @returns the paths of the files, to be given to one `promtool test rules`
 */
export function sliceCases(caseFile: string, folder: string): string[] {
  const all = parse(readFileSync(join(prometheusFolder, 'tests', caseFile), 'utf8')) as CaseFile;
  const alerts = [...new Set(all.tests.map(({ name }) => alertOf(name)))];
  return alerts.map((alert) => writeSlice(all, alert, join(folder, alert)));
}

/** Case names are `<alert>: <case>`. */
const alertOf = (caseName: string): string => caseName.split(': ')[0] ?? caseName;

function writeSlice(all: CaseFile, alert: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const files = ruleFiles.map((name) => parse(readFileSync(join(prometheusFolder, name), 'utf8')) as RuleFile);
  const needed = withInputs(
    alert,
    files.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules)),
  );
  const groups = files
    .flatMap((file) => file.groups)
    .map((group) => ({ ...group, rules: group.rules.filter((rule) => needed.has(nameOf(rule))) }))
    .filter(({ rules }) => rules.length > 0);
  const order = all.group_eval_order?.filter((wanted) => groups.some(({ name }) => name === wanted));
  const cases = {
    ...all,
    rule_files: ['rules.yml'],
    ...(order && { group_eval_order: order }),
    tests: all.tests.filter(({ name }) => alertOf(name) === alert),
  };
  writeFileSync(join(folder, 'rules.yml'), stringify({ groups }, { lineWidth: 0 }));
  const path = join(folder, 'cases.test.yml');
  writeFileSync(path, stringify(cases, { lineWidth: 0 }));
  return path;
}

const nameOf = ({ alert, record }: Rule): string => alert ?? record ?? '';

/** The alert and every rule that it reads, directly or not: recorded series, and other alerts through `ALERTS`. */
function withInputs(alert: string, rules: readonly Rule[]): Set<string> {
  const needed = new Set([alert]);
  for (const name of needed)
    for (const { expr } of rules.filter((rule) => nameOf(rule) === name))
      for (const [, recorded, others = ''] of expr.matchAll(/\b([a-z]\w*:[\w:]+)|\bALERTS\{alertname=~?"([\w|]+)"/g))
        for (const input of [recorded, ...others.split('|')]) if (input) needed.add(input);
  return needed;
}
