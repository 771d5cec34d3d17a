/** What kind of number an expression gives; the units of each kind are in `unitsOf`. */
export type Kind = 'duration' | 'share' | 'times' | 'bytes' | 'bytes per second' | 'per second' | 'cores' | 'number';

export const unitsOf: Readonly<Record<Kind, readonly string[]>> = {
  duration: ['s', 'dthms', 'dtdurations', 'suffix:s'],
  share: ['percentunit'],
  times: ['suffix:×'],
  bytes: ['bytes'],
  'bytes per second': ['binBps'],
  'per second': ['suffix:/s'],
  cores: ['suffix:cores'],
  // things are counted; states have names; a load average has no unit
  number: ['locale', 'none'],
};

/** Where the outermost level of parentheses is. */
const atTop = (bare: string, wanted: string): boolean => {
  let depth = 0;
  for (let i = 0; i < bare.length; i += 1) {
    if (depth === 0 && bare.startsWith(wanted, i)) return true;
    if (bare[i] === '(') depth += 1;
    if (bare[i] === ')') depth -= 1;
  }
  return false;
};

/** The largest of some shares is a share: `max by (a) (b / c)` is looked at without its outside. */
function unwrap(bare: string): string {
  const inner = /^(?:min|max|avg)(?: by \([^)]*\) )?\((.*)\)$/.exec(bare.replace(/ or vector\(0\)$/, ''))?.[1];
  return inner === undefined || atTop(inner, ')') ? bare : inner;
}

function kindOfRate(bare: string): Kind {
  if (/_bytes(_total)?\b/.test(bare)) return 'bytes per second';
  if (/(process_cpu|cpu_usage)_seconds/.test(bare)) return 'cores';
  // seconds per second of one thing that can be busy
  return /_seconds(_total)?\b/.test(bare) ? 'share' : 'per second';
}

/** By what the metrics are called and what is done with them. */
export function kindOf(expr: string): Kind {
  const bare = unwrap(expr.replaceAll(/\{[^}]*\}/g, ''));
  if (/histogram_quantile|_seconds_sum|time\(\) -/.test(bare)) return 'duration';
  if (/slo:bad:ratio_\w+\) \/ /.test(bare)) return 'times';
  if (/slo:|^\(*1 - /.test(bare)) return 'share';
  if (atTop(bare, ' / ')) return /node_load/.test(bare) ? 'number' : 'share';
  if (/\brate\(/.test(bare)) return kindOfRate(bare);
  if (/increase\(|count\(|_count\b/.test(bare)) return 'number';
  if (/_bytes\b/.test(bare)) return 'bytes';
  return /_seconds\b|max_tx_duration/.test(bare) ? 'duration' : 'number';
}
