import { fieldOf, type Labels, labelsOf, listOf, textOf } from '../json.ts';

/** An alert that a rule has now. */
export interface ActiveAlert {
  labels: Labels;
  firing: boolean;
}

/** One rule as Prometheus' rules API shows it. Times are in milliseconds since the epoch, of its clock. */
export interface Rule {
  name: string;
  expression: string;
  /** Evaluated, and without an error. */
  healthy: boolean;
  /** Before 1970 when it was never evaluated. */
  evaluatedAt: number;
  intervalMs: number;
  alerts: readonly ActiveAlert[];
}

/** The rules in an answer, or undefined when it is none, or not all of it: half an answer proves no absence. */
export function readRules(body: unknown): Rule[] | undefined {
  const groups = fieldOf(fieldOf(body, 'data'), 'groups');
  if (!Array.isArray(groups) || fieldOf(body, 'status') === 'error') return undefined;
  const partial =
    listOf(fieldOf(body, 'warnings')).length > 0 || textOf(fieldOf(fieldOf(body, 'data'), 'groupNextToken'));
  if (partial) return undefined;
  return groups.flatMap((group) => {
    const intervalMs = Number(fieldOf(group, 'interval') ?? 60) * 1_000;
    return listOf(fieldOf(group, 'rules')).map((rule) => readRule(rule, intervalMs));
  });
}

function readRule(rule: unknown, intervalMs: number): Rule {
  const evaluatedAt = Date.parse(textOf(fieldOf(rule, 'lastEvaluation')) ?? '');
  return {
    name: textOf(fieldOf(rule, 'name')) ?? '',
    expression: textOf(fieldOf(rule, 'query')) ?? '',
    healthy: fieldOf(rule, 'health') === 'ok',
    evaluatedAt: Number.isNaN(evaluatedAt) ? -1 : evaluatedAt,
    intervalMs,
    alerts: listOf(fieldOf(rule, 'alerts')).map((alert) => ({
      labels: labelsOf(fieldOf(alert, 'labels')),
      firing: fieldOf(alert, 'state') === 'firing',
    })),
  };
}
