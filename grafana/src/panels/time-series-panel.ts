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
import { prometheus } from '../datasources.ts';
import { finishPanel, type PanelSpec, type Query, rangeQueries, type SizedPanel } from './panel-spec.ts';

export interface TimeSeriesSpec extends PanelSpec {
  queries: readonly Query[];
  stacked?: boolean;
  /** Points instead of a line: for values that exist only now and then, such as the duration of a repair. */
  sparse?: boolean;
  /** Legend text (or `/regex/`) to colour, where a colour carries meaning: errors are red. */
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

function colorSeries(builder: PanelBuilder, colors: Record<string, string>): void {
  for (const [name, fixedColor] of Object.entries(colors)) {
    const properties = [{ id: 'color', value: { mode: 'fixed', fixedColor } }];
    if (name.startsWith('/')) builder.overrideByRegexp(name, properties);
    else builder.overrideByName(name, properties);
  }
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
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .lineInterpolation(LineInterpolation.Linear)
    .lineWidth(spec.sparse ? 0 : 1)
    .fillOpacity(spec.stacked ? 30 : 8)
    .showPoints(spec.sparse ? VisibilityMode.Always : VisibilityMode.Never)
    .pointSize(spec.sparse ? 8 : 4);
  if (spec.stacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (spec.thresholds) {
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  colorSeries(builder, spec.colors ?? {});
  dashSeries(builder, spec.limits ?? []);
  return finishPanel(builder, { min: 0, ...spec }, 9);
}
