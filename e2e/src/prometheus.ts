import { requestJson } from './http-json.ts';
import type { Stack } from './stack.ts';

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** The instant vector that `expression` is now. @throws Error with Prometheus's own message */
export async function query(stack: Stack, expression: string): Promise<Sample[]> {
  const { body, status } = await requestJson<PrometheusAnswer>(
    `${stack.prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`,
  );
  if (status !== 200) throw new Error(`Prometheus refused ${expression}: ${JSON.stringify(body)}`);
  return body.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** The value of an expression that has exactly one series; undefined when it has none. */
export async function queryValue(stack: Stack, expression: string): Promise<number | undefined> {
  const samples = await query(stack, expression);
  if (samples.length > 1) throw new Error(`${expression} has ${samples.length} series`);
  return samples[0]?.value;
}

interface PrometheusAnswer {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

/**
 * Names of the alerts that fire now, without the one that always does, those about the healer, which nobody repairs, and those about the
 * machine, which is busy with the scenarios.
 */
export async function firingAlerts(stack: Stack): Promise<string[]> {
  const samples = await query(stack, 'ALERTS{alertstate="firing",alertname!~"Watchdog|AlertBot.*|Host.*"}');
  return samples.map(({ labels }) => labels['alertname'] ?? '').sort();
}
