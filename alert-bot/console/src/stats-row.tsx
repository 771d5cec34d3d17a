import { percent, shortDuration } from './format.ts';
import { useStore } from './store.ts';

const names = new Map([
  [24, '24 hours'],
  [168, '7 days'],
  [720, '30 days'],
]);

/** How well it went: share healed, median and 90th percentile of the time to heal. */
export function StatsRow() {
  const { windows } = useStore();
  if (!windows) return null;
  return (
    <section class="stats" aria-label="Repairs">
      {windows.map(({ hours, repairs, outcomes, healedShare, timeToHealSeconds: times }) => (
        <div key={hours} class="stat">
          <h3>Repairs, {names.get(hours)}</h3>
          {healedShare === null ? (
            <p class="none">none</p>
          ) : (
            <>
              <p class="big">
                {percent(healedShare)} <small>healed</small>
              </p>
              <p>
                {outcomes.healed} of {repairs}
                {repairs > outcomes.healed && <> · {othersOf(outcomes)}</>}
              </p>
              <p>
                {times ? (
                  <>
                    <span class="whole">
                      time to heal: median <strong>{shortDuration(times.median)}</strong>,
                    </span>{' '}
                    <span class="whole">
                      90 % within <strong>{shortDuration(times.p90)}</strong>
                    </span>
                  </>
                ) : (
                  'no time to heal yet'
                )}
              </p>
            </>
          )}
        </div>
      ))}
    </section>
  );
}

const othersOf = (outcomes: Readonly<Record<string, number>>): string =>
  Object.entries(outcomes)
    .filter(([outcome, count]) => outcome !== 'healed' && count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
