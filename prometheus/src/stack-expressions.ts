import { emptyWhenHealthy } from '../../grafana/src/empty-when-healthy.ts';
import { listPanelQueries, type PanelQuery } from '../../grafana/src/panel-queries.ts';
import { substituteVariables } from '../../grafana/src/variables.ts';
import { alerts, recordedRules } from './rule-files.ts';
import { type Expression, selectorsIn } from './truth.ts';

/** The expressions of all recorded series. */
export const recordedExpressions = (): Expression[] =>
  recordedRules().map(({ record = '', expr }) => ({ where: `recorded ${record}`, expr }));

/** What the alerts read: their own expressions are empty as long as all is well, and so is what they read of other alerts. */
export const alertInputs = (): Expression[] =>
  alerts().flatMap(({ alert, expr }) =>
    selectorsIn(expr)
      .filter((selector) => !selector.startsWith('ALERTS{'))
      .map((selector) => ({ where: alert, expr: selector })),
  );

/** The panels' expressions, those that may be empty on a healthy stack apart. */
export function panelExpressions(): { always: Expression[]; emptyWhenHealthy: Expression[] } {
  const mayBeEmpty = ({ dashboard, panel }: PanelQuery) =>
    emptyWhenHealthy.some((entry) => entry.dashboard === dashboard && entry.panel === panel);
  const toExpression = ({ dashboard, panel, text }: PanelQuery) => ({
    where: `panel ${dashboard}: ${panel}`,
    expr: substituteVariables(text),
  });
  const queries = listPanelQueries().filter(({ datasource }) => datasource === 'prometheus');
  return {
    always: queries.filter((query) => !mayBeEmpty(query)).map(toExpression),
    emptyWhenHealthy: queries.filter(mayBeEmpty).map(toExpression),
  };
}
