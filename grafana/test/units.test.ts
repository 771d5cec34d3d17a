import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from 'vitest';
import { columnsOf } from './columns.ts';
import { kindOf, unitsOf } from './kinds.ts';
import { allPanels, defaultsOf, expressionsOf, failing, nameOf, stored } from './stored-panels.ts';

const isGraph = (panel: Panel) => panel.type === 'timeseries';
const isDrawn = (panel: Panel) => ['timeseries', 'stat'].includes(panel.type);
const perSecond = 'suffix:/s';

describe('units', () => {
  test('are those of the kind of number that the panel shows', () => {
    const wrong = allPanels
      .filter(({ panel }) => isDrawn(panel))
      .flatMap((entry) => {
        const unit = defaultsOf(entry.panel).unit ?? '';
        const kind = kindOf(expressionsOf(entry.panel)[0] ?? '');
        return unitsOf[kind].includes(unit) ? [] : [`${nameOf(entry)}: ${unit} for a ${kind}`];
      });
    expect(wrong).toEqual([]);
  });

  test('of a column of numbers are those of its query; a column of names has no unit of numbers', () => {
    const wrong = allPanels
      .filter(({ panel }) => panel.type === 'table')
      .flatMap((entry) =>
        columnsOf(entry.panel).flatMap(({ title, unit, expr }) => {
          const allowed = expr === undefined ? undefined : unitsOf[kindOf(expr)];
          return (allowed ? allowed.includes(unit) : unit !== '' && !['short', 'none'].includes(unit))
            ? []
            : [`${nameOf(entry)}: ${title} in ${unit}`];
        }),
      );
    expect(wrong).toEqual([]);
  });

  test('never shorten a number of things to thousands', () => {
    expect(failing((panel) => JSON.stringify(stored(panel).fieldConfig).includes('"short"'))).toEqual([]);
  });

  test('of a rate say of what, on the axis or in the title of the column', () => {
    const isRate = (panel: Panel) => isGraph(panel) && defaultsOf(panel).unit === perSecond;
    expect(
      failing((panel) => isRate(panel) && !/^\w+ per second$/.test(defaultsOf(panel).custom?.axisLabel ?? '')),
    ).toEqual([]);
  });

  test('of durations that may pass a minute are not the one that writes "1.67 mins"', () => {
    const highest = (panel: Panel) =>
      Math.max(...(defaultsOf(panel).thresholds?.steps ?? []).map(({ value }) => value ?? 0), 0);
    expect(failing((panel) => defaultsOf(panel).unit === 's' && highest(panel) >= 30)).toEqual([]);
    // "12 seconds, 0 milliseconds": only for what takes hours or days
    expect(failing((panel) => defaultsOf(panel).unit === 'dtdurations' && panel.title !== 'Up for')).toEqual([]);
    expect(failing((panel) => defaultsOf(panel).unit === 'dtdurations' && defaultsOf(panel).decimals !== 1)).toEqual(
      [],
    );
  });
});
