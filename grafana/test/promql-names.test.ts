import { expect, test } from 'vitest';
import { metricNames } from './promql-names.ts';

const cases: [expr: string, names: string[]][] = [
  ['up', ['up']],
  ['sum by (job) (rate(a_total{job="b",c=~"d|e"}[5m])) or vector(0)', ['a_total']],
  ['histogram_quantile(0.95, sum(rate(x_bucket[5m])) by (le)) >= 0', ['x_bucket']],
  ['time() - a > 1e3 and on (job) b * 2', ['a', 'b']],
  ['job:http:rate5m / 0.005', ['job:http:rate5m']],
  ['count(up == 0) > bool 1', ['up']],
  ['a{x="sum(b)"} unless c offset 5m', ['a', 'c']],
];

test.each(cases)('metricNames(%s)', (expr, names) => {
  expect(metricNames(expr)).toEqual(names);
});
