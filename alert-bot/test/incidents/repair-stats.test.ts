import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import type { Outcome } from '../../src/incidents/outcome.ts';
import { RepairStats } from '../../src/incidents/repair-stats.ts';

const now = Date.parse('2026-02-01T00:00:00Z');
const hourMs = 3_600_000;
let seq = 0;

/** A repair that was judged so many hours ago, so many seconds after its alert began. */
function judged(hoursAgo: number, outcome: Outcome, seconds: number, name = 'fp'): IncidentEvent {
  const at = now - hoursAgo * hourMs;
  const incident = `${name}-${(at - seconds * 1_000).toString(36)}`;
  const head = { v: 2, seq: ++seq, at: new Date(at).toISOString(), incident } as const;
  return {
    ...head,
    type: 'verified',
    attempt: 1,
    purpose: 'repair',
    outcome,
    target: 'ok',
    alert: 'gone',
    seconds: 1,
  } as IncidentEvent;
}

function statsOf(...events: IncidentEvent[]): RepairStats {
  const stats = new RepairStats();
  for (const event of events) stats.apply(event);
  return stats;
}

describe('statistics of repairs', () => {
  it('each window counts what was judged in it, and times only what healed', () => {
    const stats = statsOf(
      judged(1_000, 'healed', 5),
      judged(100, 'failed', 60),
      judged(3, 'healed', 40),
      judged(2, 'ineffective', 300),
      judged(1, 'healed', 80),
    );
    const [day, week, month] = stats.windows(now);
    expect(day).toMatchObject({
      hours: 24,
      repairs: 3,
      healedShare: 2 / 3,
      timeToHealSeconds: { median: 40, p90: 80 },
    });
    expect(week).toMatchObject({ hours: 168, repairs: 4, outcomes: { healed: 2, ineffective: 1, failed: 1 } });
    expect(month).toMatchObject({ hours: 720, repairs: 4 });
  });

  it('nothing repaired has no share and no times, rather than zero', () => {
    expect(new RepairStats().windows(now)[0]).toMatchObject({ repairs: 0, healedShare: null, timeToHealSeconds: null });
  });

  it('a repair that relapsed has healed nothing', () => {
    const event = judged(1, 'healed', 30);
    const relapsed = { ...event, type: 'relapsed', service: 'api', by: 'fp-1' } as unknown as IncidentEvent;
    const [day] = statsOf(event, relapsed).windows(now);
    expect(day).toMatchObject({
      repairs: 1,
      outcomes: { healed: 0, relapsed: 1 },
      healedShare: 0,
      timeToHealSeconds: null,
    });
  });

  it('scaling back counts as nothing', () => {
    const back = { ...judged(1, 'healed', 30), purpose: 'on_resolved' } as IncidentEvent;
    expect(statsOf(back).windows(now)[0]).toMatchObject({ repairs: 0 });
  });

  it('a new file of the log carries them on, and what is damaged in it is left out', () => {
    const before = statsOf(...Array.from({ length: 1_200 }, (_, n) => judged(n / 100, 'healed', n, `fp${n}`)));
    const states = [
      ...before.snapshot(now),
      { repairs: [{ at: 'soon', incident: 'x', outcome: 'healed' }, 7, null] },
      {},
    ];
    expect(states.length).toBe(5);
    const head = { v: 2, at: new Date(now).toISOString(), incident: null, type: 'carried', kind: 'repairs' } as const;
    const after = statsOf(
      ...states.map((state) => ({ ...head, seq: ++seq, state: JSON.parse(JSON.stringify(state)) })),
    );
    expect(after.windows(now)).toEqual(before.windows(now));
  });

  it('is bounded', () => {
    const stats = statsOf(...Array.from({ length: 30_000 }, () => judged(1, 'healed', 1)));
    expect(stats.windows(now)[2]?.repairs).toBeLessThanOrEqual(20_480);
  });
});
