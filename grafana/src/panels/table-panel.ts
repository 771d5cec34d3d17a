import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { type DashboardLink, FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { prometheus } from '../datasources.ts';
import { buildThresholds, type Thresholds } from '../thresholds.ts';
import { finishPanel, type PanelSpec, type SizedPanel, tableQueries } from './panel-spec.ts';

export interface Column {
  /** Name of the field in the answer: a label, or `Value`; `Value #A`, `Value #B` … when there are several queries. */
  field: string;
  title: string;
  unit?: string;
  decimals?: number;
  /** Colours the text of the cell. */
  thresholds?: Thresholds;
}

export interface TableSpec extends PanelSpec {
  /** Instant queries; their rows are joined on equal labels. */
  exprs: readonly string[];
  /** The columns in order; every other field is hidden. */
  columns: readonly Column[];
  /** Links in the panel's title bar. */
  links?: Builder<DashboardLink>[];
  /** Title of the column to sort by, largest first. */
  sortBy?: string;
}

function columnProperties({ unit, decimals, thresholds }: Column): { id: string; value: unknown }[] {
  const properties: { id: string; value: unknown }[] = [];
  if (unit !== undefined) properties.push({ id: 'unit', value: unit });
  if (decimals !== undefined) properties.push({ id: 'decimals', value: decimals });
  if (thresholds) {
    properties.push({ id: 'thresholds', value: buildThresholds(thresholds).build() });
    properties.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
  }
  return properties;
}

/**
 * Keep the wanted columns first: rows are joined when all columns that they share are equal, and the time of each query would be
 * one of these. Then join, name and order.
 */
const arrange = (columns: readonly Column[]) => [
  { id: 'filterFieldsByName', options: { include: { names: columns.map((column) => column.field) } } },
  { id: 'merge', options: {} },
  {
    id: 'organize',
    options: {
      excludeByName: {},
      indexByName: Object.fromEntries(columns.map((column, index) => [column.field, index])),
      renameByName: Object.fromEntries(columns.map((column) => [column.field, column.title])),
    },
  },
];

/** Rows of labels and their newest values. */
export function tablePanel(spec: TableSpec): SizedPanel {
  const builder = new PanelBuilder()
    .datasource(prometheus)
    .targets(tableQueries(spec.exprs))
    .transformations(arrange(spec.columns))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  if (spec.links) builder.links(spec.links);
  if (spec.sortBy) builder.sortBy([new TableSortByFieldStateBuilder().displayName(spec.sortBy).desc(true)]);
  for (const column of spec.columns) {
    const properties = columnProperties(column);
    if (properties.length > 0) builder.overrideByName(column.title, properties);
  }
  return finishPanel(builder, spec, 9);
}
