import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/**
 * What a value means has one colour on every panel, found by the label that the value belongs to. A status code has the hue of its
 * class and a shade of its own. Green is good, orange is for somebody to look at, red is bad, blue is neither.
 */
export const colorsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  status_code: {
    200: 'green',
    201: 'super-light-green',
    202: 'light-green',
    204: 'dark-green',
    301: 'blue',
    304: 'light-blue',
    400: 'orange',
    401: 'super-light-orange',
    403: 'light-orange',
    404: 'yellow',
    405: 'super-light-yellow',
    409: 'dark-orange',
    413: 'semi-dark-orange',
    415: 'light-yellow',
    422: 'dark-yellow',
    429: 'semi-dark-yellow',
    499: 'purple',
    500: 'red',
    503: 'dark-red',
    504: 'light-red',
  },
  severity: { critical: 'red', warning: 'orange', info: 'blue', none: 'text' },
  outcome: { healed: 'green', relapsed: 'yellow', ineffective: 'orange', failed: 'red', unknown: 'purple' },
  result: {
    ...{ ok: 'green', settled: 'green', accepted: 'green', sent: 'green', first: 'green' },
    ...{ replayed: 'blue', unauthorized: 'purple', invalid: 'orange', mismatch: 'orange', expired: 'orange' },
    ...{ error: 'red', failed: 'red', dropped: 'dark-red', unavailable: 'dark-red' },
  },
  status: { firing: 'orange', resolved: 'green', pending: 'blue', settled: 'green', failed: 'red' },
  kind: { unavailable: 'red', timeout: 'orange', retryable: 'yellow', other: 'purple' },
  job: { api: 'blue', worker: 'orange', 'alert-bot': 'purple' },
  action: { restart: 'blue', scale: 'purple' },
};

/** For codes that are not listed: the hue of their class, in shades. */
export const statusClasses: readonly (readonly [pattern: string, color: string])[] = [
  ['/^1/', 'text'],
  ['/^2/', 'green'],
  ['/^3/', 'blue'],
  ['/^4/', 'orange'],
  ['/^5/', 'red'],
];

/** The label that a legend consists of, as in `{{outcome}}`. */
const labelOf = (legend: string): string | undefined => /^\{\{(\w+)\}\}$/.exec(legend)?.[1];

interface SeriesColor {
  /** A series' name, or a pattern in slashes. */
  series: string;
  color: { mode: 'fixed' | 'shades'; fixedColor: string };
}

/** The colours of a panel whose legends name labels with a meaning; the later ones win. */
export function seriesColors(legends: readonly string[]): SeriesColor[] {
  const labels = new Set(legends.flatMap((legend) => labelOf(legend) ?? []));
  const classes = labels.has('status_code') ? statusClasses : [];
  return [
    ...classes.map(([series, fixedColor]) => ({ series, color: { mode: 'shades' as const, fixedColor } })),
    ...[...labels].flatMap((label) =>
      Object.entries(colorsOf[label] ?? {}).map(([series, fixedColor]) => ({
        series,
        color: { mode: 'fixed' as const, fixedColor },
      })),
    ),
  ];
}

/** The same for the cells of a table's column; undefined when its values have no meaning of that kind. */
export function cellColors(label: string): ValueMapping[] | undefined {
  const colors = colorsOf[label];
  if (!colors) return undefined;
  const options = Object.entries(colors).map(([value, color], index) => [value, { text: value, color, index }]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}
