import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from 'vitest';
import { colorsOf, statusClasses } from '../src/colors.ts';
import { allPanels, defaultsOf, failing, nameOf, overridesOf, stored } from './stored-panels.ts';

const isGraph = (panel: Panel) => panel.type === 'timeseries';

describe('axes', () => {
  test('of shares begin at 0 % and end at 100 % at most, unless the data goes beyond', () => {
    const isShare = (panel: Panel) => isGraph(panel) && defaultsOf(panel).unit === 'percentunit';
    const upTo = (panel: Panel) => defaultsOf(panel).max ?? defaultsOf(panel).custom?.axisSoftMax ?? Number.NaN;
    expect(allPanels.filter(({ panel }) => isShare(panel)).length).toBeGreaterThan(4);
    expect(
      failing((panel) => isShare(panel) && !(defaultsOf(panel).min === 0 && upTo(panel) > 0 && upTo(panel) <= 1)),
    ).toEqual([]);
  });

  test('of all graphs have an end for a graph of zeros, and show the threshold', () => {
    const upTo = (panel: Panel) => defaultsOf(panel).max ?? defaultsOf(panel).custom?.axisSoftMax ?? 0;
    const highest = (panel: Panel) =>
      Math.max(0, ...(defaultsOf(panel).thresholds?.steps ?? []).map(({ value }) => value ?? 0));
    expect(failing((panel) => isGraph(panel) && (upTo(panel) <= 0 || upTo(panel) < highest(panel)))).toEqual([]);
  });
});

describe('colours', () => {
  const colored = (panel: Panel) =>
    new Map(
      overridesOf(panel).flatMap(({ matcher, properties }) =>
        properties
          .filter(({ id }) => id === 'color')
          .map(({ value }) => [matcher.options, value as { mode: string; fixedColor: string }] as const),
      ),
    );

  test.each(Object.entries(colorsOf))('of %s are different for different meanings', (label, colors) => {
    const used = Object.values(colors);
    // results of several counters: "ok" and "settled" are both good and never on one panel
    if (!['result', 'status'].includes(label)) expect(new Set(used).size).toBe(used.length);
    else expect(new Set(used).size).toBeGreaterThan(2);
  });

  test('of a status code are a shade of its class, and 200 and 201 differ', () => {
    expect(new Set(statusClasses.map(([, color]) => color)).size).toBe(statusClasses.length);
    const hues: Record<string, RegExp> = { 2: /green$/, 3: /blue$/, 4: /(orange|yellow|purple)$/, 5: /red$/ };
    for (const [code, color] of Object.entries(colorsOf['status_code'] ?? {}))
      expect(color, code).toMatch(hues[code[0] ?? ''] ?? /^$/);
    expect(colorsOf['status_code']?.[200]).not.toBe(colorsOf['status_code']?.[201]);
  });

  test('of severities and outcomes are good in green and bad in red', () => {
    expect(colorsOf['severity']).toMatchObject({ critical: 'red', warning: 'orange' });
    expect(colorsOf['outcome']).toMatchObject({ healed: 'green', failed: 'red' });
  });

  test('are given to every series whose name is a value with a meaning', () => {
    const missing = allPanels
      .filter(({ panel }) => isGraph(panel))
      .flatMap((entry) => {
        const labels = (stored(entry.panel).targets ?? []).flatMap(
          ({ legendFormat }) => /^\{\{(\w+)\}\}$/.exec(legendFormat ?? '')?.[1] ?? [],
        );
        const values = labels.flatMap((label) => Object.keys(colorsOf[label] ?? {}));
        return values.filter((value) => !colored(entry.panel).has(value)).map((value) => `${nameOf(entry)}: ${value}`);
      });
    expect(missing).toEqual([]);
  });

  test('of two fixed series on one graph are never the same', () => {
    const named = (panel: Panel) =>
      (stored(panel).targets ?? [])
        .map(({ legendFormat }) => colored(panel).get(legendFormat ?? '')?.fixedColor)
        .filter((color) => color !== undefined);
    expect(failing((panel) => isGraph(panel) && new Set(named(panel)).size < named(panel).length)).toEqual([]);
  });

  test('of a column of severities, outcomes or states are the same as on graphs', () => {
    const columns = allPanels.flatMap((entry) =>
      overridesOf(entry.panel)
        .filter(({ matcher }) => ['Severity', 'Outcome', 'status'].includes(matcher.options))
        .map((override) => ({ name: nameOf(entry), override })),
    );
    expect(columns.length).toBeGreaterThan(3);
    expect(columns.filter(({ override }) => !override.properties.some(({ id }) => id === 'mappings'))).toEqual([]);
  });
});

describe('legends', () => {
  test('of state timelines are left out: each bar has its text, where a legend would say "< 1" and "1+"', () => {
    const states = (panel: Panel) => panel.type === 'state-timeline';
    expect(
      failing(
        (panel) =>
          states(panel) &&
          (stored(panel).options?.legend?.showLegend !== false ||
            stored(panel).options?.showValue !== 'auto' ||
            (defaultsOf(panel).mappings ?? []).length === 0),
      ),
    ).toEqual([]);
  });
});
