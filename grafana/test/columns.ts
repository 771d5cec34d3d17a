import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { overridesOf, stored } from './stored-panels.ts';

export interface Column {
  title: string;
  unit: string;
  /** In pixels. */
  width: number | undefined;
  minWidth: number | undefined;
  expr: string | undefined;
}

/** Title, unit and query of each column; the query only of columns of numbers from Prometheus. */
export function columnsOf(panel: Panel): Column[] {
  const targets = stored(panel).targets ?? [];
  const names =
    (
      panel as unknown as { transformations?: { id: string; options: { renameByName?: Record<string, string> } }[] }
    ).transformations?.find(({ id }) => id === 'organize')?.options.renameByName ?? {};
  const fieldOf = new Map(Object.entries(names).map(([field, title]) => [title, field]));
  return overridesOf(panel).map(({ matcher, properties }) => {
    const find = (id: string) => properties.find((property) => property.id === id)?.value;
    const field = fieldOf.get(matcher.options) ?? '';
    const expr = field === 'Value' ? targets[0]?.expr : targets.find(({ refId }) => field === `Value #${refId}`)?.expr;
    return {
      title: matcher.options,
      unit: String(find('unit') ?? ''),
      width: find('custom.width') as number | undefined,
      minWidth: find('custom.minWidth') as number | undefined,
      expr,
    };
  });
}
