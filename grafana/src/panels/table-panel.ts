import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { type DashboardLink, FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { cellColors } from '../colors.ts';
import { prometheus } from '../datasources.ts';
import { count, name } from '../panel-units.ts';
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
  /** In pixels. By default 110, and what is left for the first column. */
  width?: number;
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

interface Property {
  id: string;
  value: unknown;
}

/** Grafana's own least width (150 px for each) would push the last columns off the screen. */
export const columnWidth = (width: number | undefined, isFirst: boolean): Property =>
  isFirst && width === undefined ? { id: 'custom.minWidth', value: 100 } : { id: 'custom.width', value: width ?? 110 };

function columnProperties({ field, unit, decimals, thresholds, width }: Column, isFirst: boolean): Property[] {
  // a label is a name, also where it looks like a number: 503 and not 503.0, 37412 and not 37.4 K
  const isNumber = unit !== undefined || field.startsWith('Value');
  const properties: Property[] = [columnWidth(width, isFirst)];
  if (unit !== undefined || !isNumber) properties.push({ id: 'unit', value: unit ?? name });
  const places = decimals ?? (unit === count ? 0 : undefined);
  if (places !== undefined) properties.push({ id: 'decimals', value: places });
  if (thresholds) properties.push({ id: 'thresholds', value: buildThresholds(thresholds).build() });
  const mappings = isNumber ? undefined : cellColors(field);
  if (mappings) properties.push({ id: 'mappings', value: mappings });
  if (thresholds || mappings) properties.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
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
  for (const [index, column] of spec.columns.entries())
    builder.overrideByName(column.title, columnProperties(column, index === 0));
  return finishPanel(builder, spec, 9);
}
