import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { BytesIEC, BytesPerSecondIEC } from '@grafana/grafana-foundation-sdk/units';
import { seriesColors } from '../colors.ts';
import { prometheus } from '../datasources.ts';
import { finishPanel, type PanelSpec, type Query, rangeQueries, type SizedPanel } from './panel-spec.ts';

export interface TimeSeriesSpec extends PanelSpec {
  queries: readonly Query[];
  stacked?: boolean;
  /** What the axis counts, such as `requests per second`: rates need it. */
  axis?: string;
  /** The axis reaches at least to here. By default to the highest threshold, or to one of the unit: 100 % for a share. */
  softMax?: number;
  /** Points instead of a line: for values that exist only now and then, such as the duration of a repair. */
  sparse?: boolean;
  /** Legend text (or `/regex/`) to colour, where it means something that colors.ts does not know. */
  colors?: Record<string, string>;
  /** Legend texts drawn as a dashed line: limits and capacities. */
  limits?: readonly string[];
}

const legend = () =>
  new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .calcs(['lastNotNull', 'max'])
    // the series that matter now on top: a panel shows a few rows of a long legend
    .sortBy('Last *')
    .sortDesc(true);

function override(builder: PanelBuilder, series: string, properties: { id: string; value: unknown }[]): void {
  if (series.startsWith('/')) builder.overrideByRegexp(series, properties);
  else builder.overrideByName(series, properties);
}

function colorSeries(builder: PanelBuilder, colors: Record<string, string>): void {
  for (const [name, fixedColor] of Object.entries(colors)) {
    override(builder, name, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]);
  }
}

/** Without it, a graph of zeros has an axis from 0 to 100 of the unit: to 10000 %. */
function softMaxOf({ softMax, unit, thresholds }: TimeSeriesSpec): number {
  const highest = thresholds?.steps.at(-1)?.[0];
  const usual = unit === BytesIEC || unit === BytesPerSecondIEC ? 1024 : 1;
  return softMax ?? (highest === undefined ? usual : highest * 1.1);
}

function dashSeries(builder: PanelBuilder, names: readonly string[]): void {
  for (const name of names) {
    builder.overrideByName(name, [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
      { id: 'custom.fillOpacity', value: 0 },
      { id: 'custom.stacking', value: { mode: 'none', group: 'limits' } },
    ]);
  }
}

/** Lines over time with a legend table; thresholds, where given, are drawn as dashed lines. */
export function timeSeriesPanel(spec: TimeSeriesSpec): SizedPanel {
  const builder = new PanelBuilder()
    .datasource(prometheus)
    .targets(rangeQueries(spec.queries))
    .legend(legend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    // by position and not by name: two names may get the same colour
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .lineInterpolation(LineInterpolation.Linear)
    .lineWidth(spec.sparse ? 0 : 1)
    .fillOpacity(spec.stacked ? 30 : 8)
    .showPoints(spec.sparse ? VisibilityMode.Always : VisibilityMode.Never)
    .pointSize(spec.sparse ? 8 : 4);
  if (spec.stacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (spec.thresholds) {
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  if (spec.axis) builder.axisLabel(spec.axis);
  if (spec.max === undefined) builder.axisSoftMax(softMaxOf(spec));
  for (const { series, color } of seriesColors(spec.queries.map(({ legend: text }) => text)))
    override(builder, series, [{ id: 'color', value: color }]);
  colorSeries(builder, spec.colors ?? {});
  dashSeries(builder, spec.limits ?? []);
  return finishPanel(builder, { min: 0, ...spec }, 9);
}
