const repairs = (outcome: string, window: string) =>
  `sum(increase(alertbot_actions_total{job="alert-bot",purpose="repair",outcome="${outcome}"}[${window}]))`;

/** Repairs that healed and still count: scaling back is no repair, and what came back soon after had not healed. */
export const healedIn = (window: string): string =>
  `round(clamp_min(${repairs('healed', window)} - ${repairs('relapsed', window)}, 0))`;
