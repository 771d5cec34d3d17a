import { type Threshold, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';

/** One colour per range, in ascending order of the values; the first range starts below every value. */
export interface Thresholds {
  base: string;
  steps: readonly (readonly [value: number, color: string])[];
}

/** Good below, worse from `warn`, bad from `bad`. With one argument there is no middle range. */
export const lowIsGood = (bad: number, warn?: number): Thresholds => ({
  base: 'green',
  steps: warn === undefined ? [[bad, 'red']] : [[warn, 'orange'], [bad, 'red']], // biome-ignore format: one step per pair reads best
});

/** Bad below `enough`; `warn` from there until `good`. With one argument there is no middle range. */
export const highIsGood = (enough: number, good?: number): Thresholds => ({
  base: 'red',
  steps: good === undefined ? [[enough, 'green']] : [[enough, 'orange'], [good, 'green']], // biome-ignore format: one step per pair reads best
});

/** For numbers that are neither good nor bad. */
export const neutral: Thresholds = { base: 'blue', steps: [] };

export function buildThresholds({ base, steps }: Thresholds): ThresholdsConfigBuilder {
  // Grafana wants null for "from minus infinity"; the SDK's type knows only numbers
  const first = { value: null as unknown as number, color: base } satisfies Threshold;
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([first, ...steps.map(([value, color]) => ({ value, color }))]);
}
