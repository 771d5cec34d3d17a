import { parse } from 'yaml';
import { fieldOf, listOf, textOf } from '../json.ts';

export interface Relabelling {
  /** Whether the label can have another value in Alertmanager than in the rule. */
  mayChange(label: string): boolean;
}

/** Nobody could say: any label may have been changed on the way. */
export const unknownRelabelling: Relabelling = { mayChange: () => true };

const keepsValues: ReadonlySet<string> = new Set(['keep', 'drop', 'keepequal', 'dropequal', 'labeldrop', 'labelkeep']);

export interface PrometheusConfig {
  relabelling: Relabelling;
  /** How far behind the rules look, unless their group says otherwise. */
  queryOffset: string | undefined;
}

/**
 * Reads the configuration that Prometheus shows (`/api/v1/status/config`): which labels its `alert_relabel_configs` may write.
 * Only the two sections needed are parsed, since the whole can be large.
 */
export function readConfig(yaml: string): PrometheusConfig | undefined {
  try {
    const alerting: unknown = parse(sectionOf(yaml, 'alerting')) ?? {};
    const global: unknown = parse(sectionOf(yaml, 'global')) ?? {};
    const perAlertmanager = listOf(fieldOf(fieldOf(alerting, 'alerting'), 'alertmanagers'));
    const configs = [fieldOf(alerting, 'alerting'), ...perAlertmanager].flatMap((part) =>
      listOf(fieldOf(part, 'alert_relabel_configs')),
    );
    return {
      relabelling: relabellingOf(configs),
      queryOffset: textOf(fieldOf(fieldOf(global, 'global'), 'rule_query_offset')),
    };
  } catch {
    return undefined;
  }
}

/** From `name:` at the beginning of a line to the next such line. */
function sectionOf(yaml: string, name: string): string {
  const begin = `\n${yaml}`.indexOf(`\n${name}:`);
  if (begin < 0) return '';
  const head = begin + name.length + 1;
  const length = yaml.slice(head).search(/\n[^\s#-]/);
  return length < 0 ? yaml.slice(begin) : yaml.slice(begin, head + length);
}

function relabellingOf(configs: readonly unknown[]): Relabelling {
  const written = new Set<string>();
  for (const config of configs) {
    const action = (textOf(fieldOf(config, 'action')) ?? 'replace').toLowerCase();
    if (keepsValues.has(action)) continue;
    const target = textOf(fieldOf(config, 'target_label'));
    // labelmap, and names that are put together, can write any label
    if (target === undefined || target.includes('$') || action === 'labelmap') return unknownRelabelling;
    written.add(target);
  }
  return { mayChange: (label) => written.has(label) };
}
