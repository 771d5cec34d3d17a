import { describe, expect, it } from 'vitest';
import { findTools } from '../src/find-tools.ts';
import { detections, median } from '../src/replay/detections.ts';
import { expected, tolerated } from '../src/replay/expected.ts';
import { firings } from '../src/replay/judge.ts';
import { demandAt, faultKinds, planDays, planFaults, withoutCalm } from '../src/replay/plan-replay.ts';
import { createRandom } from '../src/replay/random.ts';
import { runReplay } from '../src/replay/run-replay.ts';

const isMissing = findTools('prometheus').length === 0 || findTools('promtool').length === 0;

describe('thirty healthy days', () => {
  const random = createRandom(1);
  const days = planDays(30, random);

  it('are uneven: idle nights and trickles, bursts, slow and failing minutes, restarts of everything, gaps', () => {
    const demands = Array.from({ length: 30 * 24 }, (_, hour) => demandAt(hour * 3_600));
    expect(demands).toContain(0);
    expect(demands.some((demand) => demand > 0 && demand < 1)).toBe(true);
    expect(Math.max(...demands)).toBeGreaterThan(15);
    const kinds = new Set(days.happenings.map(({ kind }) => kind));
    expect([...kinds].sort()).toMatchInlineSnapshot(`
      [
        "api restart",
        "burst",
        "busy host",
        "database restart",
        "error burst",
        "error minute",
        "missed scrapes",
        "pending burst",
        "prometheus restart",
        "slow minute",
        "stall",
        "worker restart",
        "worker scaled",
      ]
    `);
    expect(days.happenings.length).toBeGreaterThan(300);
  });

  it.skipIf(isMissing)('page nobody', { timeout: 300_000 }, async () => {
    const plan = withoutCalm(days);
    const pages = await runReplay(plan, random);
    const cause = (at: number) => plan.happenings.filter(({ from }) => from <= at).at(-1);
    expect(pages.map((page) => ({ ...page, cause: cause(page.from) }))).toEqual([]);
  });
});

describe.skipIf(isMissing)('each fault of the catalogue', () => {
  it('is named in time by its alert, and by no other one that asks for another repair', {
    timeout: 300_000,
  }, async () => {
    const random = createRandom(2);
    const plan = planFaults(2, random);
    const found = detections(plan.happenings, await runReplay(plan, random));
    const late = found.filter(({ kind, seconds = Number.POSITIVE_INFINITY }) => seconds > expected[kind].withinSeconds);
    expect(late).toEqual([]);
    const strange = found.filter(({ kind, others }) => others.some((name) => !tolerated[kind]?.includes(name)));
    expect(strange).toEqual([]);
    const medians = faultKinds.map((kind) =>
      median(found.flatMap((each) => (each.kind === kind ? [each.seconds!] : []))),
    );
    expect(median(medians)).toBeLessThanOrEqual(26);
  });
});

describe('an alert of the replay', () => {
  const rule = { alert: 'A', for: '10s' };
  const at = (...moments: number[]) => [{ labels: {}, at: moments }];

  it.each([
    ['fires when its `for` is over', at(10, 15, 20, 25), [[20, 25]]],
    ['does not fire a step too early', at(10, 15), []],
    ['begins again after a gap', at(10, 15, 25, 30, 35), [[35, 35]]],
    [
      'fires twice',
      at(10, 15, 20, 40, 45, 50, 55),
      [
        [20, 20],
        [50, 55],
      ],
    ],
  ])('%s', (_, series, wanted) => {
    expect(firings(rule, 5, series).map(({ from, to }) => [from, to])).toEqual(wanted);
  });

  it('is not evaluated while Prometheus is stopped, and waits again afterwards', () => {
    const stops = [{ from: 18, to: 23 }];
    expect(firings(rule, 5, at(10, 15, 20, 25, 30, 35), stops).map(({ from }) => from)).toEqual([35]);
  });
});
