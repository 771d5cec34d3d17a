/** An expression and where it stands, for the report. */
export interface Expression {
  where: string;
  expr: string;
}

export interface Untruth extends Expression {
  /** Prometheus's complaint, or `no series`. */
  problem: string;
}

interface QueryAnswer {
  status: string;
  error?: string;
  data?: { resultType: string; result: unknown[] };
}

/** The expressions that Prometheus refuses or that return no series now. */
export async function findUntruths(prometheusUrl: string, expressions: readonly Expression[]): Promise<Untruth[]> {
  const judged = await Promise.all(
    expressions.map(async (expression) => ({ ...expression, problem: await judge(prometheusUrl, expression.expr) })),
  );
  return judged.filter((result): result is Untruth => result.problem !== undefined);
}

async function judge(prometheusUrl: string, expr: string): Promise<string | undefined> {
  const response = await fetch(`${prometheusUrl}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  });
  const answer = (await response.json()) as QueryAnswer;
  if (answer.status !== 'success') return answer.error ?? `status ${response.status}`;
  return answer.data?.result.length === 0 ? 'no series' : undefined;
}

/** Every name that Prometheus has seen a sample of. */
export async function metricNamesIn(prometheusUrl: string): Promise<Set<string>> {
  const response = await fetch(`${prometheusUrl}/api/v1/label/__name__/values`);
  return new Set(((await response.json()) as { data: string[] }).data);
}

/**
 * The selectors in an expression, `name{…}` without window and offset, for asking whether what a rule reads exists at all: an alert's
 * own expression is empty as long as all is well.
 */
export function selectorsIn(expr: string): string[] {
  return [...new Set([...expr.matchAll(/[a-zA-Z_:][\w:]*\{(?:"[^"]*"|[^"}])*\}/g)].map((match) => match[0]))];
}
