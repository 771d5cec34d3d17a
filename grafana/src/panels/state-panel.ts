import {
  LegendDisplayMode,
  LegendPlacement,
  TimelineValueAlignment,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { prometheus } from '../datasources.ts';
import { finishPanel, type PanelSpec, type Query, rangeQueries, type SizedPanel } from './panel-spec.ts';

export interface StateSpec extends PanelSpec {
  queries: readonly Query[];
}

/** One coloured bar per series: for values with few states, named by `mappings` in the bar itself. */
export function statePanel(spec: StateSpec): SizedPanel {
  // each row has its name and each bar its text: a legend would list the thresholds, as "< 1" and "1+"
  const legend = new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.List);
  const builder = new PanelBuilder()
    .datasource(prometheus)
    .targets(rangeQueries(spec.queries))
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .alignValue(TimelineValueAlignment.Left)
    .rowHeight(0.85)
    .fillOpacity(75)
    .lineWidth(0)
    .legend(legend.placement(LegendPlacement.Bottom).calcs([]))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  return finishPanel(builder, spec, 9);
}
