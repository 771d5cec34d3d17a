/** A panel that has no series while nothing is wrong, and says so in words (`noValue`) instead of "No data". */
export interface EmptyPanel {
  /** The dashboard's uid. */
  dashboard: string;
  /** The panel's title. */
  panel: string;
  reason: string;
  /** What has to happen to make it show something: how a test fills it. */
  filledBy: string;
}

/**
 * The only panels that may be empty on a healthy stack. Everything else must return at least one series once traffic flows;
 * a count of things that may not exist is written with `orZero` instead of being listed here.
 */
export const emptyWhenHealthy: readonly EmptyPanel[] = [
  {
    dashboard: 'overview',
    panel: 'Firing now',
    reason: 'ALERTS has series only while an alert of severity critical or warning fires',
    filledBy: 'any critical or warning alert fires',
  },
  {
    dashboard: 'overview',
    panel: 'Repaired, 24 h',
    reason:
      'a list of what was done: nothing was, and a row of zeros per possible action would hide the one that counts',
    filledBy: 'the bot finishes an action',
  },
  ...['Error budget', 'Latency budget'].map((panel) => ({
    dashboard: 'overview',
    panel,
    reason: 'a share of the budget of 30 days says nothing in the first hours: one fault would be many times of it',
    filledBy: 'requests, and a day of recorded samples',
  })),
  ...['Heal, p50, 24 h', 'Heal, p95, 24 h', 'Time to heal'].map((panel) => ({
    dashboard: 'self-healing',
    panel,
    reason: 'a duration of something that did not happen is neither 0 nor any other number',
    filledBy: 'the bot heals an incident',
  })),
  {
    dashboard: 'self-healing',
    panel: 'Detect, act, verify',
    reason: 'stages of incidents: without an incident there is no stage to time',
    filledBy: 'the bot acts on an alert and verifies',
  },
];
